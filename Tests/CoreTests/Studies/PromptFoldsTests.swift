import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerMonitor
import SeerRuns
import SeerStudies
import SeerSupport
import TestSupport
import Testing

/// Several answers to each prompt, whose concept is drawn by lot for the prompt as a whole: nothing
/// can be learned of a prompt from others, everything from its own other answers.
struct PromptFoldsTests {
  static let prompts = 40
  static let answers = 4

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func builder(hasPrompts: Bool = true) -> RunBuilder {
    var random = SeededGenerator(seed: 11)
    let lots = (0..<prompts).map { _ in random.next() % 2 == 0 ? "no" : "yes" }
    var builder = RunBuilder(
      rows: (0..<prompts * answers).map { row in
        RunBuilder.Row(
          text: "prompt \(row / answers)\nanswer \(row)", concept: lots[row / answers],
          prompt: "prompt \(row / answers)")
      }
    ) { layer, row, column in
      // A prompt's rows lie close together, far from all others.
      var own = SeededGenerator(seed: UInt64(layer * 100_003 + row / answers * 1009 + column))
      var noise = SeededGenerator(seed: UInt64(7_000_000 + row * 1009 + column))
      return 8 * own.normal() + noise.normal()
    }
    builder.width = 128
    builder.layers = [1, 2]
    builder.hasPrompts = hasPrompts
    return builder
  }

  func compared(_ path: String) throws -> RunComparison {
    var comparison = Comparison(base: path, tuned: path)
    comparison.options = SeparationOptions(permutations: 40)
    let asked = comparison
    return try Engine().submit("compare", priority: .map) { try asked.run($0) }.wait()
  }

  @Test func aProbeIsNotAskedWhatItWasTold() throws {
    let run = try Self.builder().write(to: folder("run"))
    let found = try compared(run)
    let figures = found.layers.flatMap { [$0.base[.linearProbe], $0.base[.nearestPrototype]] }
    #expect(figures.allSatisfy { ($0.value ?? 1) < 0.75 }, "\(figures)")
    // One in twenty lies outside by chance.
    #expect(figures.count { $0.isOutsideNull != false } <= 1, "\(figures)")
    #expect(!found.notes.contains { $0.contains("prompts") })
    // The same rows parted by their texts: both know the prompt.
    let old = try Self.builder(hasPrompts: false).write(to: folder("old"))
    let leaking = try compared(old)
    #expect(
      leaking.layers.allSatisfy { ($0.base[.linearProbe].value ?? 0) > 0.9 }, "the case can leak")
    #expect(leaking.notes.contains { $0.contains("does not say its rows' prompts") })
  }

  /// One run may know what the other, an older one, does not say.
  @Test func aTwinKnowsThePrompts() throws {
    let old = try Self.builder(hasPrompts: false).write(to: folder("old"))
    let new = try Self.builder().write(to: folder("new"))
    let pair = try RunPair(base: old, tuned: new)
    #expect(pair.base.folds == pair.tuned.folds && pair.base.notes == [])
    #expect(pair.base.folds == LabelledRows(try Run.open(new).rows).folds)
    #expect(pair.base.folds != LabelledRows(try Run.open(old).rows).folds)
  }

  /// Older runs say nothing, and are exact.
  @Test func precisionsThatDifferAreTold() throws {
    let old = try Self.builder().write(to: folder("old"))
    for (name, wanted) in [
      ("exact", []), ("fast", ["The runs differ in precision: exact and fast."]),
    ] {
      let new = try Self.builder().write(to: folder(name))
      let path = new + "/run.json"
      var text = String(decoding: try bytes(ofFile: path), as: UTF8.self)
      text.replace("{", with: "{\"precision\": \"\(name)\",", maxReplacements: 1)
      try folder.write(text, to: "\(name)/run.json")
      let notes = try RunPair(base: old, tuned: new).notes.filter { $0.contains("precision") }
      #expect(notes == wanted)
    }
  }

  @Test func everyReaderPartsRowsAlike() throws {
    let run = try Run.open(try Self.builder().write(to: folder("run")))
    let labelled = LabelledRows(run.rows)
    for fold in labelled.folds.folds {
      let taught = Set(fold.train.map { labelled.prompts[$0] })
      #expect(taught.isDisjoint(with: fold.test.map { labelled.prompts[$0] }))
    }
    // As `train` and `evaluate classify` part the concept file.
    var text = "prompt,response,value\n"
    for row in run.rows {
      text += "\(row.prompt ?? ""),\(row.text.split(separator: "\n")[1]),\(row.concept)\n"
    }
    let set = try ConceptSet(contentsOf: try folder.write(text, to: "set.csv"))
    #expect(set.folds() == labelled.folds)
    let monitor = try Monitor(run: run, layer: 1)
    let states = try run.states(layer: 1)
    let direct = try Monitor(
      states, labels: labelled.labels, concepts: labelled.concepts, folds: set.folds(), layer: 1)
    #expect(monitor.calibration == direct.calibration && monitor.calibration.accuracy < 0.75)
  }

  @Test func promptsWithoutTextArePartedByTheirResponses() throws {
    let set = try ConceptSet(
      contentsOf: try folder.write(
        "prompt,response,value\n,one,a\n,two,b\n,one,a\n", to: "responses.csv"))
    let folds = set.folds().folds
    #expect(folds.count == 2)
    #expect(folds.contains { $0.test == [0, 2] } && folds.contains { $0.test == [1] })
    let rows = ["one", "two", "one"].enumerated().map { row, text in
      RunRow(row: row, text: "\n" + text, concept: "a", tokens: 1, prompt: "")
    }
    #expect(LabelledRows(rows).folds.folds == folds)
  }

  /// Lists of labels change places between prompts of one size, whole and in order.
  @Test func listsOfLabelsStayTogether() {
    let prompts = [0, 1, 1, 2, 3, 3, 4, 4, 4, 5]
    let labels = [0, 0, 1, 1, 1, 1, 2, 0, 2, 2]
    let found = permutedLabelings(labels, prompts: prompts, count: 60, seed: 5)
    func list(_ labels: [Int], _ prompt: Int) -> [Int] {
      labels.indices.filter { prompts[$0] == prompt }.map { labels[$0] }
    }
    for permuted in found {
      #expect(list(permuted, 4) == [2, 0, 2], "no other prompt has three rows")
      #expect(
        [[[0, 1], [1, 1]], [[1, 1], [0, 1]]].contains([list(permuted, 1), list(permuted, 3)]))
      #expect([0, 2, 5].flatMap { list(permuted, $0) }.sorted() == [0, 1, 2])
    }
    #expect(Set(found.map { list($0, 1) }).count == 2 && Set(found.map { $0[0] }).count == 3)
  }

  /// The tokens of a text keep one label, and the texts of a prompt go together.
  @Test func tokensGoWithTheirTexts() {
    // Prompts 0 and 1 of two texts each, of one to three tokens.
    let texts = [0, 0, 1, 2, 2, 2, 3]
    let prompts = [0, 0, 0, 1, 1, 1, 1]
    let labels = [0, 0, 1, 2, 2, 2, 3]
    let found = permutedLabelings(labels, groups: texts, prompts: prompts, count: 30, seed: 1)
    #expect(Set(found) == [labels, [2, 2, 3, 0, 0, 0, 1]])
  }

  @Test func withoutRepeatedPromptsItIsThePlainPermutation() {
    let labels = (0..<30).map { $0 % 4 }
    let found = permutedLabelings(labels, prompts: Array(labels.indices), count: 5, seed: 9)
    #expect(found == permutedLabelings(labels, count: 5, seed: 9))
    var random = SeededGenerator(seed: 9)
    #expect(found[0] == random.permutation(30).map { labels[$0] })
  }
}
