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
  /// Tokens from the start that can be seen at all; those after are padding.
  let visible: Int
  /// Same shape as the queries.
  let output: UnsafeMutablePointer<Float>
}

/// Queries worked on at a time: their scores against a 512-token row take 128 KB.
let attentionQueryBlock = 64

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
    for first in stride(from: 0, to: row.count, by: attentionQueryBlock).reversed() {
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
  let count = min(attentionQueryBlock, row.count - first)
  let visible = min(row.past + first + count, row.visible)
  withUnsafeTemporaryAllocation(of: Float.self, capacity: count * visible) { buffer in
    guard let scores = buffer.baseAddress else { return }
    for head in kvHead * group..<(kvHead + 1) * group {
      attentionScores(
        row, head: head, kvHead: kvHead, first: first, count: count, visible: visible,
        into: scores, configuration)
      BLAS.sgemm(
        m: count, n: size, k: visible, scores, stride: visible, row.values + kvHead * size,
        stride: configuration.keyWidth,
        into: row.output + first * configuration.queryWidth + head * size,
        stride: configuration.queryWidth)
    }
  }
}

/// The probabilities of one block of queries of one head: (count, visible), 0 beyond each query.
func attentionScores(
  _ row: AttentionRow, head: Int, kvHead: Int, first: Int, count: Int, visible: Int,
  into scores: UnsafeMutablePointer<Float>, _ configuration: ModelConfiguration
) {
  let size = configuration.headDimension
  BLAS.sgemm(
    transposeB: true, m: count, n: visible, k: size, alpha: 1 / Float(size).squareRoot(),
    row.queries + first * configuration.queryWidth + head * size,
    stride: configuration.queryWidth, row.keys + kvHead * size, stride: configuration.keyWidth,
    into: scores, stride: visible)
  for query in 0..<count {
    let line = scores + query * visible
    let seen = min(row.past + first + query + 1, visible)
    sk_softmax(line, seen)
    (line + seen).update(repeating: 0, count: visible - seen)
  }
}

private func attendOne(_ row: AttentionRow, kvHead: Int, _ configuration: ModelConfiguration) {
  let size = configuration.headDimension
  let group = configuration.heads / configuration.kvHeads
  let visible = min(row.past + 1, row.visible)
  let scale = 1 / Float(size).squareRoot()
  let stride = configuration.keyWidth
  // The heads that share keys and values go over them together.
  let first = kvHead * group * size
  withUnsafeTemporaryAllocation(of: Float.self, capacity: group * (visible + size)) { buffer in
    guard let scores = buffer.baseAddress else { return }
    let queries = scores + group * visible
    for index in 0..<group * size { queries[index] = row.queries[first + index] * scale }
    sk_dots(
      scores, visible, row.keys + kvHead * size, stride, visible, queries, size, group, size)
    for head in 0..<group { sk_softmax(scores + head * visible, visible) }
    sk_weighted_sums(
      row.output + first, size, row.values + kvHead * size, stride, visible, scores, visible,
      group, size)
  }
}
