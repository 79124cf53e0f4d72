import CKernels
import Foundation
import LinearAlgebra

/// One row's queries and everything they may look at.
package struct AttentionRow {
  /// (count, heads x head dimension), of the batch's new tokens.
  package let queries: UnsafePointer<Float>
  package let count: Int
  /// (past + count, KV heads x head dimension).
  package let keys: UnsafePointer<Float>
  package let values: UnsafePointer<Float>
  /// Tokens before the first query.
  package let past: Int
  /// Tokens from the start that can be seen at all; those after are padding.
  package let visible: Int
  /// Positions between the visible tokens and the padding.
  package let gap: Int
  /// Same shape as the queries.
  package let output: UnsafeMutablePointer<Float>
  /// Whether the text goes on by one token: one pass over keys and values then serves all heads that
  /// share them. Sums come in another order than those of many tokens.
  package var isContinued = false
  /// How many tokens after itself a query looks at: none where attention is causal.
  package var ahead = 0
  /// What scores are multiplied with, where it is not what the configuration says of all blocks.
  package var scale: Float?

  package init(
    queries: UnsafePointer<Float>, count: Int, keys: UnsafePointer<Float>,
    values: UnsafePointer<Float>, past: Int, visible: Int, gap: Int = 0,
    output: UnsafeMutablePointer<Float>, isContinued: Bool = false
  ) {
    self.queries = queries
    self.count = count
    self.keys = keys
    self.values = values
    self.past = past
    self.visible = visible
    self.gap = gap
    self.output = output
    self.isContinued = isContinued
  }
}

/// Queries worked on at a time: their scores against a 512-token row take 128 KB.
package let attentionQueryBlock = 64

/// Attention with grouped queries inside each row (Vaswani et al. 2017; Ainslie et al. 2023), causal
/// unless the rows look ahead.
///
/// Scores exist only for one block of queries of one head at a time.
///
/// - Parameters:
///   - window: how many tokens a query looks back on, itself included; nil is all.
///   - sinks: a score for each head that takes a share of every query's attention and gives nothing
///     (gpt-oss, OpenAI 2025).
package func attentionForward(
  _ rows: [AttentionRow], _ configuration: ModelConfiguration, window: Int? = nil,
  sinks: [Float]? = nil
) {
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
    if row.isContinued {
      attendOne(row, kvHead: task.kvHead, configuration, window, sinks)
    } else {
      attendBlock(row, kvHead: task.kvHead, first: task.first, configuration, window, sinks)
    }
  }
}

private func attendBlock(
  _ row: AttentionRow, kvHead: Int, first: Int, _ configuration: ModelConfiguration,
  _ window: Int?, _ sinks: [Float]?
) {
  let size = configuration.headDimension
  let group = configuration.heads / configuration.kvHeads
  let count = min(attentionQueryBlock, row.count - first)
  let seen = row.seen(first: first, count: count, window)
  withUnsafeTemporaryAllocation(of: Float.self, capacity: count * seen.count) { buffer in
    guard let scores = buffer.baseAddress else { return }
    for head in kvHead * group..<(kvHead + 1) * group {
      attentionScores(
        row, head: head, kvHead: kvHead, first: first, count: count, seen: seen, into: scores,
        configuration, window, sink: sinks?[head])
      BLAS.sgemm(
        m: count, n: size, k: seen.count, scores, stride: seen.count,
        row.values + seen.lowerBound * configuration.keyWidth + kvHead * size,
        stride: configuration.keyWidth,
        into: row.output + first * configuration.queryWidth + head * size,
        stride: configuration.queryWidth)
    }
  }
}

extension AttentionRow {
  /// The keys that some of the queries look at: from the first one's window to the last one's place,
  /// or as far ahead of it as it looks.
  package func seen(first: Int, count: Int, _ window: Int?) -> Range<Int> {
    let place = past + first + count
    let end = min(place + min(ahead, max(0, visible - place)), visible)
    let own = past + first
    let position = own < visible ? own : own + gap
    let start = window.map { max(0, position + 1 - $0) } ?? 0
    // Padding may lie beyond the window of every token; it looks at the last one there is.
    return min(start, max(0, end - 1))..<end
  }
}

/// The probabilities of one block of queries of one head: (count, seen), 0 beyond what each sees.
///
/// - Parameter slopes: where there is a soft cap, set to its slope at each score; same shape.
func attentionScores(
  _ row: AttentionRow, head: Int, kvHead: Int, first: Int, count: Int, seen: Range<Int>,
  into scores: UnsafeMutablePointer<Float>, _ configuration: ModelConfiguration, _ window: Int?,
  sink: Float?, slopes: UnsafeMutablePointer<Float>? = nil, _ rules: BackwardRules = .gradient
) {
  let size = configuration.headDimension
  let cap = configuration.attentionCap
  let width = seen.count
  BLAS.sgemm(
    transposeB: true, m: count, n: width, k: size, alpha: row.scale ?? configuration.scale,
    row.queries + first * configuration.queryWidth + head * size,
    stride: configuration.queryWidth,
    row.keys + seen.lowerBound * configuration.keyWidth + kvHead * size,
    stride: configuration.keyWidth, into: scores, stride: width)
  if cap > 0 {
    sk_soft_cap(scores, count * width, cap)
    let slope = rules.holdsScales ? sk_soft_cap_ratio : sk_soft_cap_slope
    if let slopes { slope(slopes, scores, count * width, cap) }
  }
  for query in 0..<count {
    let line = scores + query * width
    let own = row.seen(first: first + query, count: 1, window)
    let start = own.lowerBound - seen.lowerBound
    let end = own.upperBound - seen.lowerBound
    line.update(repeating: 0, count: start)
    softmax(line + start, end - start, sink)
    (line + end).update(repeating: 0, count: width - end)
  }
}

private func softmax(_ scores: UnsafeMutablePointer<Float>, _ count: Int, _ sink: Float?) {
  if let sink { sk_softmax_with_sink(scores, count, sink) } else { sk_softmax(scores, count) }
}

private func attendOne(
  _ row: AttentionRow, kvHead: Int, _ configuration: ModelConfiguration, _ window: Int?,
  _ sinks: [Float]?
) {
  let size = configuration.headDimension
  let group = configuration.heads / configuration.kvHeads
  let seen = row.seen(first: 0, count: 1, window)
  let scale = row.scale ?? configuration.scale
  let cap = configuration.attentionCap
  let stride = configuration.keyWidth
  let keys = row.keys + seen.lowerBound * stride + kvHead * size
  let values = row.values + seen.lowerBound * stride + kvHead * size
  let count = seen.count
  // The heads that share keys and values go over them together.
  let first = kvHead * group * size
  withUnsafeTemporaryAllocation(of: Float.self, capacity: group * (count + size)) { buffer in
    guard let scores = buffer.baseAddress else { return }
    let queries = scores + group * count
    for index in 0..<group * size { queries[index] = row.queries[first + index] * scale }
    sk_dots(scores, count, keys, stride, count, queries, size, group, size)
    if cap > 0 { sk_soft_cap(scores, group * count, cap) }
    for head in 0..<group {
      softmax(scores + head * count, count, sinks?[kvHead * group + head])
    }
    sk_weighted_sums(
      row.output + first, size, values, stride, count, scores, count, group, size)
  }
}
