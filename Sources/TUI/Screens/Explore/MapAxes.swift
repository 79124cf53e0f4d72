import LinearAlgebra
import SeerProjection
import SeerSupport

/// The two directions of the states' space that a map is drawn along.
package enum MapAxes: Hashable, Sendable {
  /// Principal components, counted from 0.
  case components(Int, Int)
  /// Two concepts: how much more a row lies towards each one's mean than towards all others'.
  case concepts(Int, Int)

  static let firstTwo = MapAxes.components(0, 1)

  /// The pairs of components that keys go through.
  package static let pairs: [MapAxes] = [
    .components(0, 1), .components(0, 2), .components(1, 2), .components(0, 3), .components(1, 3),
    .components(2, 3),
  ]
}

extension LayerMap {
  /// The map of `states` along two directions; components are turned (never stretched) onto
  /// `reference`, concepts' directions have a sense of their own.
  package static func make(
    _ states: Matrix, axes: MapAxes, conceptOfRow: [Int32], concepts: Int,
    reference: [SIMD2<Float>]?, context: JobContext
  ) throws -> LayerMap {
    switch axes {
    case .components(let x, let y):
      return try principal(states, components: (x, y), reference: reference, context: context)
    case .concepts(let x, let y):
      return try along(
        concepts: (x, y), of: concepts, states, conceptOfRow: conceptOfRow, context: context)
    }
  }

  /// Unit states along the differences between concepts' means and the means of all other rows.
  private static func along(
    concepts: (Int, Int), of count: Int, _ states: Matrix, conceptOfRow: [Int32],
    context: JobContext
  ) throws -> LayerMap {
    let norms = try Self.norms(states)
    try context.checkpoint()
    let units = unitNormalised(states)
    let means = means(units, conceptOfRow, count)
    let first = means.direction(concepts.0)
    var second = means.direction(concepts.1)
    if count == 2 {
      // The second concept's direction is the first one's turned round: nothing would be new.
      let pca = try PCA.fit(units, components: 1)
      second = perpendicular(pca.components.row(0), to: first)
    }
    try context.checkpoint()
    let axes = try ConceptAxes(first, second, origin: means.mean)
    let map = axes.transform(units)
    let share = varianceShare(map, cosine: axes.cosine, of: units, mean: means.mean)
    scaleToUnit(map)
    return LayerMap(
      points: (0..<map.rows).map { SIMD2(map[$0, 0], map[$0, 1]) }, norms: norms,
      explained: [share, 0], axes: .concepts(concepts.0, concepts.1), cosine: axes.cosine)
  }

  private struct Means {
    var mean: [Float]
    /// Sums of each concept's rows, and of all of them.
    var sums: [[Double]]
    var counts: [Int]
    var total: [Double]

    /// From the mean of all other rows to the concept's.
    func direction(_ concept: Int) -> [Float] {
      let own = Double(max(1, counts[concept]))
      let others = Double(max(1, counts.reduce(0, +) - counts[concept]))
      return total.indices.map {
        Float(sums[concept][$0] / own - (total[$0] - sums[concept][$0]) / others)
      }
    }
  }

  private static func means(_ units: Matrix, _ conceptOfRow: [Int32], _ count: Int) -> Means {
    let width = units.columns
    var sums = Array(repeating: [Double](repeating: 0, count: width), count: count)
    var counts = [Int](repeating: 0, count: count)
    for row in 0..<units.rows {
      let concept = Int(conceptOfRow[row])
      counts[concept] += 1
      let values = units.row(row)
      sums[concept].withUnsafeMutableBufferPointer { sum in
        for column in 0..<width { sum[column] += Double(values[column]) }
      }
    }
    var total = [Double](repeating: 0, count: width)
    for sum in sums { for column in 0..<width { total[column] += sum[column] } }
    let rows = Double(max(1, units.rows))
    return Means(mean: total.map { Float($0 / rows) }, sums: sums, counts: counts, total: total)
  }

  private static func perpendicular(
    _ direction: UnsafePointer<Float>, to other: [Float]
  ) -> [Float] {
    var product = 0.0
    var square = 0.0
    for column in other.indices {
      product += Double(direction[column]) * Double(other[column])
      square += Double(other[column]) * Double(other[column])
    }
    let factor = square > 0 ? product / square : 0
    return other.indices.map { Float(Double(direction[$0]) - factor * Double(other[$0])) }
  }

  /// The share of the variance that lies in the plane of two directions with this cosine.
  private static func varianceShare(
    _ map: Matrix, cosine: Float, of units: Matrix, mean: [Float]
  ) -> Float {
    var total = 0.0
    for row in 0..<units.rows {
      let values = units.row(row)
      for column in 0..<units.columns {
        let value = Double(values[column] - mean[column])
        total += value * value
      }
    }
    // The second direction without what it shares with the first.
    let c = Double(cosine)
    let rest = max(1e-9, 1 - c * c).squareRoot()
    var shown = 0.0
    for row in 0..<map.rows {
      let x = Double(map[row, 0])
      let y = (Double(map[row, 1]) - c * x) / rest
      shown += x * x + y * y
    }
    return total > 0 ? Float(min(1, shown / total)) : 0
  }
}
