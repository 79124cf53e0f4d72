import CKernels
import LinearAlgebra

/// Exact principal components: the orthogonal directions of largest variance.
///
///     let pca = try PCA.fit(states, components: 2)
///     let points = pca.transform(states)  // (rows, 2)
///
/// Signs are fixed: the entry of largest magnitude of every component is positive.
package struct PCA: Sendable {
  /// The mean of the rows, of length `width`.
  package let mean: [Float]
  /// (components, width): orthonormal rows, the largest variance first.
  package let components: Matrix
  /// The variance of the rows along each component, with `rows - 1` as the divisor.
  package let explainedVariance: [Float]
  /// ``explainedVariance`` as shares of the variance of all columns; 0 where nothing varies.
  package let explainedVarianceRatio: [Float]

  /// The number of columns of the matrix that was fitted.
  package var width: Int { mean.count }

  /// The scores (rows, components) of old or new rows.
  ///
  /// Precondition: `matrix` is `width` wide.
  package func transform(_ matrix: Matrix) -> Matrix {
    precondition(matrix.columns == width, "\(matrix.columns) columns, fitted on \(width)")
    let count = components.rows
    let result = MatrixBuilder(unfilled: matrix.rows, columns: count)
    let tile = 128
    let tiles = (matrix.rows + tile - 1) / tile
    Parallel.forEach(tiles) { index in
      let first = index * tile
      let rows = min(tile, matrix.rows - first)
      // Centred before the product: the mean can be thousands of times the spread.
      withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * width) { centred in
        guard let base = centred.baseAddress else { return }
        sk_centre_rows(base, matrix.row(first), mean, rows, width, width)
        BLAS.sgemm(
          transposeB: true, m: rows, n: count, k: width, base, stride: width,
          components.elements, stride: width, into: result.row(first), stride: count)
      }
    }
    return result.frozen()
  }
}
