import LinearAlgebra

/// Where the points of a t-SNE map start.
public enum Initialization: Sendable {
  /// The first two principal components, scaled to a standard deviation of 1e-4 along the first,
  /// with a hundredth of that as noise so that exact duplicates can part.
  case principalComponents
  /// Normally distributed with a standard deviation of 1e-4.
  case random
  /// A layout (rows, 2), taken as it is: a neighbouring layer's map, or one to go on from.
  case layout(Matrix)

  /// The largest coordinate of a layout to start from: squares must stay within float32.
  static let furthest: Float = 1e9

  /// The starting points (rows, 2).
  func points(of matrix: Matrix, seed: UInt64) throws(ProjectionError) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    let deviation: Float = 1e-4
    switch self {
    case .random:
      return Matrix(rows: matrix.rows, columns: 2) { _, _ in generator.normal() * deviation }
    case .layout(let layout):
      guard layout.rows == matrix.rows, layout.columns == 2 else {
        throw .badOption(
          name: "initial layout", found: "\(layout.rows) x \(layout.columns)",
          wanted: "\(matrix.rows) x 2")
      }
      for row in 0..<layout.rows where !(layout[row, 0].isFinite && layout[row, 1].isFinite) {
        let column = layout[row, 0].isFinite ? 1 : 0
        throw .notFinite(row: row, column: column, value: layout[row, column])
      }
      for index in 0..<layout.count where abs(layout.elements[index]) > Self.furthest {
        throw .badOption(
          name: "initial layout", found: "\(layout.elements[index]) in row \(index / 2)",
          wanted: "magnitudes up to \(Self.furthest)")
      }
      return layout.copy()
    case .principalComponents:
      let pca = try PCA.fit(matrix, components: 2)
      let scores = pca.transform(matrix)
      let spread = pca.explainedVariance.first?.squareRoot() ?? 0
      let scale = spread > 0 ? deviation / spread : 0
      return Matrix(rows: matrix.rows, columns: 2) { row, column in
        let score = column < scores.columns ? scores[row, column] * scale : 0
        return score + generator.normal() * deviation * 0.01
      }
    }
  }
}
