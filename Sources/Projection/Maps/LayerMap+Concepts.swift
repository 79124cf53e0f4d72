import LinearAlgebra

extension LayerMap {
  /// Unit states along the differences between concepts' means and the means of all other rows.
  static func along(
    concepts: (Int, Int), of count: Int, _ states: Matrix, conceptOfRow: [Int32],
    checkpoint: Checkpoint
  ) throws -> LayerMap {
    let norms = try Self.norms(states)
    try checkpoint()
    let units = unitNormalised(states)
    let means = means(units, conceptOfRow, count)
    let first = means.direction(concepts.0)
    var second = means.direction(concepts.1)
    if count == 2 {
      // The second concept's direction is the first one's turned round: nothing would be new.
      let pca = try PCA.fit(units, components: 1)
      second = perpendicular(pca.components.row(0), to: first)
    }
    try checkpoint()
    let axes = try ConceptAxes(first, second, origin: means.mean)
    let map = axes.transform(units)
    let share = varianceShare(map, cosine: axes.cosine, of: units, mean: means.mean)
    return LayerMap(
      points: scaledToUnit(map).points, norms: norms,
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
