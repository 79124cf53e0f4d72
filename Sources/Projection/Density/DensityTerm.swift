import CKernels
import Foundation
import LinearAlgebra

/// What a layout adds to its objective so that crowded rows stay crowded: the correlation of the
/// logarithms of local radii in the states and on the map.
///
/// Narayan, Berger and Cho 2021 (densMAP and den-SNE). A row's radius is the mean squared distance to
/// its neighbours, weighted in the states by the neighbour graph and on the map by its curve.
package final class DensityTerm {
  /// The share of the steps, the last ones, in which densities have a part.
  package static let share = 0.3
  /// Keeps the logarithm of a radius of 0 finite; in the states relative to the mean radius.
  private static let least = 1e-8
  /// Added to the variance of the map's log radii, which are all alike at first.
  private static let shift = 0.1

  /// Each row's log radius in the states, less their mean, divided by their deviation.
  package let targets: Buffer<Float>
  /// Of all neighbours' values: what an objective that sums over neighbours is measured in.
  package let weight: Double
  private let graph: SymmetricRows
  private let curve: (a: Float, b: Float)
  private let radii: Buffer<Float>
  private let sums: Buffer<Float>
  private let slopes: Buffer<Float>
  private let forces: Buffer<Float>

  /// - Parameters:
  ///   - input: (rows, columns), what the graph is of.
  ///   - graph: symmetric; entries of value 0 are no neighbours.
  ///   - curve: of the map: 1 / (1 + a d^2b).
  /// - Returns: nil where all rows are equally crowded: there is nothing to keep.
  package init?(
    _ input: Matrix, graph: SymmetricRows, curve: (a: Double, b: Double), checkpoint: Checkpoint
  ) throws {
    let n = input.rows
    self.graph = graph
    self.curve = (Float(curve.a), Float(curve.b))
    radii = Buffer(repeating: 0, count: n)
    sums = Buffer(repeating: 0, count: n)
    slopes = Buffer(repeating: 0, count: n)
    forces = Buffer(repeating: 0, count: 2 * n)
    targets = Buffer(repeating: 0, count: n)
    var weight = 0.0
    for entry in 0..<graph.values.count { weight += Double(graph.values.elements[entry]) }
    self.weight = weight
    let (radii, kernel) = (radii, Self.kernel(graph, self.curve))
    try SymmetricRows.forEachRange(of: n, checkpoint: checkpoint) { range in
      withUnsafePointer(to: kernel) {
        sk_density_row_radii(
          radii.elements, input.elements, input.columns, $0, range.lowerBound, range.upperBound)
      }
    }
    let mean = (0..<n).reduce(0.0) { $0 + Double(radii.elements[$1]) } / Double(max(1, n))
    guard mean > 0 else { return nil }
    let logs = (0..<n).map { log(Self.least + Double(radii.elements[$0]) / mean) }
    let centre = logs.reduce(0, +) / Double(n)
    let variance = logs.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(n)
    guard variance > 1e-12 else { return nil }
    for row in 0..<n { targets.elements[row] = Float((logs[row] - centre) / variance.squareRoot()) }
  }

  private static func kernel(
    _ graph: SymmetricRows, _ curve: (a: Float, b: Float)
  ) -> sk_density_graph {
    sk_density_graph(
      offsets: UnsafePointer(graph.offsets.elements),
      indices: UnsafePointer(graph.indices.elements),
      values: UnsafePointer(graph.values.elements), a: curve.a, b: curve.b)
  }

  /// The correlation of `points` (x, y pairs), shrunk where the map's radii hardly differ, and its
  /// derivative by every point, which ``add(to:scale:limit:rate:)`` uses. O(neighbours).
  @discardableResult
  package func measure(_ points: UnsafePointer<Float>, checkpoint: Checkpoint)
    rethrows -> Double
  {
    let n = targets.count
    let kernel = Self.kernel(graph, curve)
    let (radii, sums, slopes, forces) = (radii, sums, slopes, forces)
    try SymmetricRows.forEachRange(of: n, checkpoint: checkpoint) { range in
      withUnsafePointer(to: kernel) {
        sk_density_radii(
          radii.elements, sums.elements, points, $0, range.lowerBound, range.upperBound)
      }
    }
    let logs = (0..<n).map { log(Self.least + Double(radii.elements[$0])) }
    let mean = logs.reduce(0, +) / Double(n)
    var (variance, covariance) = (0.0, 0.0)
    for row in 0..<n {
      let value = logs[row] - mean
      variance += value * value
      covariance += value * Double(targets.elements[row])
    }
    variance = variance / Double(n) + Self.shift
    covariance /= Double(n)
    let scale = 1 / (Double(n) * variance.squareRoot())
    for row in 0..<n {
      let slope = Double(targets.elements[row]) - covariance * (logs[row] - mean) / variance
      slopes.elements[row] = Float(scale * slope / (Self.least + Double(radii.elements[row])))
    }
    try SymmetricRows.forEachRange(of: n, checkpoint: checkpoint) { range in
      withUnsafePointer(to: kernel) {
        sk_density_forces(
          forces.elements, points, radii.elements, sums.elements, slopes.elements, $0,
          range.lowerBound, range.upperBound)
      }
    }
    return covariance / variance.squareRoot()
  }

  /// Adds to `values`, x, y pairs, the derivative that was measured last: times `scale`, no longer
  /// than `limit` along either axis, times `rate`.
  package func add(
    to values: UnsafeMutablePointer<Float>, scale: Float, limit: Float = .infinity, rate: Float = 1
  ) {
    let forces = forces
    Parallel.ranges(of: forces.count, grain: 4096) {
      sk_add_limited(
        values, forces.elements, scale, limit, rate, $0.lowerBound, $0.upperBound)
    }
  }

  /// The map's log radii as they were measured last.
  package var logRadii: [Double] {
    (0..<targets.count).map { log(Self.least + Double(radii.elements[$0])) }
  }
}
