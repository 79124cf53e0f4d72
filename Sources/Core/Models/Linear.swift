import CKernels
import LinearAlgebra

/// One product of a batch with a stored weight: `output (+)= x * weight'`.
struct LinearTask {
  let weight: StoredMatrix
  /// (tokens, weight.rows), row-major and contiguous.
  let output: UnsafeMutablePointer<Float>
  var adds = false
}

/// Up to this many tokens, each is multiplied with the stored blocks directly; above, a panel of
/// 32 rows is expanded once for all of them. (Measured on SmolLM2: expanding costs about as much as
/// four passes over the blocks.)
let directTokenLimit = 3

/// Runs products that share their input in one parallel loop.
///
/// `x` is (tokens, columns), row-major; every weight has that many columns. Work is split by
/// panels of 32 output rows, so the result does not depend on the number of cores.
func linearForward(_ x: UnsafePointer<Float>, tokens: Int, _ tasks: [LinearTask]) {
  guard tokens > 0, let columns = tasks.first?.weight.columns else { return }
  precondition(tasks.allSatisfy { $0.weight.columns == columns }, "inputs of different width")
  let direct = tokens <= directTokenLimit
  // Direct products are short: a few large pieces cost less than many panels.
  let rowsAPiece = direct ? max(32, 65_536 / max(1, columns) / 32 * 32) : Int(sk_panel_width)
  let pieces = tasks.map { ($0.weight.rows + rowsAPiece - 1) / rowsAPiece }
  Parallel.forEach(pieces.reduce(0, +)) { index in
    var piece = index
    var which = 0
    while piece >= pieces[which] {
      piece -= pieces[which]
      which += 1
    }
    let task = tasks[which]
    let first = piece * rowsAPiece
    let range = first..<min(first + rowsAPiece, task.weight.rows)
    if direct {
      directProduct(x, tokens: tokens, task, storedRows: range)
    } else {
      panelProduct(x, tokens: tokens, task, rows: range)
    }
  }
}

/// Multiplies stored rows with each token's vector, and puts the results at our rows' places.
private func directProduct(
  _ x: UnsafePointer<Float>, tokens: Int, _ task: LinearTask, storedRows range: Range<Int>
) {
  let weight = task.weight
  let inPlace = weight.order == .asStored && !task.adds
  withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { buffer in
    guard let scratch = buffer.baseAddress else { return }
    for token in 0..<tokens {
      let output = task.output + token &* weight.rows
      let target = inPlace ? output + range.lowerBound : scratch
      let known = sk_dot_rows(
        Int32(weight.type.rawValue), target, weight.storedRow(range.lowerBound), weight.rowBytes,
        range.count, x + token &* weight.columns, weight.columns)
      precondition(known != 0, "a block type without a kernel")
      if inPlace { continue }
      for index in 0..<range.count {
        let row = weight.row(ofStored: range.lowerBound &+ index)
        output[row] = (task.adds ? output[row] : 0) + scratch[index]
      }
    }
  }
}

private func panelProduct(
  _ x: UnsafePointer<Float>, tokens: Int, _ task: LinearTask, rows range: Range<Int>
) {
  guard BLAS.hasOwnKernel else { return expandedProduct(x, tokens: tokens, task, rows: range) }
  let weight = task.weight
  withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: range.count) { pointers in
    for (index, row) in range.enumerated() {
      pointers[index] = weight.storedRow(weight.storedIndex(of: row))
    }
    let done = sk_panel_product(
      Int32(weight.type.rawValue), pointers.baseAddress, range.count, weight.columns, tokens, x,
      weight.columns, task.adds ? 1 : 0, task.output + range.lowerBound, weight.rows)
    precondition(done != 0, "a block type without a kernel, or no memory for a panel")
  }
}

/// The same for processors without our kernels: rows are expanded, OpenBLAS multiplies.
func expandedProduct(
  _ x: UnsafePointer<Float>, tokens: Int, _ task: LinearTask, rows range: Range<Int>
) {
  let weight = task.weight
  withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * weight.columns) { buffer in
    guard let tile = buffer.baseAddress else { return }
    for (index, row) in range.enumerated() {
      weight.expand(row: row, into: tile + index &* weight.columns)
    }
    BLAS.sgemm(
      transposeB: true, m: tokens, n: range.count, k: weight.columns, x, stride: weight.columns,
      tile, stride: weight.columns, beta: task.adds ? 1 : 0,
      into: task.output + range.lowerBound, stride: weight.rows)
  }
}
