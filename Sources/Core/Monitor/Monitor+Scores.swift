import LinearAlgebra
import SeerModels

/// One state's scores.
package struct ConceptScores: Equatable, Sendable {
  /// A probability for each of the monitor's concepts; they sum to 1.
  package var scores: [Float]
  /// The concept with the largest score.
  package var best: Int
  /// The state's cosine with that concept's direction, after centring.
  package var cosine: Float
  /// Far from every concept: the scores say which is least far, and mean no more.
  package var isUnknown: Bool

  package init(scores: [Float], best: Int, cosine: Float, isUnknown: Bool) {
    self.scores = scores
    self.best = best
    self.cosine = cosine
    self.isUnknown = isUnknown
  }
}

extension Monitor {
  /// What states far from every concept are called.
  package static let unknown = "unknown"

  /// The name of the best concept, or ``unknown``.
  package func top(_ scores: ConceptScores) -> String {
    scores.isUnknown ? Self.unknown : concepts[scores.best]
  }

  /// Scores one state of `width` values.
  package func score(
    _ state: UnsafePointer<Float>, of unit: ScoredUnit = .token
  ) -> ConceptScores {
    let calibration = unit == .token ? calibration : turnCalibration
    let probe = unit == .token ? probe : turnProbe ?? probe
    let count = concepts.count
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: width + 2 * count) { memory in
      guard let scratch = memory.baseAddress else {
        return ConceptScores(scores: [], best: 0, cosine: 0, isUnknown: true)
      }
      let (cosines, logits) = (scratch + width, scratch + width + count)
      let hasDirection = directions.read(
        state, probe, scratch: scratch, cosines: cosines, logits: logits)
      let values = UnsafeBufferPointer(start: logits, count: count)
      let scores = softmax(values, temperature: calibration.temperature)
      let best = largestPlace(scores)
      let certainty = probe == nil ? cosines[best] : scores[best]
      return ConceptScores(
        scores: scores, best: best, cosine: cosines[best],
        isUnknown: !(hasDirection && certainty >= calibration.unknownBelow))
    }
  }

  /// Scores every row of states, (rows, width), or some of them. O(rows x width x concepts).
  package func score(
    _ states: Matrix, rows: Range<Int>? = nil, of unit: ScoredUnit = .token
  ) -> [ConceptScores] {
    precondition(states.columns == width)
    let rows = rows ?? 0..<states.rows
    return [ConceptScores](unsafeUninitializedCapacity: rows.count) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      Parallel.ranges(of: rows.count, grain: 32) { range in
        for row in range {
          (base + row).initialize(to: score(states.row(rows.lowerBound + row), of: unit))
        }
      }
      initialized = rows.count
    }
  }
}
