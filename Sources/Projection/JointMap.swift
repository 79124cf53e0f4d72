import LinearAlgebra

/// Several matrices in one space: base and tuned states in one map.
///
///     let joint = try JointMap.stack([base, tuned])
///     let map = try TSNE.fit(TSNE.reduced(joint)).points
///     let parts = JointMap.split(map, rows: [base.rows, tuned.rows])
package enum JointMap {
  /// All rows, one matrix after the other. Refuses matrices of different widths.
  package static func stack(_ matrices: [Matrix]) throws(ProjectionError) -> Matrix {
    let width = matrices.first?.columns ?? 0
    for matrix in matrices where matrix.columns != width {
      throw .badOption(
        name: "width of a joint map's matrices", found: "\(matrix.columns)", wanted: "\(width)")
    }
    let result = Matrix(rows: matrices.reduce(0) { $0 + $1.rows }, columns: width)
    var row = 0
    for matrix in matrices {
      result.row(row).update(from: matrix.elements, count: matrix.count)
      row += matrix.rows
    }
    return result
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
