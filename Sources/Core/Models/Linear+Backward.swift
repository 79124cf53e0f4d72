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
/// Work is split by columns, so the result does not depend on the number of cores.
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
  let width = productPiece(of: [columns])
  /// Calls `body` for every piece of every task; pieces of the same columns one after the other.
  func forEachPiece(_ body: (_ task: Int, _ columns: Range<Int>, _ beta: Float) -> Void) {
    Parallel.forEach((columns + width - 1) / width) { piece in
      let first = piece * width
      for index in tasks.indices {
        body(index, first..<min(first + width, columns), index == 0 && !adds ? 0 : 1)
      }
    }
  }
  guard BLAS.hasOwnKernel else {
    return forEachPiece { index, range, beta in
      expandedBackward(
        tasks[index], pointers[index], tokens: tokens, columns: range, beta: beta, into: dx)
    }
  }
  withPackedVectors(tasks.map { ($0.outputGradient, $0.weight.rows) }, tokens: tokens) { packed in
    forEachPiece { index, range, beta in
      pointers[index].withUnsafeBufferPointer { rows in
        let done = sk_product_back(
          Int32(tasks[index].weight.type.rawValue), rows.baseAddress, rows.count, range.lowerBound,
          range.count, tokens, packed[index], beta, dx + range.lowerBound, columns)
        precondition(done != 0, "a block type without a kernel, or no memory for a panel")
      }
    }
  }
}

/// The same for processors without our kernels: columns are expanded, OpenBLAS multiplies.
private func expandedBackward(
  _ task: LinearBackwardTask, _ rows: [UnsafeRawPointer?], tokens: Int, columns: Range<Int>,
  beta: Float, into dx: UnsafeMutablePointer<Float>
) {
  let count = columns.count
  withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * count) { buffer in
    guard let tile = buffer.baseAddress else { return }
    for (row, pointer) in rows.enumerated() {
      guard let pointer else { continue }
      sk_expand_part(
        Int32(task.weight.type.rawValue), tile + row * count, pointer, columns.lowerBound, count)
    }
    BLAS.sgemm(
      m: tokens, n: count, k: rows.count, task.outputGradient, stride: rows.count, tile,
      stride: count, beta: beta, into: dx + columns.lowerBound, stride: task.weight.columns)
  }
}
