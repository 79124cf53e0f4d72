import LinearAlgebra

/// Where the points of a map start. Deviations are t-SNE's; other layouts have their own.
package enum Initialization: Sendable {
  /// The first two principal components, scaled to a standard deviation of 1e-4 along the first,
  /// with a hundredth of that as noise so that exact duplicates can part.
  case principalComponents
  /// Normally distributed with a standard deviation of 1e-4.
  case random
  /// A layout (rows, 2), taken as it is: a neighbouring layer's map, or one to go on from.
  case layout(Matrix)
  /// A layout (rows, 2) shrunk to a standard deviation of 1e-4, so that a map made from the start
  /// takes over its arrangement: how the map of one layer follows that of its neighbour.
  case arrangement(Matrix)
  /// The plane of the rows in which these concepts' means lie furthest apart, as wide as principal
  /// components are.
  case concepts(RowConcepts)

  /// The largest coordinate of a layout to start from: squares must stay within float32.
  package static let furthest: Float = 1e9

  /// The starting points (rows, 2).
  ///
  /// - Parameter deviation: along the first axis, where the start does not have its own.
  package func points(
    of matrix: Matrix, seed: UInt64, deviation: Float = 1e-4
  ) throws(ProjectionError) -> MatrixBuilder {
    var generator = SeededGenerator(seed: seed)
    switch self {
    case .random:
      return MatrixBuilder(rows: matrix.rows, columns: 2) { _, _ in generator.normal() * deviation }
    case .layout(let layout):
      try Self.check(layout, rows: matrix.rows)
      return MatrixBuilder(copying: layout)
    case .concepts(let concepts):
      return try Self.arrangement(ConceptStart.points(matrix, concepts)).points(
        of: matrix, seed: seed, deviation: deviation)
    case .arrangement(let layout):
      try Self.check(layout, rows: matrix.rows)
      let scores = try PCA.fit(layout, components: 1)
      let spread = scores.explainedVariance[0].squareRoot()
      let scale = spread > 0 ? deviation / spread : 0
      return MatrixBuilder(rows: layout.rows, columns: 2) { row, column in
        (layout[row, column] - scores.mean[column]) * scale
          + generator.normal() * deviation * 0.01
      }
    case .principalComponents:
      let pca = try PCA.fit(matrix, components: 2)
      let scores = pca.transform(matrix)
      let spread = pca.explainedVariance.first?.squareRoot() ?? 0
      let scale = spread > 0 ? deviation / spread : 0
      return MatrixBuilder(rows: matrix.rows, columns: 2) { row, column in
        let score = column < scores.columns ? scores[row, column] * scale : 0
        return score + generator.normal() * deviation * 0.01
      }
    }
  }

  private static func check(_ layout: Matrix, rows: Int) throws(ProjectionError) {
    guard layout.rows == rows, layout.columns == 2 else {
      throw .badOption(
        name: "initial layout", found: "\(layout.rows) x \(layout.columns)", wanted: "\(rows) x 2")
    }
    for index in 0..<layout.count {
      let value = layout.elements[index]
      guard value.isFinite else {
        throw .notFinite(row: index / 2, column: index % 2, value: value)
      }
      guard abs(value) <= furthest else {
        throw .badOption(
          name: "initial layout", found: "\(value) in row \(index / 2)",
          wanted: "magnitudes up to \(furthest)")
      }
    }
  }
}
