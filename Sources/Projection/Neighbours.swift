import CKernels
import LinearAlgebra

/// The k nearest other rows of every row, nearest first.
public struct Neighbours: Sendable {
  public let rows: Int
  /// Neighbours of each row.
  public let k: Int
  let indices: Buffer<UInt32>
  let squaredDistances: Buffer<Float>

  /// The neighbours of one row, nearest first; equal distances in the order of their rows.
  public func indices(of row: Int) -> [Int] {
    precondition(row >= 0 && row < rows)
    return (0..<k).map { Int(indices.elements[row * k + $0]) }
  }

  /// The squared Euclidean distances that belong to ``indices(of:)``.
  public func squaredDistances(of row: Int) -> [Float] {
    precondition(row >= 0 && row < rows)
    return Array(UnsafeBufferPointer(start: squaredDistances.elements + row * k, count: k))
  }

  init(rows: Int, k: Int) {
    self.rows = rows
    self.k = k
    indices = Buffer(count: rows * k)
    squaredDistances = Buffer(count: rows * k)
  }

  /// Exact neighbours by comparing every pair, in tiles that stay in registers.
  ///
  /// O(rows² · columns) time; memory for one packed copy of the matrix and the result. Candidates
  /// are found in float32 by |b|² - 2ab on centred rows, a few more of them than asked for, and
  /// ordered by their differences. `k` is lowered to `rows - 1`.
  public static func exact(
    _ matrix: Matrix, k: Int, checkpoint: Checkpoint = {}, progress: (Double) -> Void = { _ in }
  ) throws -> Neighbours {
    try NeighbourSearch(points: matrix, portable: false)
      .neighbours(k: k, checkpoint: checkpoint, progress: progress)
  }
}

/// Rows packed for comparison with many queries.
struct NeighbourSearch {
  private let points: Matrix
  private let panels: Matrix
  private let norms: Matrix
  private let portable: Bool

  /// More candidates than wanted, for what float32 confuses.
  private static let margin = 12
  private static let blocksPerGroup = 4

  /// `portable` keeps to baseline instructions, for tests.
  init(points: Matrix, portable: Bool) {
    self.points = points
    self.portable = portable
    let width = Int(sk_panel_width)
    let count = (points.rows + width - 1) / width
    panels = Matrix(rows: count, columns: width * points.columns)
    norms = Matrix(rows: count, columns: width)
    let (panels, norms) = (panels, norms)
    Parallel.forEach(count) { panel in
      let first = panel * width
      sk_pack_panel(
        panels.row(panel), norms.row(panel), points.row(first), min(width, points.rows - first),
        points.columns, points.columns)
    }
  }

  /// The neighbours of the points among themselves.
  func neighbours(
    k: Int, checkpoint: Checkpoint, progress: (Double) -> Void
  ) throws -> Neighbours {
    let result = Neighbours(rows: points.rows, k: max(0, min(k, points.rows - 1)))
    guard result.k > 0 else { return result }
    try search(
      queries: points, excludingSelf: true, k: result.k, indices: result.indices,
      squaredDistances: result.squaredDistances, checkpoint: checkpoint, progress: progress)
    return result
  }

  /// The nearest points to other rows; `k` must not exceed the number of points.
  func neighbours(of queries: Matrix, k: Int, checkpoint: Checkpoint) throws -> Neighbours {
    precondition(queries.columns == points.columns && k <= points.rows)
    let result = Neighbours(rows: queries.rows, k: k)
    guard k > 0 else { return result }
    try search(
      queries: queries, excludingSelf: false, k: k, indices: result.indices,
      squaredDistances: result.squaredDistances, checkpoint: checkpoint, progress: { _ in })
    return result
  }

  private func search(
    queries: Matrix, excludingSelf: Bool, k: Int, indices: Buffer<UInt32>,
    squaredDistances: Buffer<Float>, checkpoint: Checkpoint, progress: (Double) -> Void
  ) throws {
    let groupSize = Int(sk_query_block) * Self.blocksPerGroup
    let groups = (queries.rows + groupSize - 1) / groupSize
    // About 10 ms of work between checkpoints at 50 billion multiplications a second.
    let work = Double(groupSize) * Double(points.rows) * Double(points.columns)
    let batch = max(Parallel.workers, Int(5e8 / max(1, work)))
    for first in stride(from: 0, to: groups, by: batch) {
      try checkpoint()
      Parallel.forEach(min(batch, groups - first)) { index in
        let start = (first + index) * groupSize
        searchGroup(
          queries: queries, range: start..<min(start + groupSize, queries.rows),
          excludingSelf: excludingSelf, k: k, indices: indices.elements + start * k,
          squaredDistances: squaredDistances.elements + start * k)
      }
      progress(Double(min(first + batch, groups)) / Double(groups))
    }
  }

  private func searchGroup(
    queries: Matrix, range: Range<Int>, excludingSelf: Bool, k: Int,
    indices: UnsafeMutablePointer<UInt32>, squaredDistances: UnsafeMutablePointer<Float>
  ) {
    let columns = points.columns
    let block = Int(sk_query_block)
    let wanted = k + 1 + Self.margin
    let capacity = wanted + 192
    let packed = Matrix(rows: Self.blocksPerGroup, columns: columns * block)
    let thresholds = Matrix(rows: Self.blocksPerGroup, columns: block)
    thresholds.elements.update(repeating: .infinity, count: thresholds.count)
    let counts = Buffer<UInt32>(repeating: 0, count: Self.blocksPerGroup * block)
    let distances = Buffer<Float>(count: Self.blocksPerGroup * block * capacity)
    let candidates = Buffer<UInt32>(count: Self.blocksPerGroup * block * capacity)
    var searches: [sk_neighbour_search] = []
    for (number, start) in stride(from: range.lowerBound, to: range.upperBound, by: block)
      .enumerated()
    {
      let count = min(block, range.upperBound - start)
      for query in 0..<count {
        let row = queries.row(start + query)
        for column in 0..<columns { packed.row(number)[column * block + query] = row[column] }
      }
      searches.append(
        sk_neighbour_search(
          columns: columns, query_count: count, wanted: wanted, capacity: capacity,
          queries: packed.row(number), thresholds: thresholds.row(number),
          counts: counts.elements + number * block,
          distances: distances.elements + number * block * capacity,
          indices: candidates.elements + number * block * capacity))
    }
    // Panels that stay in the first cache while every block of the group sees them. The walk starts
    // at the queries' own panel: rows near each other in the input are often near in space, and
    // low thresholds early save work.
    let count = panels.rows
    let chunk = max(1, 24_576 / (4 * panels.columns))
    let own = excludingSelf ? range.lowerBound / Int(sk_panel_width) : 0
    for (first, last) in [(own, count), (0, own)] {
      for start in stride(from: first, to: last, by: chunk) {
        for number in searches.indices {
          sk_search_panels(
            &searches[number], panels.elements, norms.elements, start, min(start + chunk, last),
            portable ? 1 : 0)
        }
      }
    }
    for (offset, query) in range.enumerated() {
      // An index that no row has: nothing is left out.
      let own = excludingSelf ? UInt32(query) : .max
      let found = sk_take_nearest(
        &searches[offset / block], offset % block, queries.row(query), points.elements, own, k,
        indices + offset * k, squaredDistances + offset * k)
      precondition(found == k, "\(found) of \(k) neighbours found: rows must be finite")
    }
  }
}
