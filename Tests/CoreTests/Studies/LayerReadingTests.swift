import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerMonitor
import SeerStudies
import TestSupport
import Testing

/// The readers of tokens and of turns against numpy and scipy (Fixtures/Monitor/turns.py).
struct LayerReadingTests {
  struct Golden: Decodable {
    struct Fold: Decodable {
      let train: [Int]
      let test: [Int]
    }
    struct Calibrated: Decodable {
      let temperature: Float
      let unknownBelow: Float
      let expectedError: Double
      let accuracy: Double
      let rows: Int
    }
    struct Found: Decodable {
      let shrinkage: Double
      let weights: [[Float]]
      let intercepts: [Float]
      let calibration: Calibrated
    }
    let states: [[Float]]
    let means: [[Float]]
    let labels: [Int]
    let concepts: Int
    let rows: [[Int]]
    let alone: [[[Int]]]
    let train: [Int]
    let test: [Int]
    let inner: [Fold]
    let tokens: Found
    let turns: Found
    let highest: [[Float]]
    struct Choice: Decodable {
      let tried: [Double]
      let chosen: Double
    }
    let halfLives: [Choice]
    /// The calibration of tokens averaged by a half-life of 2.
    let smoothed: Calibrated

    var words: EvaluatedWords {
      func span(_ ends: [Int]) -> Range<Int> { ends[0]..<ends[1] }
      return EvaluatedWords(rows: rows.map(span), alone: alone.map { $0.map(span) })
    }

    var folds: Folds { Folds([Folds.Fold(train: train, test: test)]) }

    func reading() -> LayerReading {
      LayerReading(
        sample: LayerSample(
          states: matrix(means), labels: labels, concepts: concepts, folds: folds),
        concepts: concepts, states: matrix(states), words: words)
    }
  }

  static func golden() throws -> Golden { try Fixtures.golden("Monitor/turns.json") }

  @Test func probesAreTheReference() throws {
    let golden = try Self.golden()
    let reading = golden.reading()
    let shrinkages = try reading.shrinkages(
      Folds(golden.inner.map { Folds.Fold(train: $0.train, test: $0.test) })
    ) {}
    #expect(shrinkages.tokens == golden.tokens.shrinkage)
    #expect(shrinkages.turns == golden.turns.shrinkage)
    let directions = ConceptDirections(
      matrix(golden.means), labels: golden.labels, concepts: golden.concepts, rows: golden.train)
    let probes = try reading.probes(directions, golden.train, shrinkages)
    for (probe, wanted) in [(probes.tokens, golden.tokens), (probes.turns, golden.turns)] {
      #expect(relativeDistance(probe.weights.values, wanted.weights.flatMap { $0 }) < 1e-4)
      #expect(relativeDistance(probe.intercepts, wanted.intercepts) < 1e-4)
    }
  }

  @Test func calibrationsAreTheReference() throws {
    let golden = try Self.golden()
    let held = try golden.reading().judge(
      golden.folds,
      LayerReading.Shrinkages(tokens: golden.tokens.shrinkage, turns: golden.turns.shrinkage))
    for (found, wanted) in [
      (held.tokenCalibration, golden.tokens.calibration),
      (held.turnCalibration, golden.turns.calibration),
    ] {
      #expect(found.rows == wanted.rows)
      #expect(found.accuracy == wanted.accuracy)
      #expect(abs(found.temperature / wanted.temperature - 1) < 1e-3)
      #expect(abs(found.unknownBelow - wanted.unknownBelow) < 1e-3)
      #expect(abs(found.expectedError - wanted.expectedError) < 1e-3)
    }
    let smoothed = held.smoothed(LogitSmoothing(halfLife: 2))
    #expect(smoothed.turnCalibration == held.turnCalibration)
    let found = smoothed.tokenCalibration
    #expect(found.rows == golden.smoothed.rows && found.accuracy == golden.smoothed.accuracy)
    #expect(abs(found.temperature / golden.smoothed.temperature - 1) < 1e-3)
    #expect(abs(found.unknownBelow - golden.smoothed.unknownBelow) < 1e-3)
    #expect(abs(found.expectedError - golden.smoothed.expectedError) < 1e-3)
    #expect(
      held.smoothed(LogitSmoothing(halfLife: 0)).tokenCalibration == held.tokenCalibration)
    let highest = try #require(held.falsePositives.highest["mean"])
    for (found, wanted) in zip(highest, golden.highest) {
      #expect(found.count == wanted.count)
      #expect(relativeDistance(found, wanted) < 1e-3)
    }
  }

  /// Training rows alone say how long means are.
  @Test func theHalfLifeIsTheReferences() throws {
    let golden = try Self.golden()
    let held = try golden.reading().judge(
      Folds(golden.inner.map { Folds.Fold(train: $0.train, test: $0.test) }),
      LayerReading.Shrinkages(tokens: golden.tokens.shrinkage, turns: golden.turns.shrinkage))
    #expect(golden.halfLives.map(\.chosen) == [0, 1, 2, 8, 8])
    for choice in golden.halfLives {
      #expect(held.halfLife(of: choice.tried) == choice.chosen, "\(choice.tried)")
    }
  }
}

/// (rows, width) from rows.
private func matrix(_ rows: [[Float]]) -> Matrix {
  Matrix(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
}
