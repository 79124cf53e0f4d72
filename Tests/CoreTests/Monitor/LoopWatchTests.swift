import LinearAlgebra
import SeerModels
import Testing

/// Circles are told, texts are not.
struct LoopWatchTests {
  /// After how many tokens the text is called a loop; nil: never.
  private func end(_ ids: [Int32]) -> Int? {
    var watch = LoopWatch()
    for (place, id) in ids.enumerated() where watch.isLooping(after: id) { return place + 1 }
    return nil
  }

  private func ids(_ count: Int, _ id: (Int) -> Int) -> [Int32] {
    (0..<count).map { Int32(id($0)) }
  }

  @Test(arguments: [1, 2, 7, 20, 60, 90]) func circles(length: Int) throws {
    let before = ids(50) { 1000 + $0 }
    let circle = ids(400) { $0 % length }
    let found = try #require(end(before + circle))
    #expect(found > before.count + length, "once round is no circle")
    #expect(found <= before.count + length + LoopWatch.most + 4)
  }

  /// Every sixteenth token is another each time.
  @Test func circlesWithChangingWords() throws {
    let text = ids(400) { place in place % 16 == 0 ? 5000 + place : place % 16 }
    #expect(try #require(end(text)) < 100)
  }

  @Test func textsAreNoCircles() {
    let text = ids(400) { $0 }
    #expect(end(text) == nil)
    // A list whose lines all begin alike, and words drawn from a few.
    let list = ids(400) { place in place % 16 < 5 ? place % 16 : 100 + place }
    #expect(end(list) == nil)
    var generator = SeededGenerator(seed: 3)
    let drawn = ids(400) { _ in Int.random(in: 0..<40, using: &generator) }
    #expect(end(drawn) == nil)
    #expect(end([]) == nil)
  }
}
