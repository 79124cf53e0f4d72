import Foundation
import SeerRuns
import TestSupport
import Testing

/// Files that version 0.1 wrote, as they were committed then.
struct OldRunTests {
  /// Six rows of the sample of 0.1, cut out by `Fixtures/Runs/cut_run.py`.
  @Test(arguments: ["run-0.1-base", "run-0.1-tuned"]) func aRecordedRunOpens(name: String) throws {
    let run = try Run.open(Fixtures.folder + "/Runs/" + name)
    #expect(run.manifest.tool == "seer 0.1.0" && run.rows.count == 6)
    #expect(run.manifest.layers == Array(0...30))
    #expect(run.rows.allSatisfy { $0.prompt == nil && !$0.text.isEmpty })
    // Every row has a side of the split: there is nothing to say of prompts.
    let labelled = LabelledRows(run.rows)
    #expect(labelled.folds.folds.count == 1 && labelled.note("run") == nil)
    #expect(run.numberColumns() == [])
    #expect(try run.states(layer: 24).values(row: 5).allSatisfy(\.isFinite))
  }

  @Test func rowsWithoutPrompts() throws {
    let rows = try RunRow.read(Fixtures.folder + "/Runs/rows-0.1.csv")
    #expect(rows.count == 8 && rows.allSatisfy { $0.prompt == nil })
    #expect(rows[1].text == "Where is the key?\nUnder the \"mat\", as always.")
    let labelled = LabelledRows(rows)
    #expect(labelled.rows == [0, 1, 2, 3, 4, 5, 6] && labelled.concepts == ["a, b", "c"])
    // By text: the two answers that are the same are one group, the same question's others not.
    #expect(labelled.prompts == [0, 1, 2, 0, 3, 4, 5] && labelled.isByText)
    #expect(labelled.note("old")?.hasPrefix("old does not say its rows' prompts") == true)
    #expect(LabelledRows.note(rows, "old") == labelled.note("old"))
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let folder = try TemporaryFolder()
    let row = RunRow(
      row: 3, text: "Why, \"so\"?\nSo.", concept: "c", tokens: 9, split: "test",
      prompt: "Why, \"so\"?")
    for token in [nil, "So"] {
      var row = row
      row.token = token
      let text = RunRow.header(withTokens: token != nil) + row.line(withToken: token != nil)
      let header = "row,text,concept,tokens,split,prompt" + (token == nil ? "\n" : ",token\n")
      #expect(text.hasPrefix(header))
      #expect(try RunRow.read(try folder.write(text, to: "rows.csv")) == [row])
    }
  }
}
