/// How often rows of one concept were taken for another when held out.
package struct ConfusionMatrix: Equatable, Sendable {
  package let concepts: Int
  /// `counts[actual][taken for]`
  package private(set) var counts: [[Int]]

  /// Counts the rows that were judged.
  package init(labels: [Int], predicted: [Int?], concepts: Int) {
    self.concepts = concepts
    counts = [[Int]](repeating: [Int](repeating: 0, count: concepts), count: concepts)
    for (label, predicted) in zip(labels, predicted) {
      if let predicted { counts[label][predicted] += 1 }
    }
  }

  /// The share of the judged rows of two concepts that were taken for the other one; nil without
  /// rows.
  package func mixing(_ a: Int, _ b: Int) -> Double? {
    let rows = counts[a].reduce(0, +) + counts[b].reduce(0, +)
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
  package static func all(_ base: ConfusionMatrix, _ tuned: ConfusionMatrix) -> [MixingChange] {
    var changes: [MixingChange] = []
    for second in 0..<base.concepts {
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
