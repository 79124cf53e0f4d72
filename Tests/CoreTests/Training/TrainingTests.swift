import Foundation
import SeerModels
import SeerTokenizers
import SeerTraining
import TestSupport
import Testing

/// What a training writes and reports.
struct TrainingTests {
  @Test func theLogHasALineAStep() throws {
    let test = try TinyTraining()
    var steps: [TrainingStep] = []
    let summary = try test.run { steps.append($0) }
    #expect(steps.map(\.step) == [0, 1, 2, 3, 4, 5])
    #expect(steps.filter { $0.heldOut != nil }.map(\.step) == [0, 2, 4, 5])
    #expect(steps[0].terms == nil && steps[0].heldOut == summary.before)
    #expect(steps.dropFirst().allSatisfy { ($0.terms?.total ?? .nan).isFinite })
    #expect(summary.before.kl == 0)
    let lines = try test.log("adapter")
    #expect(
      lines.first == [
        "step", "total", "contrastive", "retain", "kl", "mean_same", "mean_diff",
        "learning_rate", "gradient_norm",
        "held_out_accuracy", "held_out_within", "held_out_between", "held_out_kl",
      ])
    #expect(lines.dropFirst().map { $0[0] } == ["0", "1", "2", "3", "4", "5"])
    #expect(lines.allSatisfy { $0.count == 13 })
    #expect(Double(lines[3][1]) == steps[2].terms?.total)
    let jsonLines = String(decoding: try test.contents("adapter/log.jsonl"), as: UTF8.self)
      .split(separator: "\n")
    let entries = try jsonLines.map {
      try JSONDecoder().decode(TrainingStep.self, from: Data($0.utf8))
    }
    #expect(entries.map(\.terms) == steps.map(\.terms))
    #expect(entries.map(\.heldOut) == steps.map(\.heldOut))
  }

  @Test func theAdapterIsWhatWasJudged() throws {
    let test = try TinyTraining { $0.bestWithinKL = 0 }
    let summary = try test.run()
    #expect(summary.chosenStep == 5)
    let language = try LanguageModel(Fixtures.tinyModel)
    let adapter = try AdapterFile.read(test.folder("adapter"), for: language.configuration)
    #expect(adapter.configuration.blocks == [0, 1] && adapter.configuration.rank == 2)
    let data = try TrainingData(
      concepts: test.folder("concepts.csv"), retain: test.retain,
      renderer: RowRenderer(language.tokenizer, template: .plain, maxTokens: 24),
      preset: test.preset, seed: test.seed)
    let judge = HeldOutJudge(model: language.transformer, data: data, layer: 2)
    #expect(try judge.figures(adapter, checkpoint: {}) == summary.after)
    #expect(try judge.figures(nil, checkpoint: {}) == summary.before)
    #expect(try #require(summary.after.kl) > 0)
  }

  /// After one step the mean is a tenth of where B began, at zero, and nine tenths of where it is.
  @Test func theMeanOfTheStepsIsWritten() throws {
    func parameters(_ average: Double) throws -> [Float] {
      let test = try TinyTraining {
        $0.average = average
        $0.steps = 1
        $0.warmup = 0
        $0.bestWithinKL = 0
      }
      try test.run()
      let language = try LanguageModel(Fixtures.tinyModel)
      let adapter = try AdapterFile.read(test.folder("adapter"), for: language.configuration)
      return try #require(adapter.pair(block: 1, .queries)).b.values
    }
    let last = try parameters(0)
    let mean = try parameters(0.5)
    #expect(relativeDistance(mean, last.map { 0.9 * $0 }) <= 1e-6)
    #expect(last.contains { $0 != 0 })
  }

  /// With a limit that nothing keeps, the last step is written, and a note says so.
  @Test func noCheckpointWithinTheLimitIsNoted() throws {
    let test = try TinyTraining { $0.bestWithinKL = 1e-12 }
    let summary = try test.run()
    #expect(summary.chosenStep == 5)
    #expect(summary.notes.contains { $0.contains("No checkpoint stayed within") })
  }

  @Test func lossFallsAndConceptsPart() throws {
    let test = try TinyTraining { preset in
      preset.steps = 60
      preset.evaluateEvery = 60
      preset.rowMix = [1, 0, 0]
      preset.dropout = 0
      preset.objective.retainWeight = 0
      preset.objective.klWeight = 0
      preset.bestWithinKL = 0
    }
    var totals: [Double] = []
    let summary = try test.run { if let total = $0.terms?.total { totals.append(total) } }
    let first = totals.prefix(8).reduce(0, +)
    let last = totals.suffix(8).reduce(0, +)
    #expect(last < 0.6 * first, "\(first) \(last)")
    func apart(_ figures: HeldOutFigures) throws -> Double {
      try #require(figures.within) - #require(figures.between)
    }
    #expect(try apart(summary.after) > apart(summary.before))
  }

  @Test func schedulesAreWhatTheyAreCalled() throws {
    var preset = try TinyTraining().preset
    preset.steps = 12
    preset.learningRate = 1
    #expect(preset.rate(step: 0) == 0.5 && preset.rate(step: 1) == 1 && preset.rate(step: 2) == 1)
    #expect(abs(preset.rate(step: 7) - 0.5) < 1e-12)
    #expect(preset.rate(step: 11) < 0.03 && preset.rate(step: 11) > 0)
    let rates = (2..<12).map { preset.rate(step: $0) }
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 })
    preset.schedule = .constant
    #expect(preset.rate(step: 0) == 0.5)
    #expect((1..<12).allSatisfy { preset.rate(step: $0) == 1 })
    preset.warmup = 0
    #expect(preset.rate(step: 0) == 1)
  }

  @Test func presetsAreFilesToo() throws {
    let folder = try TemporaryFolder()
    for preset in [TrainingPreset.standard, .paper] {
      let path = try folder.write([UInt8](JSONEncoder().encode(preset)), to: "preset.json")
      #expect(try TrainingPreset.named(path) == preset)
    }
    #expect(try TrainingPreset.named("paper").objective.name == .released)
    let missing = try #require(thrownFailure { _ = try TrainingPreset.named("no-such") })
    missing.expect(.missingInput, file: "no-such", found: "no preset", wanted: "paper")
    let bad = try folder.write("{\"rank\": \"many\"}", to: "bad.json")
    let failure = try #require(thrownFailure { _ = try TrainingPreset.named(bad) })
    failure.expect(file: bad, found: "cannot be read", advice: "preset.json")
  }
}
