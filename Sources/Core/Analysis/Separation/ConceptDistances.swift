import LinearAlgebra

/// Distances between concepts in the states' own scale, each the mean over pairs of concepts; nil
/// without a pair. They grow with the states' norm alone.
package struct ConceptDistances: Equatable {
  /// Between the means: the sum of absolute differences.
  package var l1: Double?
  /// Between the means: the Euclidean distance.
  package var l2: Double?
  /// The Hausdorff distance with the Euclidean one: how far the row that is furthest from the
  /// other concept is from its nearest row there.
  package var hausdorff: Double?

  /// Measures many labelings at once, from states that were centred.
  ///
  /// O(rows² x width) for the distances, which all labelings share.
  package static func measure(
    _ states: Matrix, labelings: [[Int]], concepts: Int, checkpoint: () throws -> Void = {}
  ) rethrows -> [ConceptDistances] {
    let sums = sumsByLabel(states, labelings: labelings, concepts: concepts)
    let furthest = try directedHausdorff(
      states, labelings: labelings, concepts: concepts, checkpoint: checkpoint)
    return labelings.enumerated().map { index, labels in
      let counts = rowsByConcept(labels, concepts: concepts).map(\.count)
      let present = counts.indices.filter { counts[$0] > 0 }
      var totals = (l1: 0.0, l2: 0.0, hausdorff: 0.0)
      for (number, a) in present.enumerated() {
        for b in present[..<number] {
          let (first, second) = (sums.row(index * concepts + a), sums.row(index * concepts + b))
          var (absolute, square) = (0.0, 0.0)
          for column in 0..<states.columns {
            let difference =
              Double(first[column]) / Double(counts[a]) - Double(second[column]) / Double(counts[b])
            absolute += abs(difference)
            square += difference * difference
          }
          totals.l1 += absolute
          totals.l2 += square.squareRoot()
          let start = index * concepts * concepts
          totals.hausdorff += Double(
            max(furthest[start + a * concepts + b], furthest[start + b * concepts + a])
          ).squareRoot()
        }
      }
      let pairs = Double(present.count * (present.count - 1) / 2)
      guard pairs > 0 else { return ConceptDistances() }
      return ConceptDistances(
        l1: totals.l1 / pairs, l2: totals.l2 / pairs, hausdorff: totals.hausdorff / pairs)
    }
  }

  /// For each labeling, (from, to): the largest squared distance of a row of one concept to its
  /// nearest row of another.
  private static func directedHausdorff(
    _ states: Matrix, labelings: [[Int]], concepts: Int, checkpoint: () throws -> Void
  ) rethrows -> [Float] {
    let rows = states.rows
    let size = labelings.count * concepts * concepts
    let squares = results(count: rows, grain: 64) {
      Float(dot(states.row($0), states.row($0), count: states.columns))
    }
    let labels = labelings.map { $0.map { Int32($0) } }
    let tile = 32
    let tiles = (rows + tile - 1) / tile
    var furthest = [Float](repeating: 0, count: size)
    var start = 0
    while start < tiles {
      try checkpoint()
      let part = start..<min(tiles, start + 16)
      let found = results(count: part.count) { place in
        let first = (part.lowerBound + place) * tile
        return tileHausdorff(
          states, squares, first..<min(rows, first + tile), labels, concepts: concepts)
      }
      for tileFound in found {
        for index in 0..<size { furthest[index] = max(furthest[index], tileFound[index]) }
      }
      start = part.upperBound
    }
    return furthest
  }

  private static func tileHausdorff(
    _ states: Matrix, _ squares: [Float], _ range: Range<Int>, _ labelings: [[Int32]],
    concepts: Int
  ) -> [Float] {
    let rows = states.rows
    let distances = MatrixBuilder(unfilled: range.count, columns: rows)
    BLAS.sgemm(
      transposeB: true, m: range.count, n: rows, k: states.columns, alpha: -2,
      states.row(range.lowerBound), stride: states.columns, states.elements,
      stride: states.columns, into: distances.elements, stride: rows)
    var furthest = [Float](repeating: 0, count: labelings.count * concepts * concepts)
    var nearest = [Float](repeating: 0, count: concepts)
    var keys: [UInt64] = []
    for row in range {
      let values = distances.row(row - range.lowerBound)
      for other in 0..<rows {
        values[other] = max(0, values[other] + squares[other] + squares[row])
      }
      if labelings.count > 4 {
        // Sorted once for all labelings: the first row of every concept is soon found. The bits of
        // positive floats are in the order of their values.
        keys = (0..<rows).map { UInt64(values[$0].bitPattern) << 32 | UInt64($0) }
        keys.sort()
      }
      for (index, labels) in labelings.enumerated() {
        for concept in 0..<concepts { nearest[concept] = .infinity }
        if keys.isEmpty {
          for other in 0..<rows {
            let concept = Int(labels[other])
            nearest[concept] = min(nearest[concept], values[other])
          }
        } else {
          var missing = concepts
          for key in keys {
            let other = Int(key & 0xFFFF_FFFF)
            let concept = Int(labels[other])
            guard nearest[concept] == .infinity else { continue }
            nearest[concept] = values[other]
            missing -= 1
            if missing == 0 { break }
          }
        }
        let own = (index &* concepts &+ Int(labels[row])) &* concepts
        for concept in 0..<concepts where nearest[concept] < .infinity {
          furthest[own &+ concept] = max(furthest[own &+ concept], nearest[concept])
        }
      }
    }
    return furthest
  }
}
