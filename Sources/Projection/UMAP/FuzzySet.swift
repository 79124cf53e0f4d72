import CKernels
import Foundation
import LinearAlgebra
import SeerAnalysis

/// The fuzzy set of UMAP: how far each row belongs to its neighbours' surroundings, 0...1, joined over
/// both directions by the probabilistic union.
///
/// McInnes, Healy and Melville 2018, algorithms 2 and 3.
package struct FuzzySet {
  package let memberships: SymmetricRows

  /// - Parameters:
  ///   - neighbours: of every row, itself not among them. UMAP counts a row as its own neighbour, so
  ///     these are one fewer than its `n_neighbors`.
  package init(_ neighbours: Neighbours, checkpoint: Checkpoint = {}) throws {
    let (n, k) = (neighbours.rows, neighbours.k)
    let distances = Buffer<Float>(count: n * k)
    let sums = Buffer<Double>(repeating: 0, count: n)
    try SymmetricRows.forEachBatch(of: n, checkpoint: checkpoint) { row in
      for entry in row * k..<(row + 1) * k {
        let distance = neighbours.squaredDistances.elements[entry].squareRoot()
        distances.elements[entry] = distance
        sums.elements[row] += Double(distance)
      }
    }
    var total = 0.0
    for row in 0..<n { total += sums.elements[row] }
    let mean = total / Double(max(1, n * (k + 1)))
    let columns = Buffer<UInt32>(count: n * k)
    let directed = Buffer<Float>(count: n * k)
    try SymmetricRows.forEachBatch(of: n, checkpoint: checkpoint) { row in
      let place = row * k
      Self.memberships(
        UnsafeBufferPointer(start: distances.elements + place, count: k), meanOfAll: mean,
        into: directed.elements + place)
      (columns.elements + place).update(from: neighbours.indices.elements + place, count: k)
      sk_sort_row(columns.elements + place, directed.elements + place, k)
    }
    memberships = try SymmetricRows(
      columns, directed, rows: n, k: k, overlap: 1, checkpoint: checkpoint)
  }

  /// How far a row belongs to each of its neighbours: 1 up to the nearest that is not a duplicate,
  /// falling beyond it so that all add up to log2(k + 1).
  ///
  /// - Parameters:
  ///   - distances: nearest first.
  ///   - meanOfAll: of all rows' distances, themselves at 0 included: a floor of the width where a
  ///     row has duplicates only.
  ///   - reachesNearest: whether the nearest has membership 1, as in a map's own rows; a new row's
  ///     falls from distance 0 on.
  static func memberships(
    _ distances: UnsafeBufferPointer<Float>, meanOfAll: Double, reachesNearest: Bool = true,
    into values: UnsafeMutablePointer<Float>
  ) {
    let k = distances.count
    guard k > 0 else { return }
    let nearest = reachesNearest ? Double(distances.first { $0 > 0 } ?? 0) : 0
    let target = log2(Double(k + 1))
    var (low, high, width) = (0.0, Double.infinity, 1.0)
    for _ in 0..<64 {
      var sum = 0.0
      for distance in distances {
        let beyond = Double(distance) - nearest
        sum += beyond > 0 ? exp(-beyond / width) : 1
      }
      if abs(sum - target) < 1e-5 { break }
      if sum > target {
        high = width
        width = (low + high) / 2
      } else {
        low = width
        width = high.isInfinite ? 2 * width : (low + high) / 2
      }
    }
    let mean = distances.reduce(0.0) { $0 + Double($1) } / Double(k + 1)
    width = max(width, 1e-3 * (nearest > 0 ? mean : meanOfAll))
    for (index, distance) in distances.enumerated() {
      let beyond = Double(distance) - nearest
      values[index] = beyond > 0 && width > 0 ? Float(exp(-beyond / width)) : 1
    }
  }
}
