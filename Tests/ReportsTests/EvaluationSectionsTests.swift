import Foundation
import SeerReports
import SeerSupport
import TestSupport
import Testing

/// Files that a report is asked to show.
struct EvaluationSectionsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func whatIsNoJSONObject() throws {
    for text in ["", "[1, 2]", "prompt,value\n", "{\"a\": "] {
      let path = try folder.write(text, to: "a.json")
      do {
        _ = try evaluationBlocks(path)
        Issue.record("\(text) was read")
      } catch {
        #expect(error.kind == .badData && error.description.contains("no JSON object"))
      }
    }
  }

  @Test func anyObjectBecomesATable() throws {
    let path = try folder.write(
      "{\"b\": {\"c\": [1, 2.5]}, \"a\": \"<b>\", \"d\": [{\"e\": null}]}", to: "a.json")
    let blocks = try evaluationBlocks(path)
    guard case .table(_, let rows, _, _)? = blocks.last else {
      Issue.record("no table")
      return
    }
    #expect(rows == [["a", "<b>"], ["b.c", "1, 2.5"], ["d[0].e", "-"]])
  }

  @Test func aComparisonBecomesCurves() throws {
    func layer(_ layer: Int, _ value: Double) -> String {
      "{\"layer\": \(layer), \"base\": {\"silhouette\": {\"value\": \(value)}}, "
        + "\"tuned\": {\"silhouette\": {\"value\": 0.5}}}"
    }
    let path = try folder.write(
      "{\"layers\": [\(layer(0, 0.1)), \(layer(1, 0.2))]}", to: "compare.json")
    let blocks = try evaluationBlocks(path)
    guard case .figures(let svgs, _)? = blocks.last else {
      Issue.record("no curves")
      return
    }
    #expect(svgs.count == 1 && svgs[0].contains("silhouette") && svgs[0].contains("tuned"))
  }

  @Test func whatAMonitorSaysOfAnswers() throws {
    let share = "{\"value\": 0.5, \"low\": 0.25, \"high\": 0.75}"
    let answers =
      "{\"set\": \"harmful\", \"model\": \"base\", \"prompts\": 2, \"substring_refusals\": \(share), "
      + "\"opening_refusals\": \(share), \"empty\": 0, \"repetitive\": 0, \"ended\": 2, "
      + "\"tokens\": 5, \"repetition\": 0}"
    let reading =
      "{\"set\": \"harmful\", \"model\": \"base\", \"judged\": 2, \"unsafe\": \(share), "
      + "\"unknown\": 1, \"refused_or_safe\": \(share)}"
    let pair =
      "{\"set\": \"harmful\", \"judgement\": \"unsafe\", \"mcnemar\": {\"only_first\": 1, "
      + "\"only_second\": 3, \"exact_p\": 0.625, \"chi_squared\": 0.25, \"chi_squared_p\": 0.6}}"
    let path = try folder.write(
      "{\"base\": \"m\", \"harmful\": \"h\", \"safe\": \"s\", \"output\": \"o\", "
        + "\"template\": \"chat\", \"tokens\": 8, \"answers\": [\(answers)], \"pairs\": [], "
        + "\"monitors\": [{\"monitor\": \"tuned\", \"layer\": 24, \"concepts\": [\"safe\", \"x\"], "
        + "\"accuracy\": 0.8, \"expected_error\": 0.1, \"answers\": [\(reading)], "
        + "\"pairs\": [\(pair)]}], \"notes\": []}", to: "detox.json")
    let markdown = ReportDocument(title: "", blocks: try evaluationBlocks(path)).markdown
    for line in [
      "### What the monitor of tuned states says", "right on 0.800",
      "| harmful, base | 2 | 0.500 (0.250 to 0.750) | 1 | 0.500 (0.250 to 0.750) |",
      "| harmful, unsafe | 1 | 3 | 0.62 |",
    ] {
      #expect(markdown.contains(line), "\(line) of \(markdown)")
    }
  }

  @Test func aTrainingsLogBecomesCurves() throws {
    try folder.write(
      "step,total,contrastive,retain,kl,held_out_accuracy\n0,,,,,0.3\n1,2.5,1,1,0.5,\n2,2,1,1,0.4,0.6\n",
      to: "log.csv")
    let blocks = try trainingBlocks(folder.path)
    guard case .figures(let svgs, _)? = blocks.last else {
      Issue.record("no curves")
      return
    }
    #expect(svgs.count == 4 && svgs[0].contains("Loss"))
    try folder.write("step,total\nx,y\n", to: "log.csv")
    #expect(throws: Failure.self) { try trainingBlocks(folder.path) }
  }
}
