import Foundation

/// How near two points of a UMAP map count as neighbours: 1 / (1 + a d^2b), fitted to 1 up to the
/// least distance and an exponential decline beyond it.
///
/// McInnes, Healy and Melville 2018, section 4.2, fitted as umap-learn does: least squares at 300
/// distances up to three times the spread.
package struct MapCurve: Equatable, Sendable {
  package let a: Double
  package let b: Double

  /// - Parameters:
  ///   - minDistance: up to which points are as near as can be.
  ///   - spread: the scale of the decline.
  package init(minDistance: Double, spread: Double = 1) {
    let distances = (0..<300).map { Double($0) / 299 * 3 * spread }
    let wanted = distances.map { $0 < minDistance ? 1 : exp(-($0 - minDistance) / spread) }
    func error(_ a: Double, _ b: Double) -> Double {
      zip(distances, wanted).reduce(0) { sum, point in
        let difference = 1 / (1 + a * pow(point.0, 2 * b)) - point.1
        return sum + difference * difference
      }
    }
    // Levenberg and Marquardt's method in two unknowns.
    var (a, b, damping) = (1.0, 1.0, 1e-3)
    var best = error(a, b)
    for _ in 0..<200 {
      var (aa, ab, bb, ga, gb) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for (distance, target) in zip(distances, wanted) where distance > 0 {
        let power = pow(distance, 2 * b)
        let value = 1 / (1 + a * power)
        let slopeA = -power * value * value
        let slopeB = -2 * a * power * log(distance) * value * value
        aa += slopeA * slopeA
        ab += slopeA * slopeB
        bb += slopeB * slopeB
        ga += slopeA * (value - target)
        gb += slopeB * (value - target)
      }
      let (da, db) = (aa * (1 + damping), bb * (1 + damping))
      let determinant = da * db - ab * ab
      guard determinant > 0 else { break }
      let (stepA, stepB) = ((db * ga - ab * gb) / determinant, (da * gb - ab * ga) / determinant)
      let next = error(a - stepA, b - stepB)
      if next < best, a - stepA > 0, b - stepB > 0 {
        (a, b, best, damping) = (a - stepA, b - stepB, next, damping / 10)
        if abs(stepA) < 1e-12, abs(stepB) < 1e-12 { break }
      } else {
        damping *= 10
        if damping > 1e12 { break }
      }
    }
    self.a = a
    self.b = b
  }
}
