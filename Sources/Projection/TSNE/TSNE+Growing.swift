import LinearAlgebra

extension TSNE: GrowingMap {
  package var iterations: Int { options.iterations }

  /// KL(P || Q) in nats, P without exaggeration.
  package func objective() -> Double { divergence() }

  /// The input of a map: the first principal components of a wide matrix, or the matrix itself
  /// when it is no wider than that.
  package static func reduced(
    _ matrix: Matrix, to width: Int = 50, checkpoint: Checkpoint = {}
  ) throws -> Matrix {
    try Reduction(of: matrix, to: width, checkpoint: checkpoint).apply(matrix)
  }
}
