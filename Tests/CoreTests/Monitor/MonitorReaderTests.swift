import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerMonitor
import SeerRuns
import SeerSupport
import TestModels
import TestSupport
import Testing

/// The probe beside prototypes, and what was measured of both.
struct MonitorReaderTests {
  /// Two concepts apart in one coordinate, beside a wider one that says nothing.
  private func sample() -> (states: Matrix, labels: [Int]) {
    var generator = SeededGenerator(seed: 4)
    let labels = (0..<120).map { $0 % 2 }
    let states = Matrix(rows: 120, columns: 5) { row, column in
      switch column {
      case 0: 5 + generator.normal()
      case 1: (labels[row] == 0 ? 0.3 : -0.3) + 0.05 * generator.normal()
      default: generator.normal()
      }
    }
    return (states, labels)
  }

  private func monitor(_ reader: MonitorReader) throws -> Monitor {
    let (states, labels) = sample()
    return try Monitor(
      states, labels: labels, concepts: ["a", "b"],
      folds: Folds([Folds.Fold(train: Array(0..<80), test: Array(80..<120))]), layer: 1,
      reader: reader)
  }

  @Test func theProbeReadsWhatPrototypesMiss() throws {
    let (states, _) = sample()
    let (prototype, probe) = (try monitor(.prototype), try monitor(.probe))
    #expect(probe.reader == .probe && probe.probe != nil && prototype.probe == nil)
    #expect(probe.calibration.accuracy > prototype.calibration.accuracy)
    #expect(probe.calibration.accuracy > 0.9)
    // Directions, and what a concept's logit is, are the prototypes' still.
    #expect(probe.directions.vectors.values == prototype.directions.vectors.values)
    #expect(probe.cosineTemperature == prototype.calibration.temperature)
    let state = states.row(90)
    #expect(probe.logit(0, of: state) == prototype.logit(0, of: state))
    for (row, scores) in probe.score(states).enumerated() {
      #expect(abs(scores.scores.reduce(0, +) - 1) < 1e-5)
      #expect(scores.scores.max() == scores.scores[scores.best])
      let cosine = probe.logit(scores.best, of: states.row(row)).value
      #expect(abs(Double(scores.cosine) - cosine * Double(probe.cosineTemperature)) < 1e-4)
    }
  }

  @Test func statesThatAreNoneAreUnknownToTheProbe() throws {
    let scores = try monitor(.probe).score(
      Matrix(rows: 2, columns: 5) { row, _ in row == 0 ? .nan : 0 })
    #expect(scores.allSatisfy { $0.isUnknown && $0.scores.allSatisfy(\.isFinite) })
  }

  // MARK: Thresholds at a rate

  private func falsePositives(_ count: Int) -> FalsePositives {
    // Turns of concept 1 score 0, 1/count, ... for concept 0.
    let turns = (0..<count).map { place -> SequenceScores in
      let score = Float(place) / Float(count)
      return SequenceScores(mean: [score, 1 - score], tokens: [[score / 2, 1 - score / 2]])
    }
    return FalsePositives(turns, labels: turns.map { _ in 1 }, concepts: 2)
  }

  @Test(arguments: [0.01, 0.05, 0.1])
  func atMostTheRateOfOtherTurnsReachesTheThreshold(rate: Double) throws {
    let count = 200
    let threshold = try falsePositives(count).threshold(.mean, concept: 0, rate: rate)
    let raised = (0..<count).count { Float($0) / Float(count) >= threshold }
    #expect(raised == Int(rate * Double(count)))
    let half = try falsePositives(count).threshold(.window, concept: 0, rate: rate)
    #expect(abs(half * 2 - threshold) < 1e-5)
  }

  @Test func ratesThatTheRowsDoNotAllow() {
    for (rate, found) in [(0.001, "0.10%"), (0.9, "90%")] {
      let failure = thrownFailure {
        _ = try falsePositives(200).threshold(.mean, concept: 0, rate: rate)
      }
      #expect(failure?.kind == .usage && failure?.place == "--alert")
      #expect(failure?.found == "a rate of \(found)")
      #expect(failure?.wanted?.hasPrefix("0.50% to 31.50%, as the 200 held-out rows") == true)
    }
    let none = thrownFailure {
      _ = try falsePositives(200).threshold(.mean, concept: 1, rate: 0.1)
    }
    #expect(none?.wanted == "rows of other concepts that are held out")
  }

  /// A run of means says what a turn's mean reaches, and no more.
  @Test func rowsGiveTheThresholdsOfTheirOwnKind() throws {
    let fixture = try RunFixture(rows: 60)
    for (position, way) in [(Position.mean, SequenceScore.mean), (.last, .last)] {
      try fixture.run(fixture.extraction(to: "\(position)", position))
      let monitor = try Monitor(run: Run.open(fixture.folder("\(position)")), layer: 2)
      #expect(monitor.falsePositives?.highest.keys.sorted() == [way.rawValue])
      let rule = try monitor.rule("a", rate: 0.5, by: nil)
      guard case .turn(let chosen, _, 0.5) = rule.limit else {
        Issue.record("a rule of tokens")
        continue
      }
      #expect(chosen == way)
      let failure = thrownFailure { _ = try monitor.rule("a", rate: 0.5, by: .window) }
      #expect(failure?.place == "--alert-by" && failure?.wanted == way.rawValue)
      #expect(failure?.advice?.contains("evaluate monitor") == true)
    }
    try fixture.run(fixture.extraction(to: "all", .all))
    let monitor = try Monitor(run: Run.open(fixture.folder("all")), layer: 2)
    let failure = thrownFailure { _ = try monitor.rule("a", rate: 0.5, by: nil) }
    #expect(failure?.wanted == "a run of --position mean")
  }

  @Test func aTurnRaisesAnAlertByItsScore() throws {
    let monitor = try monitor(.prototype)
    let rule = AlertRule(concept: 0, limit: .turn(.last, score: 0.6, rate: 0.01))
    func scores(_ value: Float) -> ConceptScores {
      ConceptScores(scores: [value, 1 - value], best: 0, cosine: 0, isUnknown: true)
    }
    let tokens = [scores(0.9), scores(0.7)]
    #expect(
      monitor.alerts(rule, tokens, from: 4, together: scores(0.1))
        == [Alert(rule: rule, tokens: 4..<6, peak: 0.7)])
    #expect(
      monitor.alerts(rule, tokens.reversed() + [scores(0.5)], from: 4, together: scores(0.9))
        .isEmpty)
    #expect(monitor.alerts(rule, [], from: 0, together: scores(0.9)).isEmpty)
  }
}
