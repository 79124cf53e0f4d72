import Foundation
import LinearAlgebra
import Synchronization
import Testing

struct ParallelTests {
  /// How often each index was called.
  func counts(_ count: Int, _ loop: (Int, (Int) -> Void) -> Void) -> [Int] {
    let counts = (0..<count).map { _ in Counter() }
    loop(count) { counts[$0].value.add(1, ordering: .relaxed) }
    return counts.map { $0.value.load(ordering: .relaxed) }
  }

  final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  @Test(arguments: [0, 1, 2, 3, 7, 64, 1000, 20_000])
  func everyIndexOnce(count: Int) {
    let called = counts(count) { Parallel.forEach($0, $1) }
    #expect(called.allSatisfy { $0 == 1 })
    #expect(called.count == count)
  }

  @Test func aNegativeCountIsNone() {
    Parallel.forEach(-3) { _ in Issue.record("called") }
  }

  @Test func manyShortLoops() {
    let sum = Atomic<Int>(0)
    for _ in 0..<5000 { Parallel.forEach(3) { sum.add($0 + 1, ordering: .relaxed) } }
    #expect(sum.load(ordering: .relaxed) == 5000 * 6)
  }

  @Test func loopsInsideLoops() {
    let called = counts(60 * 70) { _, body in
      Parallel.forEach(60) { outer in
        Parallel.forEach(70) { inner in body(outer * 70 + inner) }
      }
    }
    #expect(called.allSatisfy { $0 == 1 })
  }

  @Test func loopsOfSeveralThreadsAtOnce() {
    let called = (0..<4).map { _ in (0..<500).map { _ in Counter() } }
    let done = DispatchSemaphore(value: 0)
    for part in called {
      Thread.detachNewThread {
        for _ in 0..<50 {
          Parallel.forEach(500) { part[$0].value.add(1, ordering: .relaxed) }
        }
        done.signal()
      }
    }
    for _ in called { done.wait() }
    for part in called { #expect(part.allSatisfy { $0.value.load(ordering: .relaxed) == 50 }) }
  }

  @Test(arguments: [0, 1, 5, 31, 32, 33, 1000, 4097], [1, 7, 32, 10_000])
  func rangesCoverEverythingOnce(count: Int, grain: Int) {
    let ranges = Locked<[Range<Int>]>([])
    Parallel.ranges(of: count, grain: grain) { range in ranges.withLock { $0.append(range) } }
    let sorted = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(sorted.count == Parallel.pieceCount(of: count, grain: grain))
    #expect(sorted.flatMap(Array.init) == Array(0..<count))
    if sorted.count > 1 { #expect(sorted.allSatisfy { $0.count >= grain }) }
  }

  /// Elements that own memory come in order, whichever thread made them.
  @Test(arguments: [0, 1, 7, 1000], [1, 8, 10_000])
  func aMapIsInOrder(count: Int, grain: Int) {
    let texts = Parallel.map(count, grain: grain) { ["\($0)", "longer than a small string"] }
    #expect(texts.map(\.first) == (0..<count).map { "\($0)" })
  }

  @Test func aLoopWaitsForItsLastCall() {
    // What the bodies wrote is there when the loop returns.
    for round in 0..<200 {
      let values = MutableMatrix(rows: 1, columns: 100)
      Parallel.forEach(100) { values.elements[$0] = Float(round + $0) }
      #expect(values.values == (0..<100).map { Float(round + $0) })
    }
  }
}
