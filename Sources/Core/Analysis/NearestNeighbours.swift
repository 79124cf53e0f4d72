import LinearAlgebra

/// The rows most similar to each query by cosine, most similar first: (queries, count).
///
/// O(queries x rows x width) by blocks of a matrix product.
///
/// - Parameters:
///   - units, queries: unit rows of one width.
///   - count: at most all rows.
package func nearestRows(of queries: Matrix, among units: Matrix, count: Int) -> [[Int]] {
  let count = min(count, units.rows)
  var nearest: [[Int]] = []
  nearest.reserveCapacity(queries.rows)
  let block = 256
  for start in stride(from: 0, to: queries.rows, by: block) {
    let part = queries.selecting(rows: Array(start..<min(start + block, queries.rows)))
    let products = multiply(part, units, transposeB: true)
    for row in 0..<part.rows {
      let similarities = products.values(row: row)
      // Of equal ones the earlier row, so that the order is the same everywhere.
      let order = similarities.indices.sorted {
        (similarities[$1], $0) < (similarities[$0], $1)
      }
      nearest.append(Array(order.prefix(count)))
    }
  }
  return nearest
}

/// The share of the nearest rows' votes that each concept has; equal votes are parted by who is
/// nearer.
package func votes(_ nearest: [Int], labels: [Int], concepts: Int) -> (
  shares: [Double], winner: Int?
) {
  var counts = [Int](repeating: 0, count: concepts)
  for row in nearest { counts[labels[row]] += 1 }
  let most = counts.max() ?? 0
  let winner = nearest.first { counts[labels[$0]] == most }.map { labels[$0] }
  let total = Double(max(1, nearest.count))
  return (counts.map { Double($0) / total }, winner)
}
