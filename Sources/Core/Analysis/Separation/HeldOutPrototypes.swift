import LinearAlgebra

/// How a nearest-prototype classifier by cosine judges held-out rows, for one labeling.
package struct HeldOutPrototypes: Equatable, Sendable {
  /// Each row's nearest concept when it was held out; nil for rows that no fold tests.
  package var nearest: [Int?]
  /// Each row's cosine to its own concept's prototype less the largest other one, when it was held
  /// out; nil for rows that no fold tests, and where one of the two is missing.
  package var cosineMargins: [Double?]
  /// The two that a margin is the difference of, and whose prototype the other one is.
  package var ownCosines: [Double?]
  package var rivals: [Int?]
  /// For each judged row, in the order of the folds: the cosine to its own concept's prototype
  /// less the largest other one, over the classifier's Lipschitz constant (the largest distance
  /// between two prototypes, Chuang et al. 2021). Rows whose concept has no prototype have none.
  package var margins: [Double]
  /// The same for training rows, against the prototypes that they are part of.
  package var trainMargins: [Double]

  /// The share of judged rows that are right; nil without one.
  package func accuracy(_ labels: [Int]) -> Double? {
    var right = 0
    var judged = 0
    for (row, nearest) in nearest.enumerated() {
      guard let nearest else { continue }
      judged += 1
      if nearest == labels[row] { right += 1 }
    }
    return judged > 0 ? Double(right) / Double(judged) : nil
  }

  /// Judges the rows of finite states, (rows, width), of labels below `concepts`.
  /// O(rows x width x concepts) for each fold.
  ///
  /// - Parameter checkpoint: called for every fold; throws to cancel.
  package static func measure(
    _ states: Matrix, labels: [Int], concepts: Int, folds: Folds,
    checkpoint: () throws -> Void
  ) rethrows -> HeldOutPrototypes {
    try measure(
      CentredUnits(states), labelings: [labels], concepts: concepts, folds: folds,
      checkpoint: checkpoint)[0]
  }

  /// Judges many labelings at once.
  ///
  /// - Parameter trainMargins: whether to look at training rows, too.
  package static func measure(
    _ units: CentredUnits, labelings: [[Int]], concepts: Int, folds: Folds,
    trainMargins: Bool = false, checkpoint: () throws -> Void = {}
  ) rethrows -> [HeldOutPrototypes] {
    let rows = units.rest.rows
    var found = [HeldOutPrototypes](
      repeating: HeldOutPrototypes(
        nearest: [Int?](repeating: nil, count: rows),
        cosineMargins: [Double?](repeating: nil, count: rows),
        ownCosines: [Double?](repeating: nil, count: rows),
        rivals: [Int?](repeating: nil, count: rows), margins: [], trainMargins: []),
      count: labelings.count)
    for fold in folds.folds {
      try checkpoint()
      let sums = ConceptSums(units, labelings: labelings, concepts: concepts, rows: fold.train)
      let lipschitz = results(count: labelings.count) { index in
        largestDistance(sums, index * concepts..<(index + 1) * concepts)
      }
      func judge(_ rows: [Int], _ keep: (_ index: Int, _ row: Int, Verdict) -> Void) {
        let products = sums.products(of: rows)
        let verdicts = results(count: labelings.count) { index in
          rows.enumerated().map { place, row in
            verdict(
              sums, row: row, own: labelings[index][row], first: index * concepts,
              products.row(place))
          }
        }
        for (index, verdicts) in verdicts.enumerated() {
          for (row, verdict) in zip(rows, verdicts) { keep(index, row, verdict) }
        }
      }
      judge(fold.test) { index, row, verdict in
        found[index].nearest[row] = verdict.nearest
        found[index].cosineMargins[row] = verdict.margin
        found[index].ownCosines[row] = verdict.own
        found[index].rivals[row] = verdict.rival
        if let margin = verdict.margin, lipschitz[index] > 0 {
          found[index].margins.append(margin / lipschitz[index])
        }
      }
      guard trainMargins else { continue }
      judge(fold.train) { index, _, verdict in
        if let margin = verdict.margin, lipschitz[index] > 0 {
          found[index].trainMargins.append(margin / lipschitz[index])
        }
      }
    }
    return found
  }

  private struct Verdict {
    var nearest: Int?
    var margin: Double?
    var own: Double?
    var rival: Int?
  }

  private static func verdict(
    _ sums: ConceptSums, row: Int, own: Int, first: Int, _ products: UnsafePointer<Float>
  ) -> Verdict {
    var best = -Double.infinity
    var nearest: Int?
    var ownScore: Double?
    var other = -Double.infinity
    var rival: Int?
    for concept in 0..<sums.concepts {
      let place = first &+ concept
      guard sums.counts[place] > 0 else { continue }
      let score = sums.cosine(row: row, place: place, rest: products[place])
      if score > best {
        best = score
        nearest = concept
      }
      if concept == own {
        ownScore = score
      } else if score > other {
        other = score
        rival = concept
      }
    }
    guard let ownScore, other > -.infinity else { return Verdict(nearest: nearest) }
    return Verdict(nearest: nearest, margin: ownScore - other, own: ownScore, rival: rival)
  }

  /// The largest distance between two of the prototypes, which are unit vectors.
  private static func largestDistance(_ sums: ConceptSums, _ places: Range<Int>) -> Double {
    var largest = 0.0
    for a in places where sums.counts[a] > 0 {
      for b in places.lowerBound..<a where sums.counts[b] > 0 {
        largest = max(largest, sums.distance(a, b))
      }
    }
    return largest
  }
}
