/// How often rows of each concept were taken for each; a row can also be taken for none of them
/// (`unknown`), which is wrong.
///
///     let confusion = Confusion(actual: [0, 0, 1], predicted: [0, 1, 1], concepts: 2)
///     confusion.counts     // [[1, 1], [0, 1]]
///     confusion.macroF1    // 0.667
package struct Confusion: Equatable, Sendable, Codable {
  /// `counts[actual][predicted]`.
  package private(set) var counts: [[Int]]
  /// Rows of each concept that were taken for none.
  package private(set) var unknown: [Int]

  /// Counts rows, each as often as it weighs (once where no weights are given).
  ///
  /// Precondition: as many predictions as rows, all below `concepts`.
  package init(actual: [Int], predicted: [Int?], concepts: Int, weights: [Int]? = nil) {
    precondition(actual.count == predicted.count)
    counts = Array(repeating: Array(repeating: 0, count: concepts), count: concepts)
    unknown = Array(repeating: 0, count: concepts)
    for (row, concept) in actual.enumerated() {
      let weight = weights?[row] ?? 1
      if let other = predicted[row] {
        counts[concept][other] += weight
      } else {
        unknown[concept] += weight
      }
    }
  }

  /// Counts the rows that were held out at some time; the others were never judged and are left
  /// out.
  ///
  /// - heldOut: the concept each row was taken for; nil where no fold tests it.
  package init(heldOut: [Int?], labels: [Int], concepts: Int) {
    let judged = heldOut.indices.filter { heldOut[$0] != nil }
    self.init(
      actual: judged.map { labels[$0] }, predicted: judged.map { heldOut[$0] }, concepts: concepts)
  }

  package var total: Int { counts.joined().reduce(0, +) + unknown.reduce(0, +) }

  /// The share of rows taken for their own concept; nil without rows.
  package var accuracy: Double? {
    let right = counts.indices.reduce(0) { $0 + counts[$1][$1] }
    return total > 0 ? Double(right) / Double(total) : nil
  }

  /// Rows of a concept.
  package func support(_ concept: Int) -> Int { counts[concept].reduce(0, +) + unknown[concept] }

  /// Of the rows taken for a concept, the share that are its own; nil where there are none.
  package func precision(_ concept: Int) -> Double? {
    let taken = counts.reduce(0) { $0 + $1[concept] }
    return taken > 0 ? Double(counts[concept][concept]) / Double(taken) : nil
  }

  /// Of the rows of a concept, the share taken for it; nil where there are none.
  package func recall(_ concept: Int) -> Double? {
    let support = support(concept)
    return support > 0 ? Double(counts[concept][concept]) / Double(support) : nil
  }

  /// The harmonic mean of precision and recall; nil where the concept has no rows and is never
  /// predicted.
  package func f1(_ concept: Int) -> Double? {
    let both = counts.reduce(0) { $0 + $1[concept] } + support(concept)
    return both > 0 ? 2 * Double(counts[concept][concept]) / Double(both) : nil
  }

  /// The unweighted means over the concepts that have rows or were predicted, where what is undefined
  /// counts as 0, as scikit-learn has it; nil without any.
  package var macroF1: Double? { mean(f1) }
  package var macroPrecision: Double? { mean(precision) }
  package var macroRecall: Double? { mean(recall) }

  private func mean(_ figure: (Int) -> Double?) -> Double? {
    let present = counts.indices.filter { concept in
      support(concept) > 0 || counts.contains { $0[concept] > 0 }
    }
    return present.isEmpty
      ? nil : present.reduce(0) { $0 + (figure($1) ?? 0) } / Double(present.count)
  }
}
