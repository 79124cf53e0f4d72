import Foundation
import LinearAlgebra
import SeerMonitor
import SeerRuns
import SeerStudies
import SeerSupport
import TestModels
import TestSupport

/// A run of words with a record whose tokens are averaged, and what its scores are by their definition.
struct AveragedRun {
  /// What keeps the folder.
  let fixture: RunFixture
  let run: Run
  let layer = 2
  let halfLife: Double

  init(_ fixture: RunFixture, reader: MonitorReader = .probe, halfLife: Double) throws {
    var extraction = fixture.extraction(to: "averaged", .mean)
    extraction.layers = [2]
    try fixture.run(extraction)
    let evaluation = MonitorEvaluation(
      model: Fixtures.tinyModel, adapter: nil, run: fixture.folder("averaged"), tool: "seer test")
    var record = try inJob { try evaluation.run($0) }.1
    record.layers[0].reader = reader
    for reading in record.layers[0].readings.indices {
      record.layers[0].readings[reading].halfLife = halfLife
    }
    let run = try Run.open(fixture.folder("averaged"))
    try record.write(to: run)
    self.fixture = fixture
    self.run = run
    self.halfLife = halfLife
  }

  func monitor() throws -> Monitor { try Monitor(run: run, layer: layer) }

  /// A text's scores: of each token, the weighted mean of its logits and of all before it in its turn,
  /// without the text's first token, in double precision.
  ///
  /// - Parameter turns: which turn each token is of; -1: of none.
  func scores(_ states: Matrix, turns: [Int]) throws -> [[Float]] {
    let monitor = try monitor()
    let logits = (0..<states.rows).map { row -> [Double] in
      let centred = monitor.directions.centred(states, rows: [row])
      guard let probe = monitor.probe else {
        return monitor.concepts.indices.map { concept in
          zip(centred.values, monitor.direction(concept)).reduce(0) {
            $0 + Double($1.0) * Double($1.1)
          }
        }
      }
      return probe.logits(centred).values(row: 0).map { Double($0) }
    }
    return logits.indices.map { token in
      let before = (0..<token).filter { $0 > 0 && turns[$0] == turns[token] && turns[token] >= 0 }
      var (sum, total) = (logits[token], 1.0)
      for other in before {
        let weight = pow(0.5, Double(token - other) / halfLife)
        sum = zip(sum, logits[other]).map { $0 + weight * $1 }
        total += weight
      }
      return softmax(
        sum.map { Float($0 / total) }, temperature: monitor.calibration.temperature)
    }
  }
}

/// How far two texts' scores are from each other at most.
func largestDistance(_ a: [[Float]], _ b: [[Float]]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { largest, pair in
    zip(pair.0, pair.1).reduce(largest) { max($0, abs($1.0 - $1.1)) }
  }
}
