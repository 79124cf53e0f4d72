import Foundation
import LinearAlgebra

extension TSNE {
  /// Up to this many points comparing all pairs is fastest; measured with `tsne-gradients` in
  /// Benchmarks.
  static let exactLimit = 2000

  static func gradient(rows: Int, bounds: LayoutBounds) -> Gradient {
    if rows <= exactLimit { return .exact }
    let extent = max(bounds.highestX - bounds.lowestX, bounds.highestY - bounds.lowestY)
    return InterpolatedRepulsion.side(for: extent) == nil ? .barnesHut : .interpolation
  }

  static func makeRepulsion(_ gradient: Gradient, rows: Int) -> any Repulsion {
    switch gradient {
    case .exact: ExactRepulsion(count: rows)
    case .interpolation: InterpolatedRepulsion()
    case .barnesHut: ExactRepulsion(count: rows)
    }
  }
}

extension Affinities {
  /// KL(P || Q) from the pieces' sums of p ln(1 + |y_i - y_j|²) and Z.
  func divergence(logarithms: Buffer<Double>, normalisation: Double) -> Double {
    guard values.count > 0 else { return 0 }
    var sum = negativeEntropy + log(normalisation)
    for piece in 0..<logarithms.count { sum += logarithms.elements[piece] }
    return sum
  }
}
