import CKernels
import LinearAlgebra

/// Rows packed for comparison with many queries.
package struct NeighbourSearch {
  private let points: Matrix
  private let panels: Matrix
  private let norms: Matrix
  private let portable: Bool

  /// More candidates than wanted, for what float32 confuses.
  private static let margin = 12
  private static let blocksPerGroup = 4

  static let panelWidth = Int(sk_panel_width)
  static let groupSize = Int(sk_query_block) * blocksPerGroup

  /// `portable` keeps to baseline instructions, for tests. `isUsed` leaves out rows that only fill
  /// up panels: in every panel they must come last.
  package init(points: Matrix, portable: Bool, isUsed: (Int) -> Bool = { _ in true }) {
    self.points = points
    self.portable = portable
    let width = Self.panelWidth
    let count = (points.rows + width - 1) / width
    let panels = MatrixBuilder(rows: count, columns: width * points.columns)
    let norms = MatrixBuilder(rows: count, columns: width)
    Parallel.forEach(count) { panel in
      let rows = panel * width..<min((panel + 1) * width, points.rows)
      sk_pack_panel(
        panels.row(panel), norms.row(panel), points.row(rows.lowerBound),
        rows.prefix(while: isUsed).count, points.columns, points.columns)
    }
    self.panels = panels.frozen()
    self.norms = norms.frozen()
  }

  /// The neighbours of the points among themselves.
  package func neighbours(
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
  package func neighbours(of queries: Matrix, k: Int, checkpoint: Checkpoint) throws -> Neighbours {
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
    let groupSize = Self.groupSize
    let groups = (queries.rows + groupSize - 1) / groupSize
    let work = Double(groupSize) * Double(points.rows) * Double(points.columns)
    try Self.forEachBatch(of: groups, work: work, checkpoint: checkpoint, progress: progress) {
      let start = $0 * groupSize
      // The walk starts at the queries' own panel: rows near each other in the input are often near
      // in space, and low thresholds early save work.
      let own = excludingSelf ? start / Self.panelWidth : 0
      searchGroup(
        queries: queries, range: start..<min(start + groupSize, queries.rows),
        excludingSelf: excludingSelf, among: [own..<panels.rows, 0..<own], k: k,
        indices: indices.elements + start * k,
        squaredDistances: squaredDistances.elements + start * k)
    }
  }

  /// Calls `body` for every index on all cores, with a checkpoint about every 10 ms at 50 billion
  /// multiplications a second; `work` is the number of them in one call.
  package static func forEachBatch(
    of count: Int, work: Double, checkpoint: Checkpoint, progress: (Double) -> Void,
    _ body: (Int) -> Void
  ) throws {
    let batch = max(Parallel.workers, Int(5e8 / max(1, work)))
    for first in stride(from: 0, to: count, by: batch) {
      try checkpoint()
      Parallel.forEach(min(batch, count - first)) { body(first + $0) }
      progress(Double(min(first + batch, count)) / Double(count))
    }
  }

  /// The nearest points to at most ``groupSize`` queries within the given panels. Writes k a query;
  /// there must be that many.
  func searchGroup(
    queries: Matrix, range: Range<Int>, excludingSelf: Bool, among ranges: [Range<Int>], k: Int,
    indices: UnsafeMutablePointer<UInt32>, squaredDistances: UnsafeMutablePointer<Float>
  ) {
    let columns = points.columns
    let block = Int(sk_query_block)
    let wanted = k + 1 + Self.margin
    let capacity = wanted + 192
    let packed = MatrixBuilder(rows: Self.blocksPerGroup, columns: columns * block)
    let thresholds = MatrixBuilder(rows: Self.blocksPerGroup, columns: block)
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
    // Panels that stay in the first cache while every block of the group sees them.
    let chunk = max(1, 24_576 / (4 * panels.columns))
    for range in ranges {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: chunk) {
        for number in searches.indices {
          sk_search_panels(
            &searches[number], panels.elements, norms.elements, start,
            min(start + chunk, range.upperBound), portable ? 1 : 0)
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
