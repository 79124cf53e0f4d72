import Foundation

/// A figure, what it would be if the labels meant nothing, and how sure it is.
package struct SeparationFigure: Equatable, Sendable {
  /// Nil where there is nothing to measure.
  package var value: Double?
  /// The mean over permuted labels; nil until it was measured.
  package var nullMean: Double?
  /// The 2.5 % and 97.5 % quantiles over permuted labels.
  package var nullLow: Double?
  package var nullHigh: Double?
  /// The 2.5 % and 97.5 % quantiles over bootstrapped test rows or further seeded samples, for
  /// figures that depend on such.
  package var low: Double?
  package var high: Double?

  package init(value: Double? = nil) { self.value = value.flatMap { $0.isFinite ? $0 : nil } }

  /// Whether the value lies outside of the null's band; nil where either is unknown.
  package var isOutsideNull: Bool? {
    guard let value, let nullLow, let nullHigh else { return nil }
    return value < nullLow || value > nullHigh
  }

  mutating func setNull(_ values: [Double]) {
    guard let band = Quantiles(values) else { return }
    nullMean = values.reduce(0, +) / Double(values.count)
    (nullLow, nullHigh) = (band.low, band.high)
  }

  mutating func setInterval(_ values: [Double]) {
    guard let band = Quantiles(values) else { return }
    (low, high) = (band.low, band.high)
  }
}

/// Everything that is measured of one layer of one run.
package struct SeparationFigures: Equatable, Sendable {
  private var figures: [SeparationMetric: SeparationFigure] = [:]

  package init() {}

  package subscript(metric: SeparationMetric) -> SeparationFigure {
    get { figures[metric] ?? SeparationFigure() }
    set { figures[metric] = newValue }
  }
}

/// The 2.5 % and 97.5 % quantiles of the share that is right when the rows are drawn again with
/// replacement: a bootstrap of yes and no is binomial, so nothing has to be drawn.
package func bootstrapInterval(right: Int, of count: Int) -> (low: Double, high: Double) {
  let share = Double(right) / Double(count)
  guard right > 0, right < count else { return (share, share) }
  var low: Double?
  var cumulative = 0.0
  var logarithm = Double(count) * log(1 - share)
  for place in 0..<count {
    cumulative += exp(logarithm)
    if low == nil, cumulative >= 0.025 { low = Double(place) / Double(count) }
    if cumulative >= 0.975 { return (low ?? 0, Double(place) / Double(count)) }
    logarithm +=
      log(Double(count - place) / Double(place + 1)) + log(share / (1 - share))
  }
  return (low ?? 1, 1)
}

/// The 2.5 % and 97.5 % quantiles, interpolated between neighbours as numpy's default does.
package struct Quantiles {
  package var low: Double
  package var high: Double

  /// Nil for nothing, and for values that are not finite.
  package init?(_ values: [Double]) {
    let sorted = values.sorted()
    guard !sorted.isEmpty, sorted.allSatisfy(\.isFinite) else { return nil }
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    low = quantile(0.025)
    high = quantile(0.975)
  }
}
