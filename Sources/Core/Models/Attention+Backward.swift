import CKernels
import LinearAlgebra

/// One row's forward values with the gradients that go in and come out.
package struct AttentionRowGradient {
  package let row: AttentionRow
  /// Same shape as the row's output.
  package let outputGradient: UnsafePointer<Float>
  /// Set, same shape as the queries.
  package let queries: UnsafeMutablePointer<Float>
  /// Added to, same shape as keys and values.
  package let keys: UnsafeMutablePointer<Float>
  package let values: UnsafeMutablePointer<Float>

  package init(
    row: AttentionRow, outputGradient: UnsafePointer<Float>, queries: UnsafeMutablePointer<Float>,
    keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>
  ) {
    self.row = row
    self.outputGradient = outputGradient
    self.queries = queries
    self.keys = keys
    self.values = values
  }
}

/// The gradient of ``attentionForward(_:_:window:sinks:)``; probabilities are computed again, a block of queries
/// at a time, instead of kept (Dao et al. 2022).
package func attentionBackward(
  _ rows: [AttentionRowGradient], _ configuration: ModelConfiguration, window: Int? = nil,
  sinks: [Float]? = nil, _ rules: BackwardRules = .gradient
) {
  // Heads that share keys and values add to the same gradients: one task takes them all.
  Parallel.forEach(rows.count * configuration.kvHeads) { index in
    let gradient = rows[index / configuration.kvHeads]
    let kvHead = index % configuration.kvHeads
    let group = configuration.heads / configuration.kvHeads
    for head in kvHead * group..<(kvHead + 1) * group {
      for first in stride(from: 0, to: gradient.row.count, by: attentionQueryBlock) {
        attendBlockBackward(
          gradient, head: head, kvHead: kvHead, first: first, configuration, window,
          sink: sinks?[head], rules)
      }
    }
  }
}

private func attendBlockBackward(
  _ gradient: AttentionRowGradient, head: Int, kvHead: Int, first: Int,
  _ configuration: ModelConfiguration, _ window: Int?, sink: Float?, _ rules: BackwardRules
) {
  let row = gradient.row
  let share = rules.productShare
  let size = configuration.headDimension
  let count = min(attentionQueryBlock, row.count - first)
  let seen = row.seen(first: first, count: count, window)
  let width = seen.count
  let isCapped = configuration.attentionCap > 0
  let queryStride = configuration.queryWidth
  let keyStride = configuration.keyWidth
  let offset = first * queryStride + head * size
  let keyOffset = seen.lowerBound * keyStride + kvHead * size
  let capacity = (isCapped ? 3 : 2) * count * width
  withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { buffer in
    guard let scores = buffer.baseAddress else { return }
    let slopes = scores + count * width
    let capSlopes = isCapped ? slopes + count * width : nil
    attentionScores(
      row, head: head, kvHead: kvHead, first: first, count: count, seen: seen, into: scores,
      configuration, window, sink: sink, slopes: capSlopes, rules)
    // dV += P' dO
    BLAS.sgemm(
      transposeA: true, m: width, n: size, k: count, alpha: share, scores, stride: width,
      gradient.outputGradient + offset, stride: queryStride, beta: 1,
      into: gradient.values + keyOffset, stride: keyStride)
    // dP = dO V', then dS
    BLAS.sgemm(
      transposeB: true, m: count, n: width, k: size, alpha: share,
      gradient.outputGradient + offset,
      stride: queryStride, row.values + keyOffset, stride: keyStride, into: slopes,
      stride: width)
    for query in 0..<count {
      sk_softmax_backward(
        slopes + query * width, scores + query * width, width,
        share * (row.scale ?? configuration.scale))
    }
    if let capSlopes { sk_multiply(slopes, capSlopes, count * width) }
    // dQ = dS K; dK += dS' Q
    BLAS.sgemm(
      m: count, n: size, k: width, slopes, stride: width, row.keys + keyOffset,
      stride: keyStride, into: gradient.queries + offset, stride: queryStride)
    BLAS.sgemm(
      transposeA: true, m: width, n: size, k: count, slopes, stride: width,
      row.queries + offset, stride: queryStride, beta: 1, into: gradient.keys + keyOffset,
      stride: keyStride)
  }
}
