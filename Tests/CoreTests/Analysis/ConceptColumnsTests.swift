import SeerAnalysis
import SeerSupport
import TestSupport
import Testing

struct ConceptColumnsTests {
  @Test func columnsOfOtherNames() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      "question,prompt,label,answer\nWhy?,system,a,So.\n", to: "rows.csv")
    let set = try ConceptSet(
      contentsOf: file,
      columns: ConceptColumns(prompt: "question", response: "answer", value: "label"))
    #expect(set.rows[0].prompt == "Why?" && set.rows[0].response == "So.")
    #expect(set.rows[0].concept == "a")
    let sides = try ConceptSet(
      contentsOf: try folder.write("prompt,value,fold\na,x,train\nb,x,test\n", to: "sides.csv"),
      columns: ConceptColumns(split: "fold"))
    #expect(sides.rows.map(\.split) == [.train, .test])
  }

  /// Of a second file, which the options need not be about.
  @Test func usualNamesWhereTheGivenOnesAreNotThere() throws {
    let folder = try TemporaryFolder()
    let columns = ConceptColumns(prompt: "question", response: "answer", value: "kind")
    func rows(_ text: String) throws -> [ConceptSet.Row] {
      try ConceptSet(
        contentsOf: try folder.write(text, to: "rows.csv"), columns: columns,
        requiresConcepts: false, allowsStandardNames: true
      ).rows
    }
    #expect(try rows("prompt,response\na,b\n") == [.init(prompt: "a", response: "b")])
    #expect(
      try rows("prompt,question,answer\na,q,b\n") == [.init(prompt: "q", response: "b")])
  }

  @Test func oneColumnForTwoPurposes() throws {
    let failure = try #require(
      thrownFailure {
        _ = try ConceptSet(contentsOf: "x.csv", columns: ConceptColumns(response: "value"))
      })
    failure.expect(
      .usage, place: "--value-column", found: "`value`, which is --response-column's")
  }

  @Test(arguments: [
    ("The cat sat.,animal\nA dog.,animal\n", "The first line must name the columns."),
    ("# made today\nprompt,value\n", "The first line reads like a comment: delete it."),
    ("Prompt,Value\na,x\n", "--prompt-column, such as --prompt-column Prompt"),
    ("prompt , my Label\na,x\n", "Name the column with --value-column."),
    ("prompt,Label\na,x\n", "--value-column, such as --value-column Label"),
    ("question,label\na,x\n", "--prompt-column, such as --prompt-column question"),
  ])
  func aLikelyColumnIsNamed(text: String, advice: String) throws {
    let found = message { () throws(Failure) in _ = try conceptSet(text) }
    #expect(found.contains(advice), "\(found)")
  }

  @Test func responsesThatWereNotReadAreTold() throws {
    let text = "prompt,completion,value\na,b,x\nc,d,y\n"
    #expect(
      try conceptSet(text).notes == [
        "concepts.csv: the column `completion` was not read; --response-column completion takes it "
          + "for the responses."
      ])
    let read = try conceptSet(text, columns: ConceptColumns(response: "completion"))
    #expect(read.rows[0].response == "b" && read.notes == [])
  }

  @Test func whatDiffersIsKept() {
    #expect(ConceptColumns().recipe == nil)
    #expect(
      ConceptColumns(prompt: "q", messages: .all).recipe
        == ["prompt": "q", "messages": "all-answers"])
  }

  @Test func aNamedColumnThatIsNotThere() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("prompt,value\nWhy?,a\n", to: "rows.csv")
    let failure = try #require(
      thrownFailure {
        _ = try ConceptSet(contentsOf: file, columns: ConceptColumns(value: "label"))
      })
    failure.expect(
      file: file, place: "header", found: "`prompt`, `value`",
      wanted: "a column `label`, as --value-column says")
  }
}
