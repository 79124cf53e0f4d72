import CKernels
import LinearAlgebra

/// One weight's share of its input's gradient: `dx += dy * weight`.
struct LinearBackwardTask {
  let weight: StoredMatrix
  /// (tokens, weight.rows), row-major and contiguous.
  let outputGradient: UnsafePointer<Float>
}

/// The gradient of ``linearForward(_:tokens:_:)`` with respect to its input, (tokens, columns):
/// `dx (+)= sum of dy * weight`. Stored weights are frozen and have no gradient.
///
/// Work is split by panels of 32 columns, so the result does not depend on the number of cores.
func linearBackward(
  _ tasks: [LinearBackwardTask], tokens: Int, into dx: UnsafeMutablePointer<Float>,
  adds: Bool = false
) {
  guard tokens > 0, let columns = tasks.first?.weight.columns else { return }
  precondition(tasks.allSatisfy { $0.weight.columns == columns }, "inputs of different width")
  let pointers = tasks.map { task in
    (0..<task.weight.rows).map { row -> UnsafeRawPointer? in
      task.weight.storedRow(task.weight.storedIndex(of: row))
    }
  }
  let width = Int(sk_panel_width)
  Parallel.forEach((columns + width - 1) / width) { panel in
    let first = panel * width
    let count = min(width, columns - first)
    for (index, task) in tasks.enumerated() {
      let type = task.weight.type
      let beta: Float = index == 0 && !adds ? 0 : 1
      pointers[index].withUnsafeBufferPointer { rows in
        if BLAS.hasOwnKernel {
          let done = sk_panel_product_back(
            Int32(type.rawValue), rows.baseAddress, rows.count, first, count, tokens,
            task.outputGradient, rows.count, beta, dx + first, columns)
          precondition(done != 0, "a block type without a kernel, or no memory for a panel")
          return
        }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * count) { buffer in
          guard let tile = buffer.baseAddress else { return }
          for (row, pointer) in rows.enumerated() {
            guard let pointer else { continue }
            sk_expand_part(Int32(type.rawValue), tile + row * count, pointer, first, count)
          }
          BLAS.sgemm(
            m: tokens, n: count, k: rows.count, task.outputGradient, stride: rows.count, tile,
            stride: count, beta: beta, into: dx + first, stride: columns)
        }
      }
    }
  }
}
