import CKernels
import Foundation
import LinearAlgebra

/// One row's queries and everything they may look at.
struct AttentionRow {
  /// (count, heads x head dimension), of the batch's new tokens.
  let queries: UnsafePointer<Float>
  let count: Int
  /// (past + count, KV heads x head dimension).
  let keys: UnsafePointer<Float>
  let values: UnsafePointer<Float>
  /// Tokens before the first query.
  let past: Int
  /// Same shape as the queries.
  let output: UnsafeMutablePointer<Float>
}

/// Queries worked on at a time: their scores against a 512-token row take 128 KB.
private let queryBlock = 64

/// Causal attention with grouped queries inside each row
/// (Vaswani et al. 2017; Ainslie et al. 2023).
///
/// Scores exist only for one block of queries of one head at a time.
func attentionForward(_ rows: [AttentionRow], _ configuration: ModelConfiguration) {
  struct Task {
    let row: Int
    let kvHead: Int
    let first: Int
  }
  var tasks: [Task] = []
  // Longest blocks first, so that the last ones to finish are short.
  for (index, row) in rows.enumerated() {
    for first in stride(from: 0, to: row.count, by: queryBlock).reversed() {
      for head in 0..<configuration.kvHeads {
        tasks.append(Task(row: index, kvHead: head, first: first))
      }
    }
  }
  Parallel.forEach(tasks.count) { index in
    let task = tasks[index]
    let row = rows[task.row]
    if row.count == 1 {
      attendOne(row, kvHead: task.kvHead, configuration)
    } else {
      attendBlock(row, kvHead: task.kvHead, first: task.first, configuration)
    }
  }
}

private func attendBlock(
  _ row: AttentionRow, kvHead: Int, first: Int, _ configuration: ModelConfiguration
) {
  let size = configuration.headDimension
  let group = configuration.heads / configuration.kvHeads
  let count = min(queryBlock, row.count - first)
  let visible = row.past + first + count
  let scale = 1 / Float(size).squareRoot()
  let keys = row.keys + kvHead * size
  let values = row.values + kvHead * size
  withUnsafeTemporaryAllocation(of: Float.self, capacity: count * visible) { buffer in
    guard let scores = buffer.baseAddress else { return }
    for head in kvHead * group..<(kvHead + 1) * group {
      let offset = first * configuration.queryWidth + head * size
      BLAS.sgemm(
        transposeB: true, m: count, n: visible, k: size, alpha: scale, row.queries + offset,
        stride: configuration.queryWidth, keys, stride: configuration.keyWidth, into: scores,
        stride: visible)
      for query in 0..<count {
        let line = scores + query * visible
        let seen = row.past + first + query + 1
        sk_softmax(line, seen)
        (line + seen).update(repeating: 0, count: visible - seen)
      }
      BLAS.sgemm(
        m: count, n: size, k: visible, scores, stride: visible, values,
        stride: configuration.keyWidth, into: row.output + offset,
        stride: configuration.queryWidth)
    }
  }
}

private func attendOne(_ row: AttentionRow, kvHead: Int, _ configuration: ModelConfiguration) {
  let size = configuration.headDimension
  let group = configuration.heads / configuration.kvHeads
  let visible = row.past + 1
  let scale = 1 / Float(size).squareRoot()
  let stride = configuration.keyWidth
  withUnsafeTemporaryAllocation(of: Float.self, capacity: visible + size) { buffer in
    guard let scores = buffer.baseAddress else { return }
    let query = scores + visible
    for head in kvHead * group..<(kvHead + 1) * group {
      for index in 0..<size { query[index] = row.queries[head * size + index] * scale }
      sk_dots(scores, row.keys + kvHead * size, stride, visible, query, size)
      sk_softmax(scores, visible)
      sk_weighted_sum(
        row.output + head * size, row.values + kvHead * size, stride, visible, scores, size)
    }
  }
}
