import LinearAlgebra
import SeerAnalysis
import SeerSupport

/// What makes a state's logits, which the softmax turns into scores.
package enum MonitorReader: String, NamedChoice {
  /// Its cosines with the concepts' directions (``ConceptDirections``).
  case prototype
  /// A regularised linear probe on the centred unit state (``ShrinkageDiscriminant``).
  case probe
}

/// What a score is of: both have calibrations of their own, where they were measured.
package enum ScoredUnit: Sendable {
  /// One token's state.
  case token
  /// The mean state of several.
  case turn
}

extension ShrinkageDiscriminant {
  /// The probe of some rows, its shrinkage chosen by folds in which rows of one group stay together.
  ///
  /// - Parameters:
  ///   - centred: (rows, width).
  ///   - groups: what rows must not part; each row by itself where nil.
  static func chosen(
    _ centred: Matrix, labels: [Int], concepts: Int, groups: [Int]?,
    checkpoint: () throws -> Void = {}
  ) throws -> (reading: LinearReading, shrinkage: Double) {
    let keys = groups ?? Array(labels.indices)
    var folds = Folds(prompts: keys.map(String.init), splits: keys.map { _ in nil })
    folds.folds.removeAll { fold in Set(fold.train.map { labels[$0] }).count < concepts }
    let shrinkage = try chosenShrinkage(
      centred, labels: labels, concepts: concepts, folds: folds, checkpoint: checkpoint)
    let fit = try ShrinkageDiscriminant(centred, labels: labels, concepts: concepts)
    return (fit.reading(shrinkage: shrinkage), shrinkage)
  }
}
