import LinearAlgebra

/// Moves rows to the centre of a matrix and scales its largest magnitude to 1: neighbours are found
/// by inner products, which lose digits far from the origin. t-SNE does not depend on either.
package struct Frame {
  package let mean: [Float]
  package let scale: Float

  package init(of matrix: Matrix) throws(ProjectionError) {
    mean = try PCA.columnMeans(matrix)
    var largest: Float = 0
    for row in 0..<matrix.rows {
      let values = matrix.row(row)
      for column in 0..<matrix.columns {
        largest = max(largest, abs(values[column] - mean[column]))
      }
    }
    guard largest.isFinite else { throw .tooLarge }
    // A reciprocal beyond float32 means that nothing varies.
    scale = largest > 0 && (1 / largest).isFinite ? 1 / largest : 0
  }

  package func apply(_ matrix: Matrix) -> Matrix {
    let result = MatrixBuilder(unfilled: matrix.rows, columns: matrix.columns)
    result.fillRows(grain: 256) { row, target in
      let source = matrix.row(row)
      for column in 0..<matrix.columns { target[column] = (source[column] - mean[column]) * scale }
    }
    return result.frozen()
  }
}
