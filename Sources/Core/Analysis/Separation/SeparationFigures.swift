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

  package mutating func setNull(_ values: [Double]) {
    guard let band = Self.band(values) else { return }
    nullMean = values.reduce(0, +) / Double(values.count)
    (nullLow, nullHigh) = band
  }

  package mutating func setInterval(_ values: [Double]) {
    guard let band = Self.band(values) else { return }
    (low, high) = band
  }

  /// The 2.5 % and 97.5 % quantiles; nil of nothing and of values that are not finite.
  private static func band(_ values: [Double]) -> (low: Double, high: Double)? {
    guard values.allSatisfy(\.isFinite) else { return nil }
    let sorted = values.sorted()
    guard let low = quantile(0.025, ofSorted: sorted), let high = quantile(0.975, ofSorted: sorted)
    else { return nil }
    return (low, high)
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
