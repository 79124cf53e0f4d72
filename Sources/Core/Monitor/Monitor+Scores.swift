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
  package func score(_ state: UnsafePointer<Float>) -> ConceptScores {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: width + concepts.count) { memory in
      guard let scratch = memory.baseAddress else {
        return ConceptScores(scores: [], best: 0, cosine: 0, isUnknown: true)
      }
      let cosines = scratch + width
      directions.cosines(of: state, scratch: scratch, into: cosines)
      let values = UnsafeBufferPointer(start: cosines, count: concepts.count)
      let scores = softmax(values, temperature: calibration.temperature)
      let best = largestPlace(scores)
      // A state that is not finite has no nearest concept either.
      return ConceptScores(
        scores: scores, best: best, cosine: cosines[best],
        isUnknown: !(cosines[best] >= unknownBelow))
    }
  }

  /// Scores every row of states, (rows, width). O(rows x width x concepts).
  package func score(_ states: Matrix) -> [ConceptScores] {
    precondition(states.columns == width)
    return [ConceptScores](unsafeUninitializedCapacity: states.rows) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      Parallel.ranges(of: states.rows, grain: 32) { range in
        for row in range { (base + row).initialize(to: score(states.row(row))) }
      }
      initialized = states.rows
    }
  }
}
