/// A figure with its interval.
///
///     Estimate(value: 0.81, low: 0.77, high: 0.84)
package struct Estimate: Equatable, Sendable, Codable {
  package var value: Double
  package var low: Double
  package var high: Double

  package init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }
}

/// The value below which a share of the sorted values lies, linear between neighbours (type 7 of
/// Hyndman and Fan 1996, numpy's default). Nil without values.
package func quantile<Value: BinaryFloatingPoint>(
  _ share: Double, ofSorted values: [Value]
) -> Value? {
  guard let last = values.indices.last else { return nil }
  let place = min(1, max(0, share)) * Double(last)
  let below = Int(place)
  let above = min(last, below + 1)
  return values[below] + Value(place - Double(below)) * (values[above] - values[below])
}

/// The median; nil of nothing.
package func median(_ values: [Double]) -> Double? { quantile(0.5, ofSorted: values.sorted()) }

/// The share of successes with Wilson's score interval (Wilson 1927), which stays sensible at 0
/// and 1. Nil without trials.
///
/// - z: the normal quantile of the level; 1.96 for 95 %.
package func proportion(
  _ successes: Int, of trials: Int, z: Double = 1.959_963_984_540_054
) -> Estimate? {
  guard trials > 0 else { return nil }
  let n = Double(trials)
  let share = Double(successes) / n
  let denominator = 1 + z * z / n
  let centre = (share + z * z / (2 * n)) / denominator
  let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / denominator
  // At the ends the interval's own end is the share; rounding must not move it inside.
  return Estimate(
    value: share, low: successes == 0 ? 0 : max(0, centre - half),
    high: successes == trials ? 1 : min(1, centre + half))
}
