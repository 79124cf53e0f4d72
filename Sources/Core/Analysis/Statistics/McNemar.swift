import Foundation

/// McNemar's test (1947) of whether two paired judgements differ in how often they are true.
///
///     let test = McNemar(first: baseRefused, second: tunedRefused)
///     test.exactP
package struct McNemar: Equatable, Sendable, Codable {
  /// Pairs in which only the first, and only the second, is true.
  package let onlyFirst: Int
  package let onlySecond: Int
  /// The two-sided p of the exact binomial test; 1 where no pair differs.
  package let exactP: Double
  /// The statistic with Edwards' continuity correction, and its p by chi-squared of one degree.
  package let chiSquared: Double
  package let chiSquaredP: Double

  package init(onlyFirst: Int, onlySecond: Int) {
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
    let n = onlyFirst + onlySecond
    let least = min(onlyFirst, onlySecond)
    var tail = 0.0
    for k in 0...least {
      // The binomial coefficient times 2^-n, in logarithms.
      tail += exp(
        lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))
          - Double(n) * log(2))
    }
    exactP = min(1, 2 * tail)
    let difference = max(0, Double(abs(onlyFirst - onlySecond)) - 1)
    chiSquared = n > 0 ? difference * difference / Double(n) : 0
    chiSquaredP = erfc((chiSquared / 2).squareRoot())
  }

  /// Precondition: as many of the one as of the other.
  package init(first: [Bool], second: [Bool]) {
    precondition(first.count == second.count)
    self.init(
      onlyFirst: zip(first, second).count { $0 && !$1 },
      onlySecond: zip(first, second).count { !$0 && $1 })
  }
}
