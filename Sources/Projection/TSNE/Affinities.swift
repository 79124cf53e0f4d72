import CKernels
import Foundation
import LinearAlgebra
import SeerAnalysis

/// The symmetric similarities P of t-SNE over nearest neighbours, as sparse rows that sum to 1
/// over all pairs.
///
/// van der Maaten and Hinton 2008; sparse as in van der Maaten 2014.
package struct Affinities {
  package let rows: Int
  /// The perplexity that was used: at most a third of the other points.
  package let perplexity: Float
  /// The perplexity that was asked for.
  private let requestedPerplexity: Float

  /// Sparse rows: row i is `offsets[i]..<offsets[i + 1]`, padded to multiples of 16 with zeros.
  package let offsets: Buffer<UInt32>
  package let indices: Buffer<UInt32>
  package let values: Buffer<Float>
  /// The sum of p ln p.
  package let negativeEntropy: Double

  /// Whether there were too few points for the perplexity that was asked for.
  package var perplexityWasLowered: Bool { perplexity < requestedPerplexity }

  /// The perplexity that `rows` points can carry, and the neighbours it looks at.
  package static func usable(perplexity: Float, rows: Int) -> (perplexity: Float, neighbours: Int) {
    let lowered = max(1, min(perplexity, Float(rows - 1) / 3))
    return (lowered, max(0, min(rows - 1, Int(3 * lowered))))
  }

  /// The affinities of the rows of a matrix under the Euclidean distance.
  ///
  /// - Parameter perplexity: the effective number of neighbours; lowered where there are fewer
  ///   than three times as many other points.
  package init(
    _ matrix: Matrix, perplexity: Float, checkpoint: Checkpoint = {},
    progress: (Double) -> Void = { _ in }
  ) throws {
    let k = Self.usable(perplexity: perplexity, rows: matrix.rows).neighbours
    let neighbours = try Neighbours.find(
      matrix, k: k, checkpoint: checkpoint, progress: progress)
    try self.init(neighbours, perplexity: perplexity, checkpoint: checkpoint)
  }

  /// The affinities over known neighbours, of which there should be three times the perplexity.
  package init(
    _ neighbours: Neighbours, perplexity requested: Float, checkpoint: Checkpoint = {}
  ) throws {
    let n = neighbours.rows
    let usable = Self.usable(perplexity: requested, rows: n)
    let k = min(neighbours.k, usable.neighbours)
    rows = n
    perplexity = usable.perplexity
    requestedPerplexity = requested

    // Conditional probabilities, each row sorted by index.
    let columns = Buffer<UInt32>(count: n * k)
    let conditional = Buffer<Float>(count: n * k)
    let target = log(Double(usable.perplexity))
    try Self.forEachBatch(of: n, checkpoint: checkpoint) { row in
      let place = row * k
      sk_conditional_row(
        conditional.elements + place, neighbours.squaredDistances.elements + row * neighbours.k,
        k, target)
      (columns.elements + place).update(
        from: neighbours.indices.elements + row * neighbours.k, count: k)
      sk_sort_row(columns.elements + place, conditional.elements + place, k)
    }

    // The transpose: its rows come out sorted because sources are visited in order.
    let starts = Buffer<UInt32>(repeating: 0, count: n + 1)
    for entry in 0..<n * k { starts.elements[Int(columns.elements[entry]) + 1] &+= 1 }
    for row in 0..<n { starts.elements[row + 1] &+= starts.elements[row] }
    let ends = Buffer<UInt32>(count: n)
    ends.elements.update(from: starts.elements, count: n)
    let sources = Buffer<UInt32>(count: n * k)
    let incoming = Buffer<Float>(count: n * k)
    for row in 0..<n {
      if row % 4096 == 0 { try checkpoint() }
      for entry in row * k..<(row + 1) * k {
        let column = Int(columns.elements[entry])
        let place = Int(ends.elements[column])
        ends.elements[column] &+= 1
        sources.elements[place] = UInt32(truncatingIfNeeded: row)
        incoming.elements[place] = conditional.elements[entry]
      }
    }

    offsets = Buffer<UInt32>(repeating: 0, count: n + 1)
    let offsets = offsets
    func merge(
      _ row: Int, _ indices: UnsafeMutablePointer<UInt32>?, _ values: UnsafeMutablePointer<Float>?
    ) -> Int {
      let start = Int(starts.elements[row])
      return sk_merge_rows(
        indices, values, columns.elements + row * k, conditional.elements + row * k, k,
        sources.elements + start, incoming.elements + start,
        Int(starts.elements[row + 1]) - start)
    }
    try Self.forEachBatch(of: n, checkpoint: checkpoint) { row in
      offsets.elements[row + 1] = UInt32((merge(row, nil, nil) + 15) / 16 * 16)
    }
    for row in 0..<n { offsets.elements[row + 1] &+= offsets.elements[row] }
    let total = Int(offsets.elements[n])
    indices = Buffer<UInt32>(count: total)
    values = Buffer<Float>(count: total)
    let (indices, values) = (indices, values)
    let scale = 1 / (2 * Float(max(1, n)))
    let entropies = Buffer<Double>(repeating: 0, count: n)
    try Self.forEachBatch(of: n, checkpoint: checkpoint) { row in
      let start = Int(offsets.elements[row])
      let end = Int(offsets.elements[row + 1])
      let count = merge(row, indices.elements + start, values.elements + start)
      var sum = 0.0
      for entry in start..<start + count {
        let value = values.elements[entry] * scale
        values.elements[entry] = value
        if value > 0 { sum += Double(value) * Double(logf(value)) }
      }
      for entry in start + count..<max(end, start + count) {
        indices.elements[entry] = UInt32(truncatingIfNeeded: row)
        values.elements[entry] = 0
      }
      entropies.elements[row] = sum
    }
    var entropy = 0.0
    for row in 0..<n { entropy += entropies.elements[row] }
    negativeEntropy = entropy
  }

  /// Calls `body` for every row on all cores, with a checkpoint every few milliseconds.
  private static func forEachBatch(
    of rows: Int, checkpoint: Checkpoint, _ body: (Int) -> Void
  ) throws {
    for first in stride(from: 0, to: rows, by: 4096) {
      try checkpoint()
      Parallel.ranges(of: min(4096, rows - first), grain: 64) { range in
        for row in range { body(first + row) }
      }
    }
  }
}
