import LinearAlgebra

/// Two runs over the same rows along principal components: what the Compare screen, the figure of
/// `compare` and reports draw.
///
///     let pair = try PairProjection(base: states, tuned: others)
///     pair.base[0, 1]      // the first row's place along the second axis, in the base run
package struct PairProjection: Sendable {
  /// (rows, 2): places along the axes; zeros where there are fewer of them.
  package let base: Matrix
  package let tuned: Matrix
  /// The share of the variance that each axis holds: of both runs' states together where the
  /// projection is joint, else of the base's.
  package let explained: [Float]
  /// Whether one projection made both; else each has its own, the second turned onto the first.
  package let isJoint: Bool

  /// Projects the states of the same rows, prepared as ``JointMap/prepared(_:)`` says.
  ///
  /// - Parameters:
  ///   - base, tuned: (rows, width); where the widths differ there is no joint projection.
  ///   - isAligned: whether each run has a projection of its own although widths are the same.
  /// - Throws: ``ProjectionError``, and what `checkpoint` throws to cancel.
  package init(
    base: Matrix, tuned: Matrix, isAligned: Bool = false, checkpoint: () throws -> Void = {}
  ) throws {
    let (first, second) = (try JointMap.prepared(base), try JointMap.prepared(tuned))
    try checkpoint()
    isJoint = !isAligned && base.columns == tuned.columns
    if isJoint {
      let both = try JointMap.stack([first, second])
      let found = try Self.components(both, checkpoint)
      let parts = JointMap.split(found.map, rows: [base.rows, tuned.rows])
      (self.base, self.tuned, explained) = (parts[0], parts[1], found.shares)
    } else {
      let found = try Self.components(first, checkpoint)
      try checkpoint()
      let other = try Self.components(second, checkpoint)
      (self.base, explained) = (found.map, found.shares)
      self.tuned = align(other.map, to: found.map)
    }
  }

  /// (rows, 2), whatever the number of components.
  private static func components(
    _ states: Matrix, _ checkpoint: () throws -> Void
  ) throws -> (map: Matrix, shares: [Float]) {
    let count = min(2, min(states.rows, states.columns))
    guard count > 0 else { return (Matrix(rows: states.rows, columns: 2), []) }
    let pca = try PCA.fit(states, components: count, checkpoint: checkpoint)
    let scores = pca.transform(states)
    let map = Matrix(rows: states.rows, columns: 2) { row, column in
      column < scores.columns ? scores[row, column] : 0
    }
    return (map, Array(pca.explainedVarianceRatio.prefix(2)))
  }
}
