import LinearAlgebra

/// The k nearest other rows of every row, nearest first.
///
///     let near = try Neighbours.exact(states, by: .cosine, k: 10)
///     near.indices(of: 0)      // the ten rows whose states have the largest cosines with row 0's
package struct Neighbours {
  package let rows: Int
  /// Neighbours of each row.
  package let k: Int
  package let indices: Buffer<UInt32>
  /// In the space where ``NeighbourMetric`` compares: its `value(squaredDistance:)` says them in
  /// its own unit.
  package let squaredDistances: Buffer<Float>

  /// The neighbours of one row, nearest first; equal distances in the order of their rows.
  package func indices(of row: Int) -> [Int] {
    precondition(row >= 0 && row < rows)
    return (0..<k).map { Int(indices.elements[row * k + $0]) }
  }

  /// The squared distances that belong to ``indices(of:)``.
  package func squaredDistances(of row: Int) -> [Float] {
    precondition(row >= 0 && row < rows)
    return Array(UnsafeBufferPointer(start: squaredDistances.elements + row * k, count: k))
  }

  init(rows: Int, k: Int) {
    self.rows = rows
    self.k = k
    indices = Buffer(count: rows * k)
    squaredDistances = Buffer(count: rows * k)
  }

  /// Up to this many rows every pair is compared.
  package static let exactLimit = 60_000

  /// The neighbours of every row: exact up to ``exactLimit`` rows, approximate beyond.
  package static func find(
    _ matrix: Matrix, k: Int, checkpoint: Checkpoint = {}, progress: (Double) -> Void = { _ in }
  ) throws -> Neighbours {
    matrix.rows <= exactLimit
      ? try exact(matrix, k: k, checkpoint: checkpoint, progress: progress)
      : try approximate(matrix, k: k, checkpoint: checkpoint, progress: progress)
  }

  /// Exact neighbours by comparing every pair, in tiles that stay in registers.
  ///
  /// O(rows² · columns) time; memory for one packed copy of the matrix and the result. Candidates
  /// are found in float32 by |b|² - 2ab on centred rows (which the caller gives where the metric is
  /// Euclidean), a few more of them than asked for, and ordered by their differences. `k` is lowered
  /// to `rows - 1`.
  package static func exact(
    _ matrix: Matrix, by metric: NeighbourMetric = .euclidean, k: Int,
    checkpoint: Checkpoint = {}, progress: (Double) -> Void = { _ in }
  ) throws -> Neighbours {
    try NeighbourSearch(points: metric.points([matrix])[0], portable: false)
      .neighbours(k: k, checkpoint: checkpoint, progress: progress)
  }

  /// The same for other rows than those that are searched; `k` is lowered to the number of those.
  package static func exact(
    of queries: Matrix, among matrix: Matrix, by metric: NeighbourMetric = .euclidean, k: Int,
    checkpoint: Checkpoint = {}
  ) throws -> Neighbours {
    let points = metric.points([matrix, queries])
    return try NeighbourSearch(points: points[0], portable: false)
      .neighbours(of: points[1], k: min(k, matrix.rows), checkpoint: checkpoint)
  }
}
