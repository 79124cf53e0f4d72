import CKernels
import LinearAlgebra
import SeerAnalysis

/// How far a map can be trusted about its nearest neighbours.
package struct MapQuality: Equatable, Sendable {
  /// 1 where every neighbour in the map is one in the input, less for each stranger by its rank in
  /// the input (Venna and Kaski 2001); nil where there are too few rows for it to be defined.
  package let trustworthiness: Double?
  /// The share of each row's `k` nearest in the map that are among its `k` nearest in the input;
  /// nil for one row.
  package let neighboursKept: Double?
  /// Neighbours that were looked at: lowered for few rows.
  package let k: Int
  /// Rows that were judged, a seeded choice when it is not all of them.
  package let rows: Int

  /// Up to this many rows all are judged.
  package static let exactLimit = 10_000
  /// How many are chosen beyond it.
  package static let sampleSize = 5_000

  /// Judges a map (rows, any) against the input (rows, width) before any reduction.
  ///
  /// Ties in the input count in the map's favour: a duplicate is as near as its twin.
  /// O(rows² · width) time for up to 10,000 rows.
  package static func measure(
    _ map: Matrix, of input: Matrix, k: Int = 10, seed: UInt64 = 0, checkpoint: Checkpoint = {}
  ) throws -> MapQuality {
    guard map.rows == input.rows else {
      throw ProjectionError.badOption(
        name: "rows of the map", found: "\(map.rows)", wanted: "\(input.rows)")
    }
    var (map, input) = (map, input)
    if input.rows > exactLimit {
      var generator = SeededGenerator(seed: seed)
      let chosen = generator.permutation(input.rows).prefix(sampleSize).sorted()
      (map, input) = (map.selecting(rows: chosen), input.selecting(rows: chosen))
    }
    let points = try Frame(of: input).apply(input)
    let layout = try Frame(of: map).apply(map)
    let neighbours = try Neighbours.exact(layout, k: max(1, k), checkpoint: checkpoint)
    let ranks = try rankSums(points, neighbours: neighbours, checkpoint: checkpoint)
    let (n, k) = (Double(input.rows), Double(neighbours.k))
    guard neighbours.k > 0 else {
      return MapQuality(trustworthiness: nil, neighboursKept: nil, k: 0, rows: input.rows)
    }
    let scale = n * k * (2 * n - 3 * k - 1)
    return MapQuality(
      trustworthiness: 2 * k < n ? 1 - 2 * ranks.excess / scale : nil,
      neighboursKept: ranks.kept / (n * k), k: neighbours.k, rows: input.rows)
  }

  /// Over all rows and their neighbours in the map: how many rank within k in the input, and by
  /// how much the others' ranks exceed k.
  private static func rankSums(
    _ points: Matrix, neighbours: Neighbours, checkpoint: Checkpoint
  ) throws -> (kept: Double, excess: Double) {
    let n = points.rows
    let k = neighbours.k
    guard k > 0 else { return (0, 0) }
    let norms = (0..<n).map { row in
      (0..<points.columns).reduce(Float(0)) { $0 + points.row(row)[$1] * points.row(row)[$1] }
    }
    let tile = 64
    let kept = Buffer<Int>(repeating: 0, count: n)
    let excess = Buffer<Int>(repeating: 0, count: n)
    let tiles = (n + tile - 1) / tile
    let work = Double(tile) * Double(n) * Double(points.columns)
    try NeighbourSearch.forEachBatch(
      of: tiles, work: work, checkpoint: checkpoint, progress: { _ in }
    ) { index in
      let first = index * tile
      let rows = min(tile, n - first)
      let distances = MatrixBuilder(unfilled: rows, columns: n)
      BLAS.sgemm(
        transposeB: true, m: rows, n: n, k: points.columns, alpha: -2, points.row(first),
        stride: points.columns, points.elements, stride: points.columns,
        into: distances.elements, stride: n)
      for row in 0..<rows {
        let values = distances.row(row)
        sk_add_rows(values, norms, n)
        values[first + row] = .infinity
        for entry in 0..<k {
          let other = Int(neighbours.indices.elements[(first + row) * k + entry])
          let rank = sk_count_below(values, n, values[other]) + 1
          if rank <= k { kept.elements[first + row] += 1 }
          excess.elements[first + row] += max(0, rank - k)
        }
      }
    }
    var sums = (kept: 0.0, excess: 0.0)
    for row in 0..<n {
      sums.kept += Double(kept.elements[row])
      sums.excess += Double(excess.elements[row])
    }
    return sums
  }
}
