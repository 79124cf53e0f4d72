import LinearAlgebra
import SeerProjection
import SeerSupport

/// A layer as the map shows it.
package struct LayerMap: Equatable, Sendable {
  /// One for each row: centred, and scaled to a mean squared distance of 1 from the centre, so
  /// that layers of different norm fill the same panel.
  package var points: [SIMD2<Float>]
  /// Euclidean length of each row's state.
  package var norms: [Float]
  /// Share of the variance that each of the two axes holds.
  package var explained: [Float]
  var medianNorm: Float
  /// What it is drawn along.
  package var axes: MapAxes
  /// The cosine between the two directions; 0 of components.
  package var cosine: Float

  package init(
    points: [SIMD2<Float>], norms: [Float], explained: [Float], axes: MapAxes = .firstTwo,
    cosine: Float = 0
  ) {
    self.points = points
    self.norms = norms
    self.explained = explained
    self.axes = axes
    self.cosine = cosine
    let sorted = norms.sorted()
    medianNorm = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }

  /// The length of every row; refuses what is not finite.
  package static func norms(_ states: Matrix) throws -> [Float] {
    let norms = (0..<states.rows).map { row in
      var sum: Float = 0
      let values = states.row(row)
      for column in 0..<states.columns { sum += values[column] * values[column] }
      return sum.squareRoot()
    }
    if let bad = norms.firstIndex(where: { !$0.isFinite }) {
      throw Problem("The state of row \(bad) is not finite: extract the run again.")
    }
    return norms
  }

  /// Two principal components of `states`, turned (never stretched) onto `reference`.
  package static func principal(
    _ states: Matrix, components: (Int, Int) = (0, 1), reference: [SIMD2<Float>]?,
    context: JobContext
  ) throws -> LayerMap {
    let norms = try norms(states)
    try context.checkpoint()
    let count = min(max(components.0, components.1) + 1, min(states.rows, states.columns))
    guard count > 0 else { return LayerMap(points: [], norms: norms, explained: []) }
    let pca = try PCA.fit(states, components: count)
    try context.checkpoint()
    var map = Matrix(rows: states.rows, columns: 2)
    let scores = pca.transform(states)
    for row in 0..<states.rows {
      // Few rows have fewer components: nothing lies along those.
      if components.0 < count { map[row, 0] = scores[row, components.0] }
      if components.1 < count { map[row, 1] = scores[row, components.1] }
    }
    scaleToUnit(map)
    if let reference, reference.count == map.rows {
      map = align(map, to: Matrix(rows: map.rows, columns: 2) { reference[$0][$1] })
    }
    return LayerMap(
      points: (0..<map.rows).map { SIMD2(map[$0, 0], map[$0, 1]) }, norms: norms,
      explained: [components.0, components.1].filter { $0 < count }.map {
        pca.explainedVarianceRatio[$0]
      }, axes: .components(components.0, components.1))
  }

  static func scaleToUnit(_ map: Matrix) {
    var sum: Double = 0
    for index in 0..<map.count { sum += Double(map.elements[index]) * Double(map.elements[index]) }
    guard sum > 0 else { return }
    let scale = Float((Double(map.rows) / sum).squareRoot())
    for index in 0..<map.count { map.elements[index] *= scale }
  }
}
