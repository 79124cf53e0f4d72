import LinearAlgebra

/// How far a layer's states moved from one run to another of the same width.
package struct Drift: Equatable, Sendable {
  /// 1 - cosine between each row's two states.
  package var cosineDistances: [Double]
  /// The mean of ``cosineDistances``.
  package var cosineDistance: Double
  /// The mean of |after - before| / |before|.
  package var relative: Double

  /// Nil where the widths differ or there are no rows.
  package init?(from base: Matrix, to tuned: Matrix) {
    guard base.columns == tuned.columns, base.rows == tuned.rows, base.rows > 0 else { return nil }
    let width = base.columns
    let pairs: [(Double, Double)] = results(count: base.rows, grain: 32) { row in
      let (before, after) = (base.row(row), tuned.row(row))
      let beforeNorm = dot(before, before, count: width).squareRoot()
      let afterNorm = dot(after, after, count: width).squareRoot()
      // The chord, because 1 - cosine loses the digits of small moves.
      var (chord, square) = (0.0, 0.0)
      for column in 0..<width {
        let difference = Double(after[column]) - Double(before[column])
        square += difference * difference
        let turn =
          Double(after[column]) / max(afterNorm, .leastNormalMagnitude)
          - Double(before[column]) / max(beforeNorm, .leastNormalMagnitude)
        chord += turn * turn
      }
      return (chord / 2, beforeNorm > 0 ? square.squareRoot() / beforeNorm : 0)
    }
    cosineDistances = pairs.map(\.0)
    cosineDistance = pairs.reduce(0) { $0 + $1.0 } / Double(pairs.count)
    relative = pairs.reduce(0) { $0 + $1.1 } / Double(pairs.count)
  }
}
