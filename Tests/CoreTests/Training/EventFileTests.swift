import Foundation
import SeerSupport
import SeerTraining
import TestSupport
import Testing

struct EventFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private let steps = [
    TrainingStep(
      step: 0, seconds: 0,
      heldOut: HeldOutFigures(accuracy: 0.5, within: 0.25, between: -0.125, kl: nil)),
    TrainingStep(
      step: 1, terms: terms(total: 1.5, contrastive: 1, retain: 0.5), learningRate: 0.0009765625,
      gradientNorm: 3, seconds: 2.5),
    TrainingStep(
      step: 300, terms: terms(total: .infinity, contrastive: 1e30, retain: 0), learningRate: 0,
      seconds: 2.5),
  ]

  private static func terms(total: Double, contrastive: Double, retain: Double) -> LossTerms {
    var terms = LossTerms(LossTerm.usual)
    terms.total = total
    terms.contrastive = contrastive
    terms.retain = retain
    return terms
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  /// Byte for byte what TensorBoard's own writer makes of the same figures (make_events.py).
  @Test func itIsWhatTensorBoardWrites() throws {
    var events = try EventFile(folder.path, steps: [steps[0]], now: 1000.5)
    for step in steps.dropFirst() { try events.append(step, now: 1000.5) }
    #expect(try files() == ["events.out.tfevents.1000.seer"])
    #expect(
      try bytes(ofFile: folder("events.out.tfevents.1000.seer"))
        == bytes(ofFile: Fixtures.folder + "/Training/events.tfevents"))
  }

  /// TensorBoard reads all files of a folder: a resumed training's takes the place of the one before;
  /// those of others stay.
  @Test func aSittingTakesThePlaceOfTheOneBefore() throws {
    try folder.write(Array("theirs".utf8), to: "events.out.tfevents.1.host")
    _ = try EventFile(folder.path, steps: [], now: 1000)
    _ = try EventFile(folder.path, steps: steps, now: 1000)
    #expect(
      try files() == ["events.out.tfevents.1.host", "events.out.tfevents.1001.seer"])
  }

  @Test func aResumedLogKeepsTheStepsUpToItsCheckpoint() throws {
    var log = try TrainingLog(folder.path, keepingSteps: nil, forTensorBoard: true)
    for step in steps { try log.append(step) }
    _ = try TrainingLog(folder.path, keepingSteps: 1, forTensorBoard: true)
    let name = try #require(try files().first { $0.hasPrefix("events.out.tfevents.") })
    let text = String(decoding: try bytes(ofFile: folder(name)), as: UTF8.self)
    // Two steps: one with losses, one with held-out figures.
    #expect(text.components(separatedBy: "loss/total").count == 2)
    #expect(text.components(separatedBy: "held_out/accuracy").count == 2)
  }

  @Test func withoutBeingAskedForThereIsNone() throws {
    var log = try TrainingLog(folder.path, keepingSteps: nil)
    try log.append(steps[0])
    #expect(try files() == ["log.csv", "log.jsonl"])
  }
}
