import Foundation
import LinearAlgebra

extension TSNE {
  /// Up to this many points comparing all pairs is fastest: on two cores with AVX-512, 750 steps
  /// for 4,000 points take 1.8 processor seconds exactly and 2.0 on a grid; the quadtree takes 2.7
  /// times the grid's at 10,000. See `ProjectionBenchmark tsne MATRIX gradient=...`.
  static let exactLimit = 4000

  package static func gradient(_ wanted: Gradient?, rows: Int, bounds: LayoutBounds) -> Gradient {
    let choice = wanted ?? (rows <= exactLimit ? .exact : .interpolation)
    let extent = max(bounds.highestX - bounds.lowestX, bounds.highestY - bounds.lowestY)
    guard choice == .interpolation, InterpolatedRepulsion.side(for: extent) == nil else {
      return choice
    }
    return .barnesHut
  }

  static func makeRepulsion(_ gradient: Gradient, rows: Int) -> any Repulsion {
    switch gradient {
    case .exact: ExactRepulsion(count: rows)
    case .interpolation: InterpolatedRepulsion()
    case .barnesHut: BarnesHutRepulsion(count: rows)
    }
  }
}

extension Affinities {
  /// KL(P || Q) from the pieces' sums of p ln(1 + |y_i - y_j|²) and Z.
  package func divergence(logarithms: Buffer<Double>, normalisation: Double) -> Double {
    guard rows > 1 else { return 0 }
    var sum = negativeEntropy + log(normalisation)
    for piece in 0..<logarithms.count { sum += logarithms.elements[piece] }
    return sum
  }
}
