extension Confusion {
  /// The share of the judged rows of two concepts that were taken for the other one; nil without
  /// rows.
  package func mixing(_ a: Int, _ b: Int) -> Double? {
    let rows = support(a) + support(b)
    return rows > 0 ? Double(counts[a][b] + counts[b][a]) / Double(rows) : nil
  }
}

/// Two concepts and how much they were mixed up before and after.
package struct MixingChange: Equatable, Sendable {
  package var first: Int
  package var second: Int
  /// Shares of their judged rows.
  package var before: Double
  package var after: Double

  /// All pairs, those that came apart most first, those that merged last.
  package static func all(_ base: Confusion, _ tuned: Confusion) -> [MixingChange] {
    var changes: [MixingChange] = []
    for second in base.counts.indices {
      for first in 0..<second {
        guard let before = base.mixing(first, second), let after = tuned.mixing(first, second)
        else { continue }
        changes.append(
          MixingChange(first: first, second: second, before: before, after: after))
      }
    }
    return changes.enumerated().sorted {
      let (a, b) = ($0.element, $1.element)
      return (a.after - a.before, $0.offset) < (b.after - b.before, $1.offset)
    }.map(\.element)
  }
}
