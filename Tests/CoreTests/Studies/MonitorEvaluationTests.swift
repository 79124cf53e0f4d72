import Foundation
import SeerMonitor
import SeerRuns
import SeerStudies
import SeerSupport
import TestModels
import TestSupport
import Testing

/// What is measured of a run's monitors on tokens, and what is kept of it.
struct MonitorEvaluationTests {
  let fixture: RunFixture

  init() throws {
    fixture = try RunFixture(rows: 40)
    var extraction = fixture.extraction(.mean)
    extraction.layers = [1, 3]
    try fixture.run(extraction)
  }

  func evaluation() -> MonitorEvaluation {
    MonitorEvaluation(
      model: Fixtures.tinyModel, adapter: nil, run: fixture.folder("run"), tool: "seer test")
  }

  func measure(
    _ evaluation: MonitorEvaluation
  ) throws -> (MonitorEvaluation.Measurement, MonitorRecord) {
    try inJob { try evaluation.run($0) }
  }

  @Test func whatIsMeasuredIsKeptAndUsed() throws {
    let (figures, record) = try measure(evaluation())
    #expect(figures.trainingRows == 32 && figures.heldOutRows == 8)
    #expect(figures.results.map(\.layer) == [1, 1, 3, 3])
    #expect(figures.results.map(\.reader) == [.prototype, .probe, .prototype, .probe])
    for result in figures.results {
      #expect((0...1).contains(result.heldOut.tokenAUC))
      #expect((result.shrinkage == nil) == (result.reader == .prototype))
      #expect((result.turnShrinkage == nil) == (result.reader == .prototype))
      #expect(result.heldOut.turnAUC?.count == SequenceScore.allCases.count)
      #expect(result.taught.turnAUC == nil)
      #expect(LogitSmoothing.halfLives.contains(result.halfLife))
    }
    let best = figures.results.map(\.taught.tokenAUC).max()
    let chosen = figures.results.first { $0.layer == figures.layer && $0.reader == figures.reader }
    #expect(chosen?.taught.tokenAUC == best)

    let run = try Run.open(fixture.folder("run"))
    #expect(try MonitorRecord.of(run) == nil)
    let before = try Monitor(run: run, layer: 1, reader: .prototype)
    try record.write(to: run)
    #expect(try MonitorRecord.of(run) == record)
    #expect(try run.scoredLayer(nil) == figures.layer)
    for layer in record.layers {
      for reading in layer.readings {
        let monitor = try Monitor(run: run, layer: layer.layer, reader: reading.reader)
        #expect(monitor.isMeasured && monitor.calibration == reading.tokens)
        #expect(monitor.turnCalibration == reading.turns)
        #expect(monitor.probe == reading.probe?.reading)
        #expect(monitor.turnProbe == reading.turnProbe?.reading)
        #expect(monitor.falsePositives == reading.falsePositives)
        #expect(monitor.smoothing.halfLife == reading.halfLife)
        #expect(monitor.cosineTemperature == layer.readings[0].tokens.temperature)
      }
      #expect(try Monitor(run: run, layer: layer.layer).reader == layer.reader)
    }
    let after = try Monitor(run: run, layer: 1, reader: .prototype)
    #expect(after.directions.vectors.values == before.directions.vectors.values)
    // A turn and a token of the same state have calibrations of their own, and probes.
    let state = try run.states(layer: 1)
    #expect(after.score(state, of: .token) != after.score(state, of: .turn))
    #expect(before.score(state, of: .token) == before.score(state, of: .turn))
    let probe = try Monitor(run: run, layer: 1, reader: .probe)
    #expect(probe.turnProbe != nil && probe.turnProbe != probe.probe)
    #expect(after.turnProbe == nil)
  }

  /// A record that knows one probe reads turns with it, as it did when it was made, and one that knows no
  /// half-life reads tokens by themselves.
  @Test func aRecordOfBeforeIsReadAsItWas() throws {
    let (_, record) = try measure(evaluation())
    let run = try Run.open(fixture.folder("run"))
    var old = record
    for layer in old.layers.indices {
      for reading in old.layers[layer].readings.indices {
        old.layers[layer].readings[reading].turnProbe = nil
        old.layers[layer].readings[reading].halfLife = nil
      }
    }
    try old.write(to: run)
    let text = try String(contentsOfFile: run.folder + "/monitor.json", encoding: .utf8)
    #expect(!text.contains("turn_probe") && !text.contains("half_life"))
    let monitor = try Monitor(run: run, layer: 1, reader: .probe)
    #expect(monitor.turnProbe == nil && monitor.isMeasured)
    let probe = try #require(monitor.probe)
    let state = try run.states(layer: 1)
    let centred = monitor.directions.centred(state, rows: [0])
    let scores = softmax(
      probe.logits(centred).values(row: 0), temperature: monitor.turnCalibration.temperature)
    for (found, wanted) in zip(monitor.score(state, of: .turn)[0].scores, scores) {
      #expect(abs(found - wanted) < 1e-5)
    }
    #expect(monitor.smoothing.halfLife == 0)
    let starts = [Int](repeating: 0, count: state.rows)
    #expect(monitor.score(state, starts: starts) == monitor.score(state, of: .token))
  }

  /// The probe of the record is the one that the tokens of the training rows teach.
  @Test func measuringAgainGivesTheSame() throws {
    var some = evaluation()
    some.layers = [3]
    let (figures, record) = try measure(some)
    #expect(figures.results.map(\.layer) == [3, 3] && record.layers.count == 1)
    #expect(try measure(some).1 == record)
    #expect(try measure(evaluation()).1.layer(3) == record.layer(3))
  }

  @Test func foldsWhereThereIsNoSplit() throws {
    let text = try String(contentsOfFile: fixture.concepts, encoding: .utf8)
    let file = try fixture.folder.write(
      text.replacingOccurrences(of: "split", with: "part"), to: "whole.csv")
    var extraction = fixture.extraction(to: "whole", .mean)
    extraction.concepts = file
    extraction.layers = [2]
    try fixture.run(extraction)
    var whole = evaluation()
    whole.run = fixture.folder("whole")
    let (figures, _) = try measure(whole)
    #expect(figures.trainingRows == 40 && figures.heldOutRows == 40)
  }

  @Test func whatCannotBeMeasured() throws {
    var other = evaluation()
    other.layers = [2]
    #expect(thrownFailure { _ = try measure(other) }?.place == "--layers")
    other = evaluation()
    other.concepts = try fixture.folder.write(RunFixture.text(rows: 39), to: "other.csv")
    #expect(
      thrownFailure { _ = try measure(other) }?.found.hasPrefix("another file than the one")
        == true)
    try fixture.run(fixture.extraction(to: "all", .all))
    other = evaluation()
    other.run = fixture.folder("all")
    #expect(thrownFailure { _ = try measure(other) }?.found == "a run of tokens")
  }

  @Test func aRecordOfSomethingElseIsRefused() throws {
    let (_, record) = try measure(evaluation())
    let run = try Run.open(fixture.folder("run"))
    func refused(_ change: (inout MonitorRecord) -> Void) throws -> Failure? {
      var changed = record
      change(&changed)
      try changed.write(to: run)
      return thrownFailure { _ = try Monitor(run: run, layer: 1) }
    }
    #expect(try refused { _ in } == nil)
    #expect(try refused { $0.format = 2 }?.place == "format")
    #expect(try refused { $0.modelSHA256 = "0" }?.found == "those of another run")
    #expect(try refused { $0.adapterSHA256 = "0" }?.found == "those of another run")
    #expect(try refused { $0.conceptsSHA256 = "0" }?.found == "those of another run")
    #expect(try refused { $0.layer = 2 }?.wanted == "one of `layers`")
    #expect(try refused { $0.layers[0].layer = 2 }?.place == "layer 2")
    #expect(
      try refused { $0.layers[0].readings[1].weights?.removeLast() }?.place == "layer 1, probe")
    #expect(try refused { $0.layers[0].readings[1].weights?[0].removeLast() } != nil)
    #expect(try refused { $0.layers[0].readings[1].intercepts = nil } != nil)
    #expect(
      try refused { $0.layers[0].readings[1].turnProbe?.weights[1].removeLast() }?.place
        == "layer 1, probe")
    #expect(try refused { $0.layers[0].readings[1].turnProbe?.intercepts.removeLast() } != nil)
    #expect(
      try refused { $0.layers[0].readings[0].falsePositives.highest["mean"] = nil }?.place
        == "layer 1, prototype")
    for halfLife in [-1, 1e7] {
      #expect(
        try refused { $0.layers[0].readings[1].halfLife = halfLife }?.place
          == "layer 1, probe, half_life")
    }
    #expect(try refused { $0.layers[0].concepts[0] = "z" }?.found == "z, b, c")
    try OutputFile.write("{\"format\": 1", to: run.folder + "/monitor.json")
    let broken = thrownFailure { _ = try Monitor(run: run, layer: 1) }
    #expect(broken?.kind == .badData && broken?.found.hasPrefix("JSON that is no monitor") == true)
  }
}
