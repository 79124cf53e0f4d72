import SeerAnalysis
import Testing

struct ConceptNamesTests {
  /// An e with an accent as one scalar and as two: equal strings, different concepts.
  static let names = ["z", "caf\u{E9}", "a", "cafe\u{301}", "z", "Z"]

  @Test func inTheOrderOfTheirFirstAppearance() {
    let known = ConceptNames(inOrderOf: Self.names)
    #expect(known.count == 5)
    #expect(Self.names.map(known.place) == [0, 1, 2, 3, 0, 4])
    #expect(known.place(of: "b") == nil)
  }

  @Test func sortedByTheirBytes() {
    let known = ConceptNames(sorted: Self.names)
    #expect(Self.names.map(known.place) == [4, 3, 1, 2, 4, 0])
    #expect(known.names.map { Array($0.utf8).count } == [1, 1, 6, 5, 1])
    #expect(ConceptNames(sorted: []).names.isEmpty)
    // Rows without a concept shift nobody's number.
    #expect(ConceptNames(sorted: ["b", "", "a", ""]).names == ["a", "b", ""])
  }
}
