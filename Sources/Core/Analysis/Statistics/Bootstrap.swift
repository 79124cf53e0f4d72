import LinearAlgebra

/// Percentile bootstrap (Efron 1979): the rows are drawn anew, with replacement, many times over.
///
/// Rows of one group (the answers to one prompt, say) are drawn together, because they are not
/// independent. A statistic sees a resample as how often each row was drawn, so that sorting and
/// predicting are done once, not for every resample.
///
///     let right = [true, true, false, true]
///     Bootstrap(groups: [0, 0, 1, 2]).estimate { weights in
///       share(right, weights)
///     }
package struct Bootstrap: Sendable {
  /// The group of each row, from 0.
  package let groups: [Int]
  package let groupCount: Int
  package var resamples: Int
  package var level: Double
  package var seed: UInt64

  /// Precondition: groups of at least 0, resamples above 0, a level between 0 and 1.
  package init(
    groups: [Int], resamples: Int = 1000, level: Double = 0.95, seed: UInt64 = 0
  ) {
    precondition(resamples > 0 && level > 0 && level < 1 && groups.allSatisfy { $0 >= 0 })
    self.groups = groups
    groupCount = (groups.max() ?? -1) + 1
    self.resamples = resamples
    self.level = level
    self.seed = seed
  }

  /// Rows of the same number together, whatever the numbers.
  package init(numbers: [Int], resamples: Int = 1000, level: Double = 0.95, seed: UInt64 = 0) {
    self.init(
      keys: numbers.map(String.init), resamples: resamples, level: level, seed: seed)
  }

  /// Rows of the same key together; keys are compared byte by byte.
  package init(keys: [String], resamples: Int = 1000, level: Double = 0.95, seed: UInt64 = 0) {
    self.init(groups: numbered(keys), resamples: resamples, level: level, seed: seed)
  }

  /// The statistic of the rows as they are, with its interval over the resamples; nil where it has
  /// no value on them. Resamples on which it has none (no row of a concept) are left out.
  ///
  /// - statistic: given how often each row counts; pure, and called from one thread.
  package func estimate(_ statistic: (_ weights: [Int]) -> Double?) -> Estimate? {
    var weights = [Int](repeating: 1, count: groups.count)
    guard let value = statistic(weights) else { return nil }
    var random = SeededGenerator(seed: seed)
    var draws = [Int](repeating: 0, count: groupCount)
    var values: [Double] = []
    values.reserveCapacity(resamples)
    for _ in 0..<resamples {
      for group in draws.indices { draws[group] = 0 }
      for _ in 0..<groupCount { draws[Int.random(in: 0..<groupCount, using: &random)] += 1 }
      for (row, group) in groups.enumerated() { weights[row] = draws[group] }
      if let value = statistic(weights) { values.append(value) }
    }
    values.sort()
    let tail = (1 - level) / 2
    return Estimate(
      value: value, low: quantile(tail, ofSorted: values) ?? value,
      high: quantile(1 - tail, ofSorted: values) ?? value)
  }
}

/// The weighted share of rows that are true; nil where nothing weighs.
package func share(_ rows: [Bool], _ weights: [Int]) -> Double? {
  var right = 0
  var all = 0
  for (row, weight) in zip(rows, weights) {
    all &+= weight
    if row { right &+= weight }
  }
  return all > 0 ? Double(right) / Double(all) : nil
}
