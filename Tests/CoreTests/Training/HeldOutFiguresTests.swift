import Foundation
import SeerSupport
import SeerTraining
import TestSupport
import Testing

/// Figures that no held-out row speaks for are none, not zeros that read as findings.
struct HeldOutFiguresTests {
  /// Trains with the first seeds under which the rows can be trained on, until one has what is asked.
  private func figures(
    _ concepts: String, where isWanted: (Training.Summary) -> Bool
  ) throws -> Training.Summary {
    for seed in 0..<40 {
      var test = try TinyTraining(concepts: concepts) { preset in
        preset.steps = 2
        preset.batch = 4
        preset.bestWithinKL = 0
      }
      test.seed = UInt64(seed)
      // The fold may take a row that the rare concept needs for training.
      if let summary = try? test.run(), isWanted(summary) { return summary }
    }
    throw Failure(.software, found: "no such seed")
  }

  @Test func aConceptWithoutHeldOutRows() throws {
    let common = (0..<30).map { "the sky is \($0),blue\n" }.joined()
    let summary = try figures("prompt,value\n" + common + "a red 1,red\na red 2,red\n") {
      $0.before.between == nil
    }
    for figures in [summary.before, summary.after] {
      #expect(figures.between == nil && figures.within != nil && figures.accuracy != nil)
    }
    #expect(summary.notes.contains { $0.contains("No held-out row has the concept `red`") })
  }

  @Test func noTwoHeldOutRowsOfAConcept() throws {
    let rows = (0..<5).map { "the sky \($0),blue\na red \($0),red\n" }.joined()
    let summary = try figures("prompt,value\n" + rows) { $0.before.within == nil }
    #expect(summary.after.within == nil && summary.after.between != nil)
    #expect(summary.notes.contains { $0.contains("no cosine within a concept") })
  }

  @Test func onePromptOnly() throws {
    let rows = (0..<8).map { "Why?,\($0 % 2 == 0 ? "blue" : "red"),because \($0)\n" }.joined()
    let summary = try figures("prompt,value,response\n" + rows) { _ in true }
    #expect(
      summary.after.accuracy == nil && summary.after.within == nil && summary.after.between == nil)
    #expect(summary.notes.contains { $0.contains("No row is held out") })
  }

  @Test func noneIsNull() throws {
    let figures = HeldOutFigures(accuracy: 0.5, within: nil, between: nil, kl: nil)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(figures), as: UTF8.self)
    #expect(text == #"{"accuracy":0.5,"between":null,"kl":null,"within":null}"#)
    #expect(try JSONDecoder().decode(HeldOutFigures.self, from: Data(text.utf8)) == figures)
    // As 0.1 wrote it.
    let old = #"{"accuracy":0.5,"within":0.25,"between":0,"kl":0.125}"#
    #expect(
      try JSONDecoder().decode(HeldOutFigures.self, from: Data(old.utf8))
        == HeldOutFigures(accuracy: 0.5, within: 0.25, between: 0, kl: 0.125))
  }

  /// An empty cell in the log, null in its JSON; both are read again.
  @Test func noneInTheLog() throws {
    let folder = try TemporaryFolder()
    var log = try TrainingLog(folder.path, keepingSteps: nil)
    let figures = HeldOutFigures(accuracy: 0.5, within: nil, between: 0.25, kl: nil)
    try log.append(TrainingStep(step: 0, seconds: 1, heldOut: figures))
    let csv = String(decoding: try bytes(ofFile: folder("log.csv")), as: UTF8.self)
    #expect(csv.hasSuffix(",1.0,0.5,,0.25,\n"), "\(csv)")
    var watch = TrainingWatch(folder: folder.path)
    #expect(try watch.next().map(\.heldOut) == [figures])
  }
}
