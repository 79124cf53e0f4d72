import LinearAlgebra

/// What makes two rows neighbours.
package enum NeighbourMetric: String, CaseIterable, Sendable {
  case cosine
  case euclidean = "distance"

  /// The rows as points whose Euclidean distances are in the metric's order. The first matrix is the
  /// one that is searched; all have its width.
  ///
  /// By cosine these are unit vectors, |a - b|² = 2 - 2 cos, less the mean of the first matrix's:
  /// in some layers all states share most of their direction, and products of the rest keep the
  /// digits that tell rows apart. A row without a direction (zeros, or not finite) stands at
  /// right angles to all that have one.
  func points(_ matrices: [Matrix]) -> [Matrix] {
    guard self == .cosine, let first = matrices.first else { return matrices }
    var units = matrices.map(unitNormalised)
    let isLost = units.map { units in
      results(count: units.rows, grain: 64) { row in
        !(dot(units.row(row), units.row(row), count: units.columns) > 0.5)
      }
    }
    let anyIsLost = isLost.contains { $0.contains(true) }
    for (index, isLost) in isLost.enumerated() where isLost.contains(true) {
      let found = MatrixBuilder(copying: units[index])
      for row in isLost.indices where isLost[row] {
        found.row(row).update(repeating: 0, count: found.columns)
      }
      units[index] = found.frozen()
    }
    let mean = columnMeans(units[0])
    let width = first.columns
    return zip(units, isLost).map { units, isLost in
      let rest = centred(units, about: mean)
      guard anyIsLost else { return rest }
      return Matrix(rows: rest.rows, columns: width + 1) { row, column in
        column < width ? rest[row, column] : isLost[row] ? 1 : 0
      }
    }
  }

  /// A cosine or a Euclidean distance, from a squared distance between two ``points(_:)``.
  package func value(squaredDistance: Float) -> Float {
    switch self {
    case .cosine: 1 - squaredDistance / 2
    case .euclidean: squaredDistance.squareRoot()
    }
  }
}
