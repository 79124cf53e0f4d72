import CKernels
import LinearAlgebra

/// Distances of the rows of two concepts in the states' own scale, each the mean over all pairs of
/// rows, averaged over pairs of concepts; nil without a pair. This is how the evaluator of SEER's lab
/// takes L1 and L2; ``ConceptDistances`` takes those of the means.
package struct PairwiseDistances: Equatable {
  package var l1: Double?
  package var l2: Double?

  /// Measures many labelings at once, from states that were centred.
  ///
  /// O(rows² x (width + labelings)); what labels have no part in is computed once.
  package static func measure(
    _ states: Matrix, labelings: [[Int]], concepts: Int, checkpoint: () throws -> Void = {}
  ) rethrows -> [PairwiseDistances] {
    let rows = states.rows
    // (labeling, concept, concept), both ways round.
    let size = labelings.count * concepts * concepts
    var sums = (l1: [Double](repeating: 0, count: size), l2: [Double](repeating: 0, count: size))
    let tile = 32
    let tiles = (rows + tile - 1) / tile
    for start in stride(from: 0, to: tiles, by: 16) {
      try checkpoint()
      let part = start..<min(tiles, start + 16)
      let found = results(count: part.count) { place in
        let first = (part.lowerBound + place) * tile
        return tileSums(
          states, first..<min(rows, first + tile), labelings, concepts: concepts)
      }
      // In their order, whoever was done first.
      for tileFound in found {
        for index in 0..<size {
          sums.l1[index] += tileFound.l1[index]
          sums.l2[index] += tileFound.l2[index]
        }
      }
    }
    return labelings.enumerated().map { index, labels in
      let counts = rowsByConcept(labels, concepts: concepts).map(\.count)
      let present = counts.indices.filter { counts[$0] > 0 }
      var totals = (l1: 0.0, l2: 0.0)
      for (number, a) in present.enumerated() {
        for b in present[..<number] {
          let start = index * concepts * concepts
          let (one, other) = (start + a * concepts + b, start + b * concepts + a)
          let pairs = Double(counts[a]) * Double(counts[b])
          totals.l1 += (sums.l1[one] + sums.l1[other]) / pairs
          totals.l2 += (sums.l2[one] + sums.l2[other]) / pairs
        }
      }
      let pairs = Double(present.count * (present.count - 1) / 2)
      guard pairs > 0 else { return PairwiseDistances() }
      return PairwiseDistances(l1: totals.l1 / pairs, l2: totals.l2 / pairs)
    }
  }

  /// The sums over pairs of a row of the range and a later row, by their concepts.
  private static func tileSums(
    _ states: Matrix, _ range: Range<Int>, _ labelings: [[Int]], concepts: Int
  ) -> (l1: [Double], l2: [Double]) {
    let rows = states.rows
    let size = labelings.count * concepts * concepts
    var sums = (l1: [Double](repeating: 0, count: size), l2: [Double](repeating: 0, count: size))
    var absolute = [Float](repeating: 0, count: rows)
    var euclidean = [Float](repeating: 0, count: rows)
    for row in range {
      for other in row + 1..<max(rows, row + 1) {
        sk_distances(
          states.row(row), states.row(other), states.columns, &absolute[other], &euclidean[other])
      }
      for (index, labels) in labelings.enumerated() {
        let own = (index * concepts + labels[row]) * concepts
        for other in row + 1..<max(rows, row + 1) {
          let cell = own + labels[other]
          sums.l1[cell] += Double(absolute[other])
          sums.l2[cell] += Double(euclidean[other])
        }
      }
    }
    return sums
  }
}
