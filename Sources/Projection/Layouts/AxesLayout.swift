import LinearAlgebra

/// Unit states along two directions that the user chooses (``LayoutSettings/axes``), or along the first
/// two concepts where rows have some.
package struct AxesLayout: Layout {
  package init() {}

  package let name = "axes"
  package let title = "Axes"
  package let components = 2...2
  package let isSeeded = false
  package let leastRows = 1
  package let leastConcepts = 2
  package let options: [LayoutOption] = []
  package let figures = [
    LayoutFigure("variance_shown", "variance"), LayoutFigure("axes_cosine", "cosine of the axes"),
  ]
  package let caution = "What lies across the axes is not seen."

  package func map(
    _ matrix: Matrix, _ settings: LayoutSettings, start: Initialization?, checkpoint: Checkpoint,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> LayoutResult {
    try check(settings)
    _ = try PCA.columnMeans(matrix)
    let concepts =
      settings.concepts
      ?? RowConcepts(names: [], ofRow: Array(repeating: nil, count: matrix.rows))
    let present = Set(concepts.ofRow.compactMap { $0 }).sorted()
    guard
      let chosen = settings.axes
        ?? (present.count > 1 ? .pair(.prototype(present[0]), .prototype(present[1])) : nil)
    else {
      throw ProjectionError.badOption(name: "axes", found: "none", wanted: AxisNames.wanted)
    }
    try checkpoint()
    let units = unitNormalised(matrix)
    var used = settings
    used.axes = chosen
    guard varies(units) else {
      // Nothing tells rows apart: no concept has a direction.
      return LayoutResult(
        points: Matrix(rows: units.rows, columns: 2), figures: [.number(0), .number(0)],
        settings: used, notes: ["All states are alike: there is nothing along any axis."]
      ) { rows, _ in
        _ = try PCA.columnMeans(rows)
        return Matrix(rows: rows.rows, columns: 2)
      }
    }
    let axes = try chosen.directions(of: units, concepts, checkpoint: checkpoint)
    let points = axes.transform(units)
    return LayoutResult(
      points: points,
      figures: [
        .number(Double(axes.varianceShare(points, of: units))), .number(Double(axes.cosine)),
      ],
      settings: used, notes: []
    ) { rows, _ in
      guard rows.columns == axes.directions.columns else {
        throw ProjectionError.badOption(
          name: "width of new rows", found: "\(rows.columns)",
          wanted: "\(axes.directions.columns)")
      }
      _ = try PCA.columnMeans(rows)
      return axes.transform(unitNormalised(rows))
    }
  }

  private func varies(_ units: Matrix) -> Bool {
    let first = units.values(row: 0)
    return (0..<units.rows).contains { units.values(row: $0) != first }
  }
}
