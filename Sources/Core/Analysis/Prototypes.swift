import LinearAlgebra

/// Each concept's mean of unit-normalised states (not centred), for one labeling: what
/// ``HeldOutPrototypes`` judges many labelings by, asked for its directions and cosines.
///
///     let prototypes = Prototypes(CentredUnits(states), labels: labels, concepts: 6)
///     prototypes.cosines(of: [0])[0]   // the first row's cosine with each of them
package struct Prototypes: Sendable {
  private let sums: ConceptSums

  package var concepts: Int { sums.concepts }
  /// The number of rows each is the mean of.
  package var counts: [Int] { sums.counts }

  /// Averages the given rows (all where nil) by their labels.
  ///
  /// Precondition: a label for each of those rows, each at least 0 and below `concepts`.
  package init(_ units: CentredUnits, labels: [Int], concepts: Int, rows: [Int]? = nil) {
    precondition(labels.allSatisfy { 0..<concepts ~= $0 })
    sums = ConceptSums(units, labelings: [labels], concepts: concepts, rows: rows)
  }

  /// A prototype as a unit vector; zeros for a concept without rows.
  package func direction(_ concept: Int) -> [Double] { sums.direction(concept) }

  /// For some of the units' rows the cosine with every prototype; minus infinity where a concept
  /// has no rows. O(rows x width x concepts).
  package func cosines(of rows: [Int]) -> [[Double]] {
    let (concepts, counts) = (concepts, counts)
    let products = sums.products(of: rows)
    return results(count: rows.count, grain: 64) { place in
      (0..<concepts).map { concept in
        counts[concept] > 0
          ? sums.cosine(row: rows[place], place: concept, rest: products.row(place)[concept])
          : -.infinity
      }
    }
  }

  /// The largest distance from a concept's prototype to another one, both of length 1; 0 without
  /// another.
  package func largestDistance(from concept: Int) -> Double {
    guard counts[concept] > 0 else { return 0 }
    return (0..<concepts).filter { $0 != concept && counts[$0] > 0 }
      .map { sums.distance(concept, $0) }.max() ?? 0
  }

  /// For each row the cosine to its own concept's prototype of all rows: how typical it is; nil in a
  /// concept of one row, which is its own prototype.
  package static func ownCosines(_ sample: LayerSample) -> [Double?] {
    let prototypes = Prototypes(
      CentredUnits(sample.states), labels: sample.labels, concepts: sample.concepts)
    return zip(sample.labels, prototypes.cosines(of: Array(sample.labels.indices))).map {
      prototypes.counts[$0] > 1 ? $1[$0] : nil
    }
  }
}
