import Core
import Foundation
import TestSupport
import Testing

@testable import Reports

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
