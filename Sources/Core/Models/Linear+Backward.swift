import CKernels
import LinearAlgebra
import SeerFormats

/// One weight's share of its input's gradient: `dx += dy * weight`.
package struct LinearBackwardTask {
  package let weight: StoredMatrix
  /// (tokens, weight.rows), row-major and contiguous.
  package let outputGradient: UnsafePointer<Float>

  package init(weight: StoredMatrix, outputGradient: UnsafePointer<Float>) {
    self.weight = weight
    self.outputGradient = outputGradient
  }
}

/// The gradient of ``linearForward(_:tokens:_:)`` with respect to its input, (tokens, columns):
/// `dx (+)= sum of dy * weight`. Stored weights are frozen and have no gradient. On a matrix unit
/// the products take 16 bits of every number (``UnitNumbers/short``).
///
/// Work is split by columns, so the result does not depend on the number of cores.
package func linearBackward(
  _ tasks: [LinearBackwardTask], tokens: Int, precision: Precision = .exact,
  into dx: UnsafeMutablePointer<Float>, adds: Bool = false
) {
  guard tokens > 0, let columns = tasks.first?.weight.columns else { return }
  precondition(tasks.allSatisfy { $0.weight.columns == columns }, "inputs of different width")
  let way = ProductWay(tokens: tokens, .short, precision: precision)
  let deepest = tasks.map(\.weight.rows).max() ?? 0
  let width = way.piece(of: [columns], width: deepest, tokens: tokens, weights: .short)
  let pieces = (columns + width - 1) / width
  let parts = way.tokenParts(tokens, pieces: pieces)
  let inputs = tasks.map { ($0.outputGradient, $0.weight.rows) }
  StoredMatrix.withRows(of: tasks.map(\.weight)) { pointers in
    withPackedVectors(inputs, tokens: tokens, way) { packed in
      Parallel.forEach(pieces * parts.count) { piece in
        let first = piece % pieces * width
        let range = first..<min(first + width, columns)
        let part = parts[piece / pieces]
        for (index, task) in tasks.enumerated() {
          let beta: Float = index == 0 && !adds ? 0 : 1
          let type = Int32(task.weight.type.rawValue)
          let target = dx + range.lowerBound
          pointers[index].withUnsafeBufferPointer { rows in
            var done: Int32 = 1
            switch way {
            case .matrixUnit:
              done = sk_amx_product_back(
                type, rows.baseAddress, rows.count, range.lowerBound, range.count, tokens,
                part.lowerBound, part.count, packed[index], beta, target, columns)
            case .wholeNumbers:
              done = sk_int16_product_back(
                type, rows.baseAddress, rows.count, range.lowerBound, range.count, tokens,
                packed[index], beta, target, columns)
            case .panels:
              done = sk_product_back(
                type, rows.baseAddress, rows.count, range.lowerBound, range.count, tokens,
                packed[index], beta, target, columns)
            case .expanded:
              expandedBackward(
                task, pointers[index], tokens: tokens, columns: range, beta: beta, into: dx)
            }
            precondition(done != 0, "a block type without a kernel, or no memory for a panel")
          }
        }
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
