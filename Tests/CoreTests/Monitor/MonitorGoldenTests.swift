import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerMonitor
import TestSupport
import Testing

/// The monitor's numbers against numpy and scipy (Fixtures/Monitor/monitor.py).
struct MonitorGoldenTests {
  struct Case: Decodable {
    struct Fold: Decodable {
      let train: [Int]
      let test: [Int]
    }
    let states: [[Float]]
    let labels: [Int]
    let concepts: Int
    let folds: [Fold]
    let mean: [Float]
    let directions: [[Float]]
    let temperature: Float
    let expectedError: Double
    let accuracy: Double
    let unknownBelow: Float
    let band: [Float]
    let probes: [[Float]]
    let cosines: [[Float]]
    let scores: [[Float]]

    func monitor() throws -> Monitor {
      try Monitor(
        matrix(states), labels: labels, concepts: (0..<concepts).map { "c\($0)" },
        folds: Folds(folds.map { Folds.Fold(train: $0.train, test: $0.test) }), layer: 2)
    }
  }

  static func cases() throws -> [Case] { try Fixtures.golden("Monitor/monitor.json") }

  @Test(arguments: 0..<3)
  func directionsAndCentre(index: Int) throws {
    let golden = try Self.cases()[index]
    let monitor = try golden.monitor()
    #expect(relativeDistance(monitor.directions.mean, golden.mean) < 1e-6)
    for (concept, direction) in golden.directions.enumerated() {
      #expect(relativeDistance(monitor.direction(concept), direction) < 1e-4)
    }
  }

  @Test(arguments: 0..<3)
  func calibration(index: Int) throws {
    let golden = try Self.cases()[index]
    let monitor = try golden.monitor()
    let calibration = monitor.calibration
    #expect(abs(calibration.temperature / golden.temperature - 1) < 1e-3)
    #expect(abs(calibration.expectedError - golden.expectedError) < 1e-3)
    #expect(calibration.accuracy == golden.accuracy)
    #expect(calibration.rows == golden.folds.reduce(0) { $0 + $1.test.count })
    #expect(abs(monitor.unknownBelow - golden.unknownBelow) < 1e-4)
    // Drawn at random on both sides.
    #expect(abs(monitor.randomBand.lowerBound - golden.band[0]) < 0.05)
    #expect(abs(monitor.randomBand.upperBound - golden.band[1]) < 0.05)
  }

  @Test(arguments: 0..<3)
  func scores(index: Int) throws {
    let golden = try Self.cases()[index]
    let monitor = try golden.monitor()
    let scored = monitor.score(matrix(golden.probes))
    for (row, scores) in scored.enumerated() {
      for (ours, theirs) in zip(scores.scores, golden.scores[row]) {
        #expect(abs(ours - theirs) < 2e-3)
      }
      #expect(abs(scores.scores.reduce(0, +) - 1) < 1e-5)
      let best = try #require(golden.cosines[row].max())
      #expect(abs(scores.cosine - best) < 1e-3)
      #expect(golden.cosines[row][scores.best] == best)
      if abs(best - golden.unknownBelow) > 1e-2 {
        #expect(scores.isUnknown == (best < golden.unknownBelow))
      }
      #expect(monitor.top(scores) == (scores.isUnknown ? "unknown" : "c\(scores.best)"))
    }
  }
}

/// (rows, width) from rows.
func matrix(_ rows: [[Float]]) -> Matrix {
  Matrix(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
}
