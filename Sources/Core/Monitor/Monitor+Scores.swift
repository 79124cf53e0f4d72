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

  /// Scores one state of `width` values by itself.
  package func score(
    _ state: UnsafePointer<Float>, of unit: ScoredUnit = .token
  ) -> ConceptScores {
    let probe = unit == .token ? probe : turnProbe ?? probe
    let count = concepts.count
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: width + 2 * count) { memory in
      guard let scratch = memory.baseAddress else {
        return ConceptScores(scores: [], best: 0, cosine: 0, isUnknown: true)
      }
      let (cosines, logits) = (scratch + width, scratch + width + count)
      let hasDirection = directions.read(
        state, probe, scratch: scratch, cosines: cosines, logits: logits)
      return scores(
        logits, cosines, hasDirection: hasDirection,
        unit == .token ? calibration : turnCalibration)
    }
  }

  /// The scores that logits make.
  private func scores(
    _ logits: UnsafePointer<Float>, _ cosines: UnsafePointer<Float>, hasDirection: Bool,
    _ calibration: Calibration
  ) -> ConceptScores {
    let values = UnsafeBufferPointer(start: logits, count: concepts.count)
    let scores = softmax(values, temperature: calibration.temperature)
    let best = largestPlace(scores)
    // The logits of prototypes are cosines, averaged where those of tokens are.
    let certainty = reader == .prototype ? logits[best] : scores[best]
    return ConceptScores(
      scores: scores, best: best, cosine: cosines[best],
      isUnknown: !(hasDirection && certainty >= calibration.unknownBelow))
  }

  /// Scores tokens in the order of their text, each with those before it in its turn
  /// (``LogitSmoothing``). O(rows x width x concepts).
  ///
  /// - Parameters:
  ///   - states: (tokens, width), or more rows than are scored.
  ///   - rows: the tokens among them; all where nil.
  ///   - starts: where what each token is read with begins (``turnStarts(_:of:)``), counted as the tokens
  ///     of `means` are.
  ///   - means: of the tokens before; those of these are added.
  package func score(
    _ states: Matrix, rows: Range<Int>? = nil, starts: [Int], after means: inout TokenMeans
  ) -> [ConceptScores] {
    precondition(states.columns == width)
    let rows = rows ?? 0..<states.rows
    let cosines = MatrixBuilder(unfilled: rows.count, columns: concepts.count)
    let logits = MatrixBuilder(unfilled: rows.count, columns: concepts.count)
    let hasDirection = [Bool](unsafeUninitializedCapacity: rows.count) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      Parallel.ranges(of: rows.count, grain: 32) { range in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: width) {
          guard let scratch = $0.baseAddress else { return }
          for row in range {
            let hasDirection = directions.read(
              states.row(rows.lowerBound + row), probe, scratch: scratch,
              cosines: cosines.row(row), logits: logits.row(row))
            (base + row).initialize(to: hasDirection)
          }
        }
      }
      initialized = rows.count
    }
    means.average(logits, starts: starts, by: smoothing)
    return hasDirection.enumerated().map { row, hasDirection in
      scores(logits.row(row), cosines.row(row), hasDirection: hasDirection, calibration)
    }
  }

  /// Scores all tokens of a text, or of several with starts counted through.
  package func score(_ states: Matrix, rows: Range<Int>? = nil, starts: [Int]) -> [ConceptScores] {
    var means = TokenMeans()
    return score(states, rows: rows, starts: starts, after: &means)
  }

  /// Scores every row of states, (rows, width), or some of them, each by itself.
  /// O(rows x width x concepts).
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
