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
    _ = try PCA.columnMeans(map)
    let k = min(max(1, k), input.rows - 1)
    guard k > 0 else {
      _ = try PCA.columnMeans(input)
      return MapQuality(trustworthiness: nil, neighboursKept: nil, k: 0, rows: input.rows)
    }
    let nearest = try nearestInMap(map, k: k, checkpoint: checkpoint)
    let ranks = try RankSums(input, nearest: nearest, k: k, checkpoint: checkpoint)
    let (n, size) = (Double(input.rows), Double(k))
    let scale = n * size * (2 * n - 3 * size - 1)
    return MapQuality(
      trustworthiness: 2 * k < input.rows ? 1 - 2 * ranks.excess / scale : nil,
      neighboursKept: ranks.kept / (n * size), k: k, rows: input.rows)
  }

  /// The k nearest other rows of every row of a map, (rows, k), by distances in Double: one row far
  /// from the others takes no digits from theirs.
  private static func nearestInMap(
    _ map: Matrix, k: Int, checkpoint: Checkpoint
  ) throws -> Buffer<UInt32> {
    let n = map.rows
    // Column by column, so that a row's distances to all others are one loop.
    let columns = (0..<map.columns).map { column in (0..<n).map { Double(map[$0, column]) } }
    let nearest = Buffer<UInt32>(repeating: 0, count: n * k)
    let tile = 64
    try NeighbourSearch.forEachBatch(
      of: (n + tile - 1) / tile, work: Double(tile * n * 8), checkpoint: checkpoint,
      progress: { _ in }
    ) { index in
      var distances = [Double](repeating: 0, count: n)
      for row in index * tile..<min((index + 1) * tile, n) {
        distances.withUnsafeMutableBufferPointer { distances in
          distances.update(repeating: 0)
          for values in columns {
            values.withUnsafeBufferPointer { values in
              let own = values[row]
              for other in 0..<n {
                let difference = values[other] - own
                distances[other] += difference * difference
              }
            }
          }
          distances[row] = .infinity
          take(k, of: UnsafeBufferPointer(distances), into: nearest.elements + row * k)
        }
      }
    }
    return nearest
  }

  /// The places of the k smallest values, equal ones in their order.
  private static func take(
    _ k: Int, of values: UnsafeBufferPointer<Double>, into places: UnsafeMutablePointer<UInt32>
  ) {
    var count = 0
    for place in values.indices {
      let value = values[place]
      if count == k, value >= values[Int(places[k - 1])] { continue }
      var slot = count < k ? count : k - 1
      while slot > 0, value < values[Int(places[slot - 1])] {
        places[slot] = places[slot - 1]
        slot -= 1
      }
      places[slot] = UInt32(place)
      count = min(k, count + 1)
    }
  }
}
