/// What a figure comes to when the labels it learns from say nothing: the control that shows how
/// much of it chance and the method's freedom would give anyway.
package struct PermutedLabels: Equatable, Sendable, Codable {
  package let mean: Double
  /// The 2.5 % and 97.5 % quantiles.
  package let low: Double
  package let high: Double
  /// The share of permutations that did at least as well, the true labels counted as one of them
  /// (Phipson and Smyth 2010): never 0.
  package let p: Double
  package let permutations: Int

  /// Runs the figure on shuffled labels; nil where it has no value on any.
  ///
  /// - prompts: rows with the same number are of one prompt, whose labels change places as one
  ///   list (``permutedLabelings(_:groups:prompts:count:seed:)``); nil where every row is.
  /// - figure: the true labels' value, larger being better.
  /// - statistic: computes it anew from labels in another order.
  package init?(
    labels: [Int], prompts: [Int]? = nil, figure: Double, permutations: Int = 100,
    seed: UInt64 = 0,
    _ statistic: (_ shuffled: [Int]) throws -> Double?
  ) rethrows {
    let labelings = permutedLabelings(labels, prompts: prompts, count: permutations, seed: seed)
    let values = try labelings.compactMap(statistic).sorted()
    guard let low = quantile(0.025, ofSorted: values), let high = quantile(0.975, ofSorted: values)
    else { return nil }
    mean = values.reduce(0, +) / Double(values.count)
    self.low = low
    self.high = high
    // Sums in another order may differ in the last bit.
    let reached = values.count { $0 >= figure - 1e-12 }
    p = Double(reached + 1) / Double(values.count + 1)
    self.permutations = values.count
  }
}
