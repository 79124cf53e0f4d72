import LinearAlgebra

/// The first principal components: at once, exact, and the same whatever the seed.
package struct PCALayout: Layout {
  package init() {}

  package let name = "pca"
  package let title = "PCA"
  package let components = 2...Int.max
  package let keepsUnit = true
  package let isSeeded = false
  package let leastRows = 1
  package let options: [LayoutOption] = []
  package let figures = [LayoutFigure("explained_variance", "variance", isShares: true)]
  package let caution = ""

  package func map(
    _ matrix: Matrix, _ settings: LayoutSettings, start: Initialization?, checkpoint: Checkpoint,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> LayoutResult {
    try check(settings)
    let count = settings.components
    let pca = try PCA.fit(matrix, components: count, checkpoint: checkpoint)
    return LayoutResult(
      points: Self.padded(pca.transform(matrix), to: count),
      figures: [.shares(pca.explainedVarianceRatio)], settings: settings, notes: []
    ) { rows, _ in
      guard rows.columns == pca.width else {
        throw ProjectionError.badOption(
          name: "width of new rows", found: "\(rows.columns)", wanted: "\(pca.width)")
      }
      _ = try PCA.columnMeans(rows)
      return Self.padded(pca.transform(rows), to: count)
    }
  }

  /// A matrix of one column still has an x and a y.
  private static func padded(_ points: Matrix, to count: Int) -> Matrix {
    guard points.columns < count else { return points }
    return Matrix(rows: points.rows, columns: count) { row, column in
      column < points.columns ? points[row, column] : 0
    }
  }
}
