import Foundation
import SeerTraining
import TestSupport
import Testing

struct TrainingLogTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func lines(_ name: String) throws -> [String] {
    String(decoding: try bytes(ofFile: folder(name)), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  /// Figures that are no numbers stay in both logs, also when a resumed training reads them.
  @Test func figuresThatAreNoNumbersAreKept() throws {
    var log = try TrainingLog(folder.path, keepingSteps: nil)
    for step in 0..<3 {
      let value = step == 1 ? Double.nan : 0.5
      try log.append(
        TrainingStep(
          step: step, seconds: 1,
          heldOut: HeldOutFigures(accuracy: 0.5, within: value, between: .infinity, kl: 0)))
    }
    #expect(try lines("log.csv").count == 4)
    #expect(try lines("log.jsonl").count == 3)
    let before = try (lines("log.csv"), lines("log.jsonl"))
    #expect(before.0[2].contains(",nan,inf,"))
    #expect(before.1[1].contains("\"within\":\"nan\""))
    var resumed = try TrainingLog(folder.path, keepingSteps: 1)
    #expect(try lines("log.csv") == Array(before.0.prefix(3)))
    #expect(try lines("log.jsonl") == Array(before.1.prefix(2)))
    try resumed.append(
      TrainingStep(
        step: 2, seconds: 1,
        heldOut: HeldOutFigures(accuracy: 0.5, within: 0.5, between: .infinity, kl: 0)))
    #expect(try lines("log.csv") == before.0)
    #expect(try lines("log.jsonl") == before.1)
  }

  /// A line cut short by a kill is dropped; nothing else is left in the folder.
  @Test func aLineCutShortIsDropped() throws {
    var log = try TrainingLog(folder.path, keepingSteps: nil)
    try log.append(TrainingStep(step: 0, seconds: 1))
    let whole = try lines("log.csv")
    try folder.write(whole.joined(separator: "\n") + "\n1,0.2", to: "log.csv")
    _ = try TrainingLog(folder.path, keepingSteps: 1)
    #expect(try lines("log.csv") == whole)
    #expect(try names(inFolder: folder.path) == ["log.csv", "log.jsonl"])
  }
}
