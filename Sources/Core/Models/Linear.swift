import CKernels
import LinearAlgebra
import Synchronization

/// One product of a batch with a stored weight: `output (+)= x * weight'`.
struct LinearTask {
  let weight: StoredMatrix
  /// (tokens, weight.rows), row-major and contiguous.
  let output: UnsafeMutablePointer<Float>
  var adds = false
}

/// Up to this many tokens, vectors are multiplied with the stored blocks directly; above, a few
/// panels of 32 rows are expanded once for all of them. (Measured where both take the same time, for types
/// whose blocks are multiplied as integers and for others.)
func directTokenLimit(_ type: BlockType) -> Int {
  sk_dot_order(Int32(type.rawValue)) == 0 ? 7 : 16
}

/// Runs products that share their input in one parallel loop.
///
/// `x` is (tokens, columns), row-major; every weight has that many columns. Work is split by
/// output rows, whose sums do not depend on each other, so the result does not depend on the number
/// of cores.
///
/// - Parameter batch: the tokens of the pass, where `x` has some of them only: it decides how
///   products are made, so that a token's result does not depend on who else was asked for.
func linearForward(
  _ x: UnsafePointer<Float>, tokens: Int, ofBatch batch: Int? = nil, _ tasks: [LinearTask]
) {
  guard tokens > 0, let columns = tasks.first?.weight.columns else { return }
  precondition(tasks.allSatisfy { $0.weight.columns == columns }, "inputs of different width")
  if tasks.allSatisfy({ (batch ?? tokens) <= directTokenLimit($0.weight.type) }) {
    // Direct products are short: a few large pieces cost less than many panels.
    let rows = max(32, 65_536 / max(1, columns * tokens) / 32 * 32)
    withPreparedVectors(x, tokens: tokens, columns: columns, tasks) { prepared in
      forEachPiece(of: tasks, rowsAPiece: rows) { task, range in
        directProduct(x, prepared, tokens: tokens, task, storedRows: range)
      }
    }
  } else {
    let rows = productPiece(of: tasks.map(\.weight.rows))
    guard BLAS.hasOwnKernel else {
      return forEachPiece(of: tasks, rowsAPiece: rows) { task, range in
        expandedProduct(x, tokens: tokens, task, rows: range)
      }
    }
    withPackedVectors([(x, columns)], tokens: tokens) { packed in
      forEachPiece(of: tasks, rowsAPiece: rows) { task, range in
        panelProduct(packed[0], tokens: tokens, task, rows: range)
      }
    }
  }
}

/// How many rows (or columns, of the transpose) one piece of products takes that are made in one
/// loop: as many as let all cores end soonest and stay in a core's cache.
///
/// There are three pieces a core where there are panels for it, so that a core that another process
/// takes away holds up a third of the loop. Every piece reads all vectors, which takes the
/// time of some four rows (measured).
func productPiece(of rows: [Int]) -> Int {
  let panel = Int(sk_panel_width)
  let cores = Parallel.workers
  let most = min(Int(sk_piece_rows), rows.reduce(0, +) / (3 * cores))
  var best = (size: panel, time: Int.max)
  for size in stride(from: panel, through: max(panel, most), by: panel) {
    let pieces = rows.reduce(0) { $0 + ($1 + size - 1) / size }
    let time = (pieces + cores - 1) / cores * (size + 4)
    if time <= best.time { best = (size, time) }
  }
  return best.size
}

/// The buffer of the last products' packed vectors, for the next: a fresh one would cost its pages.
private let packedBuffer = Mutex<Matrix?>(nil)

/// Packs vectors, (tokens, width) each, for `sk_product`; those that need no packing stay where
/// they are.
func withPackedVectors(
  _ inputs: [(x: UnsafePointer<Float>, width: Int)], tokens: Int,
  _ body: ([UnsafePointer<Float>]) -> Void
) {
  let sizes = inputs.map { sk_packed_floats(tokens, $0.width) }
  let total = sizes.reduce(0, +)
  guard total > 0 else { return body(inputs.map(\.x)) }
  var buffer = packedBuffer.withLock { kept in
    defer { kept = nil }
    return kept
  }
  if (buffer?.count ?? 0) < total { buffer = nil }
  let packed = buffer ?? Matrix(rows: 1, columns: total)
  var start = 0
  let places = zip(inputs, sizes).map { input, size -> UnsafePointer<Float> in
    guard size > 0 else { return input.x }
    let target = packed.elements + start
    start += size
    let tile = Int(sk_token_tile)
    Parallel.forEach((tokens + tile - 1) / tile) { index in
      sk_pack_vectors(target, input.x, tokens, input.width, index)
    }
    return UnsafePointer(target)
  }
  body(places)
  packedBuffer.withLock { $0 = packed }
}

/// Bytes that products of so many tokens take to pack vectors of these widths.
func packedBytes(tokens: Int, widths: [Int]) -> Int {
  widths.reduce(0) { $0 + sk_packed_floats(tokens, $1) } * MemoryLayout<Float>.size
}

/// Calls `body` for ranges of all tasks' rows, in parallel.
private func forEachPiece(
  of tasks: [LinearTask], rowsAPiece: Int, _ body: (LinearTask, Range<Int>) -> Void
) {
  func pieces(_ task: LinearTask) -> Int { (task.weight.rows + rowsAPiece - 1) / rowsAPiece }
  Parallel.forEach(tasks.reduce(0) { $0 + pieces($1) }) { index in
    var piece = index
    for task in tasks {
      let count = pieces(task)
      if piece < count {
        let first = piece * rowsAPiece
        return body(task, first..<min(first + rowsAPiece, task.weight.rows))
      }
      piece -= count
    }
  }
}

/// The input in every order that the tasks' types want it in (`sk_prepare`), one order after the
/// other.
private struct PreparedVectors {
  let base: UnsafeMutableRawPointer?
  let bytesAnOrder: Int

  func vectors(for type: BlockType) -> UnsafeRawPointer? {
    base.map { UnsafeRawPointer($0) + Int(sk_dot_order(Int32(type.rawValue))) * bytesAnOrder }
  }
}

private func withPreparedVectors(
  _ x: UnsafePointer<Float>, tokens: Int, columns: Int, _ tasks: [LinearTask],
  _ body: (PreparedVectors) -> Void
) {
  var orders: UInt = 0
  for task in tasks { orders |= 1 << UInt(sk_dot_order(Int32(task.weight.type.rawValue))) }
  guard orders > 1 else { return body(PreparedVectors(base: nil, bytesAnOrder: 0)) }
  let bytes = sk_prepared_bytes(columns)
  withUnsafeTemporaryAllocation(
    byteCount: Int(sk_orders) * tokens * bytes, alignment: 64
  ) { buffer in
    guard let base = buffer.baseAddress else { return }
    for order in 1..<Int(sk_orders) where orders >> UInt(order) & 1 == 1 {
      for token in 0..<tokens {
        sk_prepare(
          Int32(order), base + (order &* tokens &+ token) &* bytes, x + token &* columns, columns)
      }
    }
    body(PreparedVectors(base: base, bytesAnOrder: tokens * bytes))
  }
}

/// Multiplies stored rows with each token's vector, and puts the results at our rows' places.
private func directProduct(
  _ x: UnsafePointer<Float>, _ prepared: PreparedVectors, tokens: Int, _ task: LinearTask,
  storedRows range: Range<Int>
) {
  let weight = task.weight
  func multiply(into target: UnsafeMutablePointer<Float>, stride: Int) {
    let done = sk_dot_rows(
      Int32(weight.type.rawValue), target, stride, weight.storedRow(range.lowerBound),
      weight.rowBytes, range.count, x, prepared.vectors(for: weight.type), weight.columns, tokens)
    precondition(done != 0, "a block type without a kernel, or no memory for a row")
  }
  if weight.order == .asStored && !task.adds {
    return multiply(into: task.output + range.lowerBound, stride: weight.rows)
  }
  withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * tokens) { buffer in
    guard let scratch = buffer.baseAddress else { return }
    multiply(into: scratch, stride: range.count)
    for token in 0..<tokens {
      let output = task.output + token &* weight.rows
      let sums = scratch + token &* range.count
      for index in 0..<range.count {
        let row = weight.row(ofStored: range.lowerBound &+ index)
        output[row] = (task.adds ? output[row] : 0) + sums[index]
      }
    }
  }
}

/// - Parameter x: packed where vectors of that width are to be.
private func panelProduct(
  _ x: UnsafePointer<Float>, tokens: Int, _ task: LinearTask, rows range: Range<Int>
) {
  let weight = task.weight
  withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: range.count) { pointers in
    for (index, row) in range.enumerated() {
      pointers[index] = weight.storedRow(weight.storedIndex(of: row))
    }
    let done = sk_product(
      Int32(weight.type.rawValue), pointers.baseAddress, range.count, weight.columns, tokens, x,
      task.adds ? 1 : 0, task.output + range.lowerBound, weight.rows)
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
