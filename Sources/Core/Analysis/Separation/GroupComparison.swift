import LinearAlgebra

/// How two groups of rows lie to each other at a layer.
package struct GroupComparison: Equatable, Sendable {
  /// The cosine between their mean unit states, and of the rows of each to its own mean.
  package var between: Float
  package var withinFirst: Float
  package var withinSecond: Float

  /// - Parameters:
  ///   - first, second: rows of `states`; a row may be in both.
  ///   - states: (rows, width).
  package init(_ first: [Int], _ second: [Int], of states: Matrix) {
    let units = [first, second].map { unitNormalised(states.selecting(rows: $0)) }
    let means = units.map(columnMeans)
    between = Self.cosine(means[0], means[1])
    withinFirst = Self.within(units[0], means[0])
    withinSecond = Self.within(units[1], means[1])
  }

  private static func cosine(_ a: [Double], _ b: [Double]) -> Float {
    var product = 0.0
    var first = 0.0
    var second = 0.0
    for column in a.indices {
      product += a[column] * b[column]
      first += a[column] * a[column]
      second += b[column] * b[column]
    }
    let length = (first * second).squareRoot()
    return length > 0 ? Float(product / length) : .nan
  }

  private static func within(_ units: Matrix, _ mean: [Double]) -> Float {
    let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0, units.rows > 0 else { return .nan }
    var sum = 0.0
    for row in 0..<units.rows {
      sum += dot(units.row(row), mean, count: units.columns)
    }
    return Float(sum / length / Double(units.rows))
  }
}
