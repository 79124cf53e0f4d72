import LinearAlgebra

/// The states of two runs over the same rows in one space: base and tuned in one map.
///
///     let both = try JointMap.stacked(base, tuned)
///     let map = try TSNELayout().map(both)
///     let parts = JointMap.split(map.points, rows: [base.rows, tuned.rows])
///
/// States take part as unit vectors, each run about its own mean (``prepared(_:)``): lengths differ
/// from run to run by orders of magnitude, and so may what all rows of a run have in common; either
/// would fill the map, and the concepts be two dots in it.
package enum JointMap {
  /// A run's states as they take part in a map of two runs: of length 1, less the mean of those.
  ///
  /// - Parameter states: (rows, width).
  /// - Throws: ``ProjectionError`` for a value that is not finite.
  package static func prepared(_ states: Matrix) throws(ProjectionError) -> Matrix {
    try checkFinite(states)
    return centred(unitNormalised(states))
  }

  /// Both runs' prepared states, the base's first. Refuses runs of different widths.
  package static func stacked(_ base: Matrix, _ tuned: Matrix) throws(ProjectionError) -> Matrix {
    try stack([prepared(base), prepared(tuned)])
  }

  /// All rows, one matrix after the other. Refuses matrices of different widths.
  package static func stack(_ matrices: [Matrix]) throws(ProjectionError) -> Matrix {
    let width = matrices.first?.columns ?? 0
    for matrix in matrices where matrix.columns != width {
      throw .badOption(
        name: "width of a joint map's matrices", found: "\(matrix.columns)", wanted: "\(width)")
    }
    return Matrix(stacking: matrices, columns: width)
  }

  /// The rows of each matrix again. Precondition: the numbers of rows add up to the map's.
  package static func split(_ map: Matrix, rows: [Int]) -> [Matrix] {
    precondition(rows.reduce(0, +) == map.rows)
    var start = 0
    return rows.map { count in
      defer { start += count }
      return map.selecting(rows: Array(start..<start + count))
    }
  }
}
