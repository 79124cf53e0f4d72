import LinearAlgebra

/// What layouts that compare rows with rows are given: the first principal components, centred and of
/// moderate size, and the way for new rows to get there.
struct LayoutInput: Sendable {
  /// (rows, at most 50)
  let rows: Matrix
  private let reduction: Reduction
  private let frame: Frame

  init(of matrix: Matrix, checkpoint: Checkpoint) throws {
    reduction = try Reduction(of: matrix, checkpoint: checkpoint)
    let reduced = try reduction.apply(matrix)
    frame = try Frame(of: reduced)
    rows = frame.apply(reduced)
  }

  /// New rows as they lie among the input's; refuses another width, NaN and infinities.
  func apply(_ new: Matrix) throws -> Matrix {
    let reduced = try reduction.apply(new)
    // New rows are refused before they are compared with anything.
    _ = try PCA.columnMeans(reduced)
    return frame.apply(reduced)
  }
}
