import LinearAlgebra

/// How far a map can be trusted about what lies far apart: the coarse arrangement, where
/// ``MapQuality`` is about nearest neighbours.
package struct GlobalQuality: Equatable, Sendable {
  /// The share of random triplets of rows in which the map and the input agree on which of two rows
  /// is nearer to the third (Wang et al. 2021); 0.5 by chance. Nil for fewer than three rows.
  package let randomTriplets: Double?
  /// Pearson's correlation of the distances of random pairs of rows in the input and in the map; nil
  /// where either has no spread.
  package let distanceCorrelation: Double?

  /// Triplets and pairs that are drawn: the figures' standard errors are then below 0.003.
  package static let samples = 50_000

  /// Judges a map (rows, any) against the input (rows, width) before any reduction.
  ///
  /// O(``samples`` · width) time. Equal distances agree with either order.
  package static func measure(
    _ map: Matrix, of input: Matrix, seed: UInt64 = 0, checkpoint: Checkpoint = {}
  ) throws -> GlobalQuality {
    guard map.rows == input.rows else {
      throw ProjectionError.badOption(
        name: "rows of the map", found: "\(map.rows)", wanted: "\(input.rows)")
    }
    let n = input.rows
    guard n > 1 else { return GlobalQuality(randomTriplets: nil, distanceCorrelation: nil) }
    for matrix in [input, map] { _ = try PCA.columnMeans(matrix) }
    var generator = SeededGenerator(seed: seed)
    var (agreeing, triplets) = (0.0, 0)
    var (inInputs, inMaps): ([Double], [Double]) = ([], [])
    for sample in 0..<samples {
      if sample % 1000 == 0 { try checkpoint() }
      let row = Int.random(in: 0..<n, using: &generator)
      let one = other(than: [row], of: n, &generator)
      let (near, far) = (distance(input, row, one), distance(map, row, one))
      inInputs.append(near.squareRoot())
      inMaps.append(far.squareRoot())
      guard n > 2 else { continue }
      let another = other(than: [row, one], of: n, &generator)
      let inInput = distance(input, row, another) - near
      let inMap = distance(map, row, another) - far
      agreeing += inInput * inMap >= 0 ? 1 : 0
      triplets += 1
    }
    return GlobalQuality(
      randomTriplets: triplets > 0 ? agreeing / Double(triplets) : nil,
      // Equal distances differ from their mean by rounding alone.
      distanceCorrelation: correlation(relative(inInputs), relative(inMaps), least: 1e-20))
  }

  /// Distances as shares of the largest, whatever the scale of the states.
  private static func relative(_ distances: [Double]) -> [Double] {
    guard let most = distances.max(), most > 0 else { return distances }
    return distances.map { $0 / most }
  }

  private static func other(
    than taken: [Int], of rows: Int, _ generator: inout SeededGenerator
  ) -> Int {
    while true {
      let row = Int.random(in: 0..<rows, using: &generator)
      if !taken.contains(row) { return row }
    }
  }

  /// Squared, in Double: no value of float32 is too far off or too large for it.
  private static func distance(_ matrix: Matrix, _ a: Int, _ b: Int) -> Double {
    let (x, y) = (matrix.row(a), matrix.row(b))
    var sum = 0.0
    for column in 0..<matrix.columns {
      let difference = Double(x[column]) - Double(y[column])
      sum += difference * difference
    }
    return sum
  }
}
