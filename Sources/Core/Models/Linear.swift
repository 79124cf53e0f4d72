import CKernels
import LinearAlgebra
import SeerFormats

/// One product of a batch with a stored weight: `output (+)= x * weight'`.
package struct LinearTask {
  package let weight: StoredMatrix
  /// (tokens, weight.rows), row-major and contiguous.
  package let output: UnsafeMutablePointer<Float>
  package var adds = false

  package init(weight: StoredMatrix, output: UnsafeMutablePointer<Float>, adds: Bool = false) {
    self.weight = weight
    self.output = output
    self.adds = adds
  }
}

/// Up to this many tokens, vectors are multiplied with the stored blocks directly; above, a few
/// panels of 32 rows are expanded once for all of them. (Measured where both take the same time, for types
/// whose blocks are multiplied as integers and for others.)
package func directTokenLimit(_ type: BlockType) -> Int {
  sk_dot_order(Int32(type.rawValue)) == 0 ? 7 : 16
}

/// Runs products that share their input in one parallel loop.
///
/// `x` is (tokens, columns), row-major; every weight has that many columns. Work is split by
/// output rows, whose sums do not depend on each other, so the result does not depend on the number
/// of cores.
///
/// - Parameters:
///   - batch: the tokens of the pass, where `x` has some of them only: it decides how products are
///     made, so that a token's result does not depend on who else was asked for.
///   - precision: fast ones take the vectors as whole numbers whether there are few of them or many.
package func linearForward(
  _ x: UnsafePointer<Float>, tokens: Int, ofBatch batch: Int? = nil,
  precision: Precision = .exact, _ tasks: [LinearTask]
) {
  guard tokens > 0, let columns = tasks.first?.weight.columns else { return }
  precondition(tasks.allSatisfy { $0.weight.columns == columns }, "inputs of different width")
  if tasks.allSatisfy({ (batch ?? tokens) <= directTokenLimit($0.weight.type) }) {
    let rows = directPiece(
      of: tasks.reduce(0) { $0 + $1.weight.rows }, columns: columns, tokens: tokens)
    withPreparedVectors(x, tokens: tokens, columns: columns, precision, tasks) { prepared in
      forEachPiece(of: tasks, rowsAPiece: rows, tokenParts: [0..<tokens]) { task, range, _ in
        directProduct(x, prepared, tokens: tokens, task, storedRows: range)
      }
    }
  } else {
    let way = ProductWay(tokens: batch ?? tokens, precision: precision)
    let rows = way.piece(
      of: tasks.map(\.weight.rows), width: columns, tokens: tokens,
      weights: UnitNumbers(weights: tasks.map(\.weight)))
    let parts = way.tokenParts(tokens, pieces: pieceCount(of: tasks, rowsAPiece: rows))
    withPackedVectors([(x, columns)], tokens: tokens, way) { packed in
      forEachPiece(of: tasks, rowsAPiece: rows, tokenParts: parts) { task, range, part in
        switch way {
        case .matrixUnit(let numbers):
          unitProduct(numbers, packed[0], tokens: tokens, part, task, rows: range)
        case .wholeNumbers: wholeProduct(packed[0], tokens: tokens, task, rows: range)
        case .panels: panelProduct(packed[0], tokens: tokens, task, rows: range)
        case .expanded: expandedProduct(x, tokens: tokens, task, rows: range)
        }
      }
    }
  }
}

/// Rows that are multiplied with vectors one after another: few large pieces, since the first blocks of
/// each have to be waited for, but eight for every thread, so that all are done at about the same time.
private func directPiece(of rows: Int, columns: Int, tokens: Int) -> Int {
  let (least, most) = (65_536 / max(1, columns * tokens), rows / (8 * Parallel.workers))
  return max(32, max(least, most) / 32 * 32)
}

/// Adds up products of one vector each: `output += sum of factor * weight * x`.
///
/// - Parameter x: (weights, columns), a vector for each weight; all are (outputs, columns), stored
///   in our order.
func linearSum(
  _ weights: [StoredMatrix], of x: UnsafePointer<Float>, factors: [Float],
  precision: Precision = .exact, addingTo output: UnsafeMutablePointer<Float>
) {
  guard let first = weights.first else { return }
  let (outputs, columns, count) = (first.rows, first.columns, weights.count)
  precondition(
    factors.count == count
      && weights.allSatisfy {
        $0.rows == outputs && $0.columns == columns && $0.order == .asStored
      })
  let rows = directPiece(of: outputs, columns: columns, tokens: count)
  let tasks = weights.map { LinearTask(weight: $0, output: output) }
  withPreparedVectors(x, tokens: count, columns: columns, precision, tasks) { prepared in
    Parallel.forEach((outputs + rows - 1) / rows) { piece in
      let range = piece * rows..<min(outputs, (piece + 1) * rows)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { buffer in
        guard let sums = buffer.baseAddress else { return }
        for (index, weight) in weights.enumerated() {
          let vector = prepared.vectors(for: weight.type).map {
            $0 + index * sk_prepared_bytes(columns)
          }
          let done = weight.withStoredRows(range) { stored, rowBytes in
            sk_dot_rows(
              Int32(weight.type.rawValue), sums, range.count, stored, rowBytes, range.count,
              x + index * columns, prepared.isShort, vector, columns, 1)
          }
          precondition(done != 0, "a block type without a kernel, or no memory for a row")
          sk_add_scaled(output + range.lowerBound, sums, range.count, factors[index])
        }
      }
    }
  }
}

/// The buffer of the last products' packed vectors, for the next: a fresh one would cost its pages.
private let packedBuffer = SpareMatrix()

/// Packs vectors, (tokens, width) each, for products; those that need no packing stay where they
/// are.
func withPackedVectors(
  _ inputs: [(x: UnsafePointer<Float>, width: Int)], tokens: Int, _ way: ProductWay,
  _ body: ([UnsafePointer<Float>]) -> Void
) {
  let sizes = inputs.map { way.packedFloats(tokens: tokens, width: $0.width) }
  let total = sizes.reduce(0, +)
  guard total > 0 else { return body(inputs.map(\.x)) }
  let packed = packedBuffer.take(atLeast: total)
  var start = 0
  let places = zip(inputs, sizes).map { input, size -> UnsafePointer<Float> in
    guard size > 0 else { return input.x }
    let target = packed.elements + start
    start += size
    way.pack(input.x, tokens: tokens, width: input.width, into: target)
    return UnsafePointer(target)
  }
  body(places)
  packedBuffer.give(packed)
}

/// Bytes that products of so many tokens take at the most to pack vectors of these widths.
package func packedBytes(tokens: Int, widths: [Int]) -> Int {
  let most = Precision.allCases.map { precision in
    let way = ProductWay(tokens: tokens, precision: precision)
    return widths.reduce(0) { $0 + way.packedFloats(tokens: tokens, width: $1) }
  }.max()
  return (most ?? 0) * MemoryLayout<Float>.size
}

private func pieceCount(of tasks: [LinearTask], rowsAPiece: Int) -> Int {
  tasks.reduce(0) { $0 + ($1.weight.rows + rowsAPiece - 1) / rowsAPiece }
}

/// Calls `body` for ranges of all tasks' rows and for all parts of the tokens, in parallel.
private func forEachPiece(
  of tasks: [LinearTask], rowsAPiece: Int, tokenParts: [Range<Int>],
  _ body: (LinearTask, _ rows: Range<Int>, _ tokens: Range<Int>) -> Void
) {
  let count = pieceCount(of: tasks, rowsAPiece: rowsAPiece)
  Parallel.forEach(count * tokenParts.count) { index in
    let (part, rest) = index.quotientAndRemainder(dividingBy: count)
    var piece = rest
    for task in tasks {
      let pieces = pieceCount(of: [task], rowsAPiece: rowsAPiece)
      if piece < pieces {
        let first = piece * rowsAPiece
        return body(
          task, first..<min(first + rowsAPiece, task.weight.rows), tokenParts[part])
      }
      piece -= pieces
    }
  }
}

/// The input in every order that the tasks' types want it in (`sk_prepare`), one order after the
/// other.
private struct PreparedVectors {
  let base: UnsafeMutableRawPointer?
  let bytesAnOrder: Int
  /// 1 for vectors of 15 bits (`--precision fast`), 0 for those of 23.
  let isShort: Int32

  func vectors(for type: BlockType) -> UnsafeRawPointer? {
    base.map { UnsafeRawPointer($0) + Int(sk_dot_order(Int32(type.rawValue))) * bytesAnOrder }
  }
}

private func withPreparedVectors(
  _ x: UnsafePointer<Float>, tokens: Int, columns: Int, _ precision: Precision,
  _ tasks: [LinearTask], _ body: (PreparedVectors) -> Void
) {
  let isShort: Int32 = precision == .fast ? 1 : 0
  var orders: UInt = 0
  for task in tasks { orders |= 1 << UInt(sk_dot_order(Int32(task.weight.type.rawValue))) }
  guard orders > 1 else {
    return body(PreparedVectors(base: nil, bytesAnOrder: 0, isShort: isShort))
  }
  let bytes = sk_prepared_bytes(columns)
  withUnsafeTemporaryAllocation(
    byteCount: Int(sk_orders) * tokens * bytes, alignment: 64
  ) { buffer in
    guard let base = buffer.baseAddress else { return }
    for order in 1..<Int(sk_orders) where orders >> UInt(order) & 1 == 1 {
      for token in 0..<tokens {
        sk_prepare(
          Int32(order), isShort, base + (order &* tokens &+ token) &* bytes,
          x + token &* columns, columns)
      }
    }
    body(PreparedVectors(base: base, bytesAnOrder: tokens * bytes, isShort: isShort))
  }
}

/// Multiplies stored rows with each token's vector, and puts the results at our rows' places.
private func directProduct(
  _ x: UnsafePointer<Float>, _ prepared: PreparedVectors, tokens: Int, _ task: LinearTask,
  storedRows range: Range<Int>
) {
  let weight = task.weight
  func multiply(into target: UnsafeMutablePointer<Float>, stride: Int) {
    let done = weight.withStoredRows(range) { rows, rowBytes in
      sk_dot_rows(
        Int32(weight.type.rawValue), target, stride, rows, rowBytes, range.count, x,
        prepared.isShort, prepared.vectors(for: weight.type), weight.columns, tokens)
    }
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
  weight.withRows(range) { pointers in
    let done = sk_product(
      Int32(weight.type.rawValue), pointers, range.count, weight.columns, tokens, x,
      task.adds ? 1 : 0, task.output + range.lowerBound, weight.rows)
    precondition(done != 0, "a block type without a kernel, or no memory for a panel")
  }
}

/// The same on whole numbers.
private func wholeProduct(
  _ packed: UnsafePointer<Float>, tokens: Int, _ task: LinearTask, rows range: Range<Int>
) {
  let weight = task.weight
  weight.withRows(range) { pointers in
    let done = sk_int16_product(
      Int32(weight.type.rawValue), pointers, range.count, weight.columns, tokens, packed,
      task.adds ? 1 : 0, task.output + range.lowerBound, weight.rows)
    precondition(done != 0, "a block type without a kernel, or no memory for a panel")
  }
}

/// The same on the matrix unit, for some of the tokens.
private func unitProduct(
  _ numbers: UnitNumbers, _ packed: UnsafePointer<Float>, tokens: Int, _ part: Range<Int>,
  _ task: LinearTask, rows range: Range<Int>
) {
  let weight = task.weight
  weight.withRows(range) { pointers in
    let done = sk_amx_product(
      numbers.rawValue, Int32(weight.type.rawValue), pointers, range.count, weight.columns, tokens,
      part.lowerBound, part.count, packed, task.adds ? 1 : 0, task.output + range.lowerBound,
      weight.rows)
    precondition(done != 0, "a block type without a kernel, or no memory for the columns")
  }
}

/// The same for processors without our kernels: rows are expanded, OpenBLAS multiplies.
package func expandedProduct(
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
