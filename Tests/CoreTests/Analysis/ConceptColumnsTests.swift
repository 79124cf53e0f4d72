import SeerAnalysis
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
    #expect(set.rows[0].concept == "a" && set.rows[0].others == ["system"])
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
