import SeerAnalysis
import SeerStudies
import Testing

struct TextOverlapTests {
  typealias Row = ConceptSet.Row

  @Test func findsWhatBothSidesHave() {
    let train = [
      Row(prompt: "Why?", response: "So.", concept: "a"),
      Row(prompt: "How?", response: nil, concept: "b"),
    ]
    let test = [
      Row(prompt: "  why?\n", response: "so.", concept: "a"),
      Row(prompt: "WHY?", response: "Because.", concept: "a"),
      Row(prompt: "When?", response: nil, concept: "b"),
    ]
    let overlap = TextOverlap(train: train, test: test)
    #expect(overlap.sharedRows == 1 && overlap.sharedPrompts == 2 && overlap.rows == [0, 1])
    #expect(overlap.trainDuplicates == 0 && overlap.testDuplicates == 0)
    let notes = overlap.notes(train: "a.csv", test: "b.csv")
    #expect(
      notes == [
        "2 rows of b.csv share a prompt with a.csv, 1 of them the response too; "
          + "--without-overlap leaves them out."
      ])
  }

  @Test func findsRepeatedRowsAndContradictions() {
    let row = Row(prompt: "Why?", response: "So.", concept: "a")
    var other = row
    other.concept = "b"
    let overlap = TextOverlap(train: [row, row, other], test: [row, row])
    #expect(overlap.trainDuplicates == 2 && overlap.trainContradictions == 1)
    #expect(overlap.testDuplicates == 1 && overlap.sharedRows == 2)
    #expect(overlap.notes(train: "a", test: "b").count == 3)
  }

  @Test func promptAndResponseAreNotOneText() {
    let overlap = TextOverlap(
      train: [Row(prompt: "a b", response: "c", concept: "x")],
      test: [Row(prompt: "a", response: "b c", concept: "x")])
    #expect(overlap.sharedRows == 0 && overlap.sharedPrompts == 0)
    #expect(overlap.notes(train: "a", test: "b").isEmpty)
  }
}
