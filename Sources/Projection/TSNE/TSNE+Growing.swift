import LinearAlgebra

extension TSNE: GrowingMap {
  package var iterations: Int { options.iterations }

  /// KL(P || Q) in nats, P without exaggeration.
  package func objective() -> Double { divergence() }

  package var moment: MapMoment {
    MapMoment(
      iteration: iteration, values: [.init("positions", positions.values)] + optimizer.moment)
  }

  package func restore(_ moment: MapMoment) throws(ProjectionError) {
    try moment.check(like: self.moment, iterations: iterations)
    iteration = moment.iteration
    positions.fill(from: moment.values[0].numbers)
    optimizer.restore(moment.values.dropFirst())
    bounds = LayoutBounds(of: positions)
  }

  /// The input of a map: the first principal components of a wide matrix, or the matrix itself
  /// when it is no wider than that.
  package static func reduced(
    _ matrix: Matrix, to width: Int = 50, checkpoint: Checkpoint = {}
  ) throws -> Matrix {
    try Reduction(of: matrix, to: width, checkpoint: checkpoint).apply(matrix)
  }
}
