import LinearAlgebra

/// Orthonormal rows by Gram and Schmidt's method, twice over, in Double.
package enum Orthonormal {
  /// Orthonormalises the rows of `basis` in order; rows from `known` on, and rows that depend on
  /// those before them, are replaced by the unit vectors that reach furthest out of the span.
  ///
  /// Precondition: `basis.rows <= basis.columns`.
  package static func complete(_ basis: borrowing MatrixBuilder, from known: Int) {
    let width = basis.columns
    precondition(basis.rows <= width)
    for row in 0..<basis.rows {
      var vector = UnsafeBufferPointer(start: basis.row(row), count: width).map(Double.init)
      let before = row < known ? norm(vector) : 0
      if before > 0 {
        vector = vector.map { $0 / before }
        project(&vector, outOf: basis, rows: row)
      }
      if before == 0 || norm(vector) < 1e-3 {
        // The column that the rows so far explain least: it is at least sqrt(1 - row / width) off.
        var explained = [Double](repeating: 0, count: width)
        for other in 0..<row {
          for column in 0..<width {
            let value = Double(basis.row(other)[column])
            explained[column] += value * value
          }
        }
        let furthest = explained.indices.min { explained[$0] < explained[$1] } ?? 0
        vector = [Double](repeating: 0, count: width)
        vector[furthest] = 1
        project(&vector, outOf: basis, rows: row)
      }
      let length = norm(vector)
      for column in 0..<width { basis.row(row)[column] = Float(vector[column] / length) }
    }
  }

  private static func project(
    _ vector: inout [Double], outOf basis: borrowing MatrixBuilder, rows: Int
  ) {
    for _ in 0..<2 {
      for row in 0..<rows {
        let other = basis.row(row)
        var product = 0.0
        for column in vector.indices { product += vector[column] * Double(other[column]) }
        for column in vector.indices { vector[column] -= product * Double(other[column]) }
      }
    }
  }

  private static func norm(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
