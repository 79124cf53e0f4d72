import Foundation
import LinearAlgebra

/// How a monitor that was taught on one model's states may be fitted to another's without a label: by
/// what unlabelled rows of both look like.
package enum MonitorRepair: String, CaseIterable, Sendable, Codable {
  /// The monitor as it is.
  case frozen
  /// The mean of the other model's unit states is taken off in place of the monitor's own.
  case recentred
  /// And their covariance is made that of the monitor's own states (CORAL, Sun et al. 2016).
  case whitened
  /// And, in place of that, they are turned onto the same rows' states in the run (orthogonal
  /// Procrustes, Schönemann 1966).
  case procrustes
}

/// A repair learned at one layer: unit states in, centred states as the monitor's directions are to see
/// them out.
package struct StateRepair {
  /// What covariances are mixed with, as a share of the mean variance: states fill few of their
  /// dimensions, and what is left of the others is noise.
  package static let shrinkage: Float = 0.1

  private let mean: [Double]
  /// (width, width); nil: states stay as they lie.
  private let map: Matrix?

  /// Nil where the repair has nothing to learn from.
  ///
  /// - Parameters:
  ///   - mean: the monitor's own.
  ///   - unlabelled: unit states of the model that is judged, (rows, width).
  ///   - own: unit states of the monitor's run, (rows, width).
  ///   - pairs: rows of both that are the same text.
  ///
  /// O(width³) but for the first two.
  package init?(
    _ repair: MonitorRepair, mean: [Double], unlabelled: Matrix, own: Matrix,
    pairs: [(own: Int, unlabelled: Int)]
  ) throws {
    self.mean = repair == .frozen ? mean : columnMeans(unlabelled)
    switch repair {
    case .frozen, .recentred: map = nil
    case .whitened:
      map = multiply(
        try Self.root(of: centred(unlabelled), power: -0.5),
        try Self.root(of: centred(own), power: 0.5))
    case .procrustes:
      guard !pairs.isEmpty else { return nil }
      map = try Self.turn(
        centred(unlabelled.selecting(rows: pairs.map(\.unlabelled))),
        onto: centred(own.selecting(rows: pairs.map(\.own))))
    }
  }

  /// The unit states, centred and repaired: (rows, width).
  package func apply(to units: Matrix) -> Matrix {
    let states = centred(units, about: mean)
    return map.map { multiply(states, $0) } ?? states
  }

  /// The covariance of centred rows, shrunk, to a power: (width, width).
  private static func root(of rows: Matrix, power: Float) throws -> Matrix {
    let width = rows.columns
    let eigen = try SymmetricEigen(multiply(rows, transposeA: true, rows))
    let mean = eigen.values.reduce(0, +) / Float(max(1, width))
    let factors = eigen.values.map { value -> Float in
      guard mean > 0 else { return 1 }
      let shrunk = (1 - shrinkage) * max(0, value) + shrinkage * mean
      return pow(shrunk / Float(max(1, rows.rows)), power)
    }
    let scaled = Matrix(rows: width, columns: width) { factors[$0] * eigen.vectors.row($0)[$1] }
    return multiply(eigen.vectors, transposeA: true, scaled)
  }

  /// The orthogonal matrix that brings rows nearest to others, row by row: (width, width). What the
  /// rows do not determine stays as it lies: an identity too small to show is added.
  private static func turn(_ rows: Matrix, onto others: Matrix) throws -> Matrix {
    let width = rows.columns
    var cross = multiply(rows, transposeA: true, others).values.map { Double($0) }
    let size = cross.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for index in 0..<width {
      cross[index * (width + 1)] += max(1e-5 * size / Double(width).squareRoot(), 1e-30)
    }
    let singular = try SingularValues(cross, rows: width, columns: width)
    let left = Matrix(rows: width, columns: width, values: singular.left.map { Float($0) })
    let right = Matrix(rows: width, columns: width, values: singular.right.map { Float($0) })
    return multiply(left, transposeA: true, right)
  }
}
