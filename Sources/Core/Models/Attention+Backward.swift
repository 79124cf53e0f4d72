import CKernels
import LinearAlgebra

/// One row's forward values with the gradients that go in and come out.
struct AttentionRowGradient {
  let row: AttentionRow
  /// Same shape as the row's output.
  let outputGradient: UnsafePointer<Float>
  /// Set, same shape as the queries.
  let queries: UnsafeMutablePointer<Float>
  /// Added to, same shape as keys and values.
  let keys: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>
}

/// The gradient of ``attentionForward(_:_:)``; probabilities are computed again, a block of queries
/// at a time, instead of kept (Dao et al. 2022).
func attentionBackward(_ rows: [AttentionRowGradient], _ configuration: ModelConfiguration) {
  // Heads that share keys and values add to the same gradients: one task takes them all.
  Parallel.forEach(rows.count * configuration.kvHeads) { index in
    let gradient = rows[index / configuration.kvHeads]
    let kvHead = index % configuration.kvHeads
    let group = configuration.heads / configuration.kvHeads
    for head in kvHead * group..<(kvHead + 1) * group {
      for first in stride(from: 0, to: gradient.row.count, by: attentionQueryBlock) {
        attendBlockBackward(gradient, head: head, kvHead: kvHead, first: first, configuration)
      }
    }
  }
}

private func attendBlockBackward(
  _ gradient: AttentionRowGradient, head: Int, kvHead: Int, first: Int,
  _ configuration: ModelConfiguration
) {
  let row = gradient.row
  let size = configuration.headDimension
  let count = min(attentionQueryBlock, row.count - first)
  let visible = min(row.past + first + count, row.visible)
  let scale = 1 / Float(size).squareRoot()
  let queryStride = configuration.queryWidth
  let keyStride = configuration.keyWidth
  let offset = first * queryStride + head * size
  let keyOffset = kvHead * size
  withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * count * visible) { buffer in
    guard let scores = buffer.baseAddress else { return }
    let slopes = scores + count * visible
    attentionScores(
      row, head: head, kvHead: kvHead, first: first, count: count, visible: visible,
      into: scores, configuration)
    // dV += P' dO
    BLAS.sgemm(
      transposeA: true, m: visible, n: size, k: count, scores, stride: visible,
      gradient.outputGradient + offset, stride: queryStride, beta: 1,
      into: gradient.values + keyOffset, stride: keyStride)
    // dP = dO V', then dS
    BLAS.sgemm(
      transposeB: true, m: count, n: visible, k: size, gradient.outputGradient + offset,
      stride: queryStride, row.values + keyOffset, stride: keyStride, into: slopes,
      stride: visible)
    for query in 0..<count {
      sk_softmax_backward(slopes + query * visible, scores + query * visible, visible, scale)
    }
    // dQ = dS K; dK += dS' Q
    BLAS.sgemm(
      m: count, n: size, k: visible, slopes, stride: visible, row.keys + keyOffset,
      stride: keyStride, into: gradient.queries + offset, stride: queryStride)
    BLAS.sgemm(
      transposeA: true, m: visible, n: size, k: count, slopes, stride: visible,
      row.queries + offset, stride: queryStride, beta: 1, into: gradient.keys + keyOffset,
      stride: keyStride)
  }
}
