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

  /// The same as a graph.
  package var graph: SymmetricRows {
    SymmetricRows(rows: rows, offsets: offsets, indices: indices, values: values)
  }

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
    _ matrix: Matrix, perplexity requested: Float, checkpoint: Checkpoint = {},
    progress: (Double) -> Void = { _ in }
  ) throws {
    let n = matrix.rows
    let usable = Self.usable(perplexity: requested, rows: n)
    let neighbours = try Neighbours.find(
      matrix, k: usable.neighbours, checkpoint: checkpoint, progress: progress)
    let k = neighbours.k
    rows = n
    perplexity = usable.perplexity
    requestedPerplexity = requested

    // Conditional probabilities, each row sorted by index: in the memory of the neighbours, which takes
    // most of all where rows are many.
    let (columns, conditional) = (neighbours.indices, neighbours.squaredDistances)
    let target = log(Double(usable.perplexity))
    try SymmetricRows.forEachRange(of: n, batch: 4096, checkpoint: checkpoint) { range in
      let probabilities = Buffer<Float>(count: k)
      for row in range {
        let place = row * k
        sk_conditional_row(probabilities.elements, conditional.elements + place, k, target)
        (conditional.elements + place).update(from: probabilities.elements, count: k)
        sk_sort_row(columns.elements + place, conditional.elements + place, k)
      }
    }

    let symmetric = try SymmetricRows(
      columns, conditional, rows: n, k: k, overlap: 0, checkpoint: checkpoint)
    (offsets, indices, values) = (symmetric.offsets, symmetric.indices, symmetric.values)
    let values = values
    let scale = 1 / (2 * Float(max(1, n)))
    let entropies = Buffer<Double>(repeating: 0, count: n)
    try SymmetricRows.forEachBatch(of: n, checkpoint: checkpoint) { row in
      var sum = 0.0
      for entry in Int(symmetric.offsets.elements[row])..<Int(symmetric.offsets.elements[row + 1]) {
        let value = values.elements[entry] * scale
        values.elements[entry] = value
        if value > 0 { sum += Double(value) * Double(logf(value)) }
      }
      entropies.elements[row] = sum
    }
    var entropy = 0.0
    for row in 0..<n { entropy += entropies.elements[row] }
    negativeEntropy = entropy
  }
}
