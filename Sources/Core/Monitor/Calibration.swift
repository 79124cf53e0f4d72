import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerModels

/// What a reader said of rows that taught it nothing.
package struct HeldOutLogits: Sendable {
  package let reader: MonitorReader
  package let concepts: Int
  /// (rows, concepts), row by row: cosines with directions, or a probe's logits.
  package private(set) var logits: [Float] = []
  package private(set) var labels: [Int] = []

  package init(_ reader: MonitorReader, concepts: Int) {
    self.reader = reader
    self.concepts = concepts
  }

  /// - Parameters:
  ///   - probe: what makes the logits; cosines where nil.
  ///   - rows: some of `states`, which all have a label.
  package mutating func append(
    _ states: Matrix, labels: [Int?], rows: [Int], by directions: ConceptDirections,
    _ probe: LinearReading? = nil
  ) {
    let concepts = concepts
    let part = MatrixBuilder(unfilled: rows.count, columns: concepts)
    Parallel.ranges(of: rows.count, grain: 32) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: directions.width + concepts) {
        guard let scratch = $0.baseAddress else { return }
        for row in range {
          _ = directions.read(
            states.row(rows[row]), probe, scratch: scratch,
            cosines: scratch + directions.width, logits: part.row(row))
        }
      }
    }
    logits += part.frozen().values
    self.labels += rows.map { labels[$0] ?? 0 }
  }

  /// The same, averaged along turns.
  ///
  /// - Parameter turns: how many rows each has, in their order.
  package func smoothed(_ smoothing: LogitSmoothing, turns: [Int]) -> HeldOutLogits {
    precondition(turns.reduce(0, +) == labels.count)
    let means = MatrixBuilder(rows: labels.count, columns: concepts) { logits[$0 * concepts + $1] }
    var starts: [Int] = []
    for turn in turns { starts += [Int](repeating: starts.count, count: turn) }
    var along = TokenMeans()
    along.average(means, starts: starts, by: smoothing)
    var result = self
    result.logits = means.frozen().values
    return result
  }

  package func row(_ row: Int) -> ArraySlice<Float> {
    logits[row * concepts..<(row + 1) * concepts]
  }
}

/// What turns logits into probabilities, and how far those can be trusted.
package struct Calibration: Codable, Equatable, Sendable {
  /// Logits are divided by this before the softmax.
  package let temperature: Float
  /// States of which a reader is less certain than this are unknown: 95 % of the held-out rows are
  /// above. Of prototypes it is a cosine with the likeliest concept's direction, of a probe the
  /// likeliest concept's score.
  package let unknownBelow: Float
  /// The mean distance between confidence and accuracy over ten equal bins of confidence
  /// (Guo et al. 2017). Each half of the held-out rows is judged at the temperature fitted on
  /// the other half.
  package let expectedError: Double
  /// The share of held-out rows whose likeliest concept is their own.
  package let accuracy: Double
  /// Held-out rows it was fitted on.
  package let rows: Int

  package init(_ held: HeldOutLogits) {
    let all = Array(held.labels.indices)
    rows = all.count
    let temperature = Self.temperature(held, all)
    self.temperature = temperature
    let certainties = all.map { row in
      switch held.reader {
      case .prototype: held.row(row).max() ?? 0
      case .probe: softmax(held.row(row), temperature: temperature).max() ?? 0
      }
    }
    unknownBelow = quantile(0.05, ofSorted: certainties.sorted()) ?? 0
    let halves = [all.filter { $0 % 2 == 0 }, all.filter { $0 % 2 == 1 }]
    var judged: [(confidence: Double, isRight: Bool)] = []
    for (fitted, half) in [(halves[1], halves[0]), (halves[0], halves[1])] {
      let temperature = Self.temperature(held, fitted.isEmpty ? half : fitted)
      for row in half {
        let probabilities = softmax(held.row(row), temperature: temperature)
        let best = largestPlace(probabilities)
        judged.append((Double(probabilities[best]), best == held.labels[row]))
      }
    }
    expectedError = Self.expectedError(judged)
    accuracy =
      judged.isEmpty ? 0 : Double(judged.filter(\.isRight).count) / Double(judged.count)
  }

  /// The temperature of the largest likelihood, between 0.001 and 100.
  ///
  /// Targets are 1 smoothed by one row a concept, as Platt (1999) does, so that rows that are all
  /// told apart do not drive it to 0. The likelihood is concave in 1 / temperature: bisection.
  package static func temperature(_ held: HeldOutLogits, _ rows: [Int]) -> Float {
    let concepts = held.concepts
    guard concepts > 1, !rows.isEmpty else { return 1 }
    let other = 1 / Double(rows.count + concepts)
    let own = Double(rows.count + 1) * other
    /// The slope of the mean log-likelihood in the inverse temperature.
    func slope(_ inverse: Double) -> Double {
      var sum = 0.0
      for row in rows {
        let cosines = held.row(row)
        let largest = Double(cosines.max() ?? 0)
        var total = 0.0
        var expected = 0.0
        var target = 0.0
        for (concept, cosine) in cosines.enumerated() {
          let cosine = Double(cosine)
          let weight = exp(inverse * (cosine - largest))
          total += weight
          expected += weight * cosine
          target += (concept == held.labels[row] ? own : other) * cosine
        }
        sum += target - expected / total
      }
      return sum
    }
    var low = log(0.01)
    var high = log(1000.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if slope(exp(middle)) > 0 { low = middle } else { high = middle }
    }
    return Float(exp(-(low + high) / 2))
  }

  enum CodingKeys: String, CodingKey {
    case temperature
    case unknownBelow = "unknown_below"
    case expectedError = "expected_calibration_error"
    case accuracy, rows
  }

  package static func expectedError(_ judged: [(confidence: Double, isRight: Bool)]) -> Double {
    var bins = [(count: Int, confidence: Double, right: Int)](repeating: (0, 0, 0), count: 10)
    for row in judged {
      let bin = min(9, Int(row.confidence * 10))
      bins[bin].count += 1
      bins[bin].confidence += row.confidence
      bins[bin].right += row.isRight ? 1 : 0
    }
    let distances = bins.map { abs($0.confidence - Double($0.right)) }
    return judged.isEmpty ? 0 : distances.reduce(0, +) / Double(judged.count)
  }
}

/// exp(value / temperature), scaled to sum to 1.
package func softmax(_ values: some Collection<Float>, temperature: Float) -> [Float] {
  guard let largest = values.max() else { return [] }
  let weights = values.map { exp(Double($0 - largest) / Double(temperature)) }
  let total = weights.reduce(0, +)
  return weights.map { Float($0 / total) }
}
