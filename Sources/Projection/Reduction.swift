import LinearAlgebra

/// The first principal components of wide rows: what layouts that compare rows with rows start
/// from, since neighbours are found in it at a fraction of the cost. Narrow rows stay as they are.
package struct Reduction: Sendable {
  /// The columns of the rows it was made of.
  package let width: Int
  /// Nil where nothing is reduced.
  private let pca: PCA?

  /// - Parameter kept: columns that are kept; a matrix no wider is not reduced.
  /// - Throws: ``ProjectionError`` for what ``PCA`` refuses, and what `checkpoint` throws.
  package init(of matrix: Matrix, to kept: Int = 50, checkpoint: Checkpoint = {}) throws {
    width = matrix.columns
    guard width > kept else {
      pca = nil
      return
    }
    pca = try PCA.fit(matrix, components: kept, checkpoint: checkpoint)
    try checkpoint()
  }

  /// The rows reduced, or themselves: those it was made of, or new ones. Refuses another width.
  package func apply(_ matrix: Matrix) throws(ProjectionError) -> Matrix {
    guard matrix.columns == width else {
      throw .badOption(
        name: "width of new rows", found: "\(matrix.columns)", wanted: "\(width)")
    }
    return pca?.transform(matrix) ?? matrix
  }
}
