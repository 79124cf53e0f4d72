import LinearAlgebra

/// A layer along two directions of its states' space, at the scale of a screen.
package struct LayerMap: Equatable, Sendable {
  /// One for each row: centred, and scaled to a mean squared distance of 1 from the centre, so
  /// that layers of different norm fill the same panel.
  package var points: [SIMD2<Float>]
  /// Euclidean length of each row's state.
  package var norms: [Float]
  /// Share of the variance that each of the two axes holds.
  package var explained: [Float]
  package let medianNorm: Float
  /// What it is drawn along.
  package var axes: MapAxes
  /// The cosine between the two directions; 0 of components.
  package var cosine: Float

  package init(
    points: [SIMD2<Float>], norms: [Float], explained: [Float],
    axes: MapAxes = .components(0, 1), cosine: Float = 0
  ) {
    self.points = points
    self.norms = norms
    self.explained = explained
    self.axes = axes
    self.cosine = cosine
    let sorted = norms.sorted()
    medianNorm = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }

  /// The map of `states`, (rows, width), along two directions; components are turned (never
  /// stretched) onto `reference`, concepts' directions have a sense of their own.
  ///
  /// - Parameters:
  ///   - conceptOfRow: each row's concept, below `concepts`; not looked at for components.
  ///   - reference: a map of the same rows; one of other rows is not looked at.
  /// - Throws: ``ProjectionError`` for states that are not finite, and what `checkpoint` throws to
  ///   cancel.
  package static func make(
    _ states: Matrix, axes: MapAxes, conceptOfRow: [Int32], concepts: Int,
    reference: [SIMD2<Float>]?, checkpoint: Checkpoint = {}
  ) throws -> LayerMap {
    let chosen: ChosenAxes
    switch axes {
    case .components(let x, let y):
      return try principal(
        states, components: (x, y), reference: reference, checkpoint: checkpoint)
    case .concepts(let x, let y): chosen = .pair(.prototype(x), .prototype(y))
    case .chosen(let axes): chosen = axes
    }
    return try along(
      chosen, as: axes, states,
      RowConcepts(
        names: Array(repeating: "", count: concepts), ofRow: conceptOfRow.map { Int($0) }),
      checkpoint: checkpoint)
  }

  /// The length of every row; refuses what is not finite.
  static func norms(_ states: Matrix) throws(ProjectionError) -> [Float] {
    let norms = (0..<states.rows).map { row in
      var sum: Float = 0
      let values = states.row(row)
      for column in 0..<states.columns { sum += values[column] * values[column] }
      return sum.squareRoot()
    }
    if let row = norms.firstIndex(where: { !$0.isFinite }) {
      let column = (0..<states.columns).first { !states[row, $0].isFinite } ?? 0
      throw .notFinite(row: row, column: column, value: states[row, column])
    }
    return norms
  }

  /// Two principal components of `states`, turned (never stretched) onto `reference`.
  private static func principal(
    _ states: Matrix, components: (Int, Int), reference: [SIMD2<Float>]?, checkpoint: Checkpoint
  ) throws -> LayerMap {
    let norms = try norms(states)
    try checkpoint()
    let count = min(max(components.0, components.1) + 1, min(states.rows, states.columns))
    guard count > 0 else { return LayerMap(points: [], norms: norms, explained: []) }
    let pca = try PCA.fit(states, components: count)
    try checkpoint()
    let scores = pca.transform(states)
    // Few rows have fewer components: nothing lies along those.
    let places = Matrix(rows: states.rows, columns: 2) { row, axis in
      let component = axis == 0 ? components.0 : components.1
      return component < count ? scores[row, component] : 0
    }
    var map = scaledToUnit(places)
    if let reference, reference.count == map.rows {
      map = align(map, to: Matrix(points: reference))
    }
    return LayerMap(
      points: map.points, norms: norms,
      explained: [components.0, components.1].filter { $0 < count }.map {
        pca.explainedVarianceRatio[$0]
      }, axes: .components(components.0, components.1))
  }
}
