import CKernels
import Foundation
import LinearAlgebra
import SeerSupport

/// A (rows, columns) weight matrix in its stored form, within a mapped file or in memory.
///
/// Products read the blocks as they are; nothing is expanded for good.
package struct StoredMatrix: Sendable {
  /// How our rows lie in the file.
  package enum RowOrder: Equatable, Sendable {
    case asStored
    /// llama.cpp's converter interleaves the two halves of every head of q and k (adjacent-pair
    /// RoPE); our row p of a head is stored row 2 (p mod d/2) + p div d/2, with d sizes a head.
    case interleavedHeads(headDimension: Int)
  }

  package let type: BlockType
  package let rows: Int
  package let columns: Int
  package let order: RowOrder
  /// Bytes from one stored row to the next.
  package let rowBytes: Int
  // Nobody writes to what a matrix was made from, so any thread may read it.
  nonisolated(unsafe) private let base: UnsafeRawPointer
  /// Keeps the mapping or memory alive.
  private let owner: Owner

  private enum Owner: Sendable {
    case file(MappedFile)
    case matrix(Matrix)
    case copy(CopiedWeights)
    case absent(AbsentWeights)
  }

  /// Precondition: `range` lies within the file and holds rows x columns of whole blocks.
  package init(
    type: BlockType, rows: Int, columns: Int, order: RowOrder = .asStored, in file: MappedFile,
    range: Range<Int>
  ) {
    rowBytes = columns / type.weights * type.bytes
    precondition(range.count == rows * rowBytes && range.upperBound <= file.count)
    guard let start = file.withBytes({ $0.baseAddress.map(UInt.init(bitPattern:)) }),
      let first = UnsafeRawPointer(bitPattern: start + UInt(range.lowerBound))
    else { preconditionFailure("a weight in an empty file") }
    self.type = type
    self.rows = rows
    self.columns = columns
    self.order = order
    owner = .file(file)
    base = first
  }

  /// Whether the weights lie in a file, not in memory of our own.
  package var isMapped: Bool { if case .file = owner { true } else { false } }

  /// Gives the pages that hold nothing else back to the kernel, which reads them again from the file
  /// when they are wanted. Nothing where the weights are not mapped.
  package func release() {
    guard isMapped else { return }
    let page = UInt(getpagesize())
    let first = (UInt(bitPattern: base) + page - 1) / page * page
    let end = (UInt(bitPattern: base) + UInt(span)) / page * page
    guard first < end, let start = UnsafeMutableRawPointer(bitPattern: first) else { return }
    madvise(start, Int(end - first), MADV_DONTNEED)
  }

  /// A matrix in memory.
  package init(_ matrix: Matrix) {
    type = .f32
    rows = matrix.rows
    columns = matrix.columns
    order = .asStored
    rowBytes = matrix.columns * MemoryLayout<Float>.size
    owner = .matrix(matrix)
    base = UnsafeRawPointer(matrix.elements)
  }

  /// Zeros in place of a tensor that is not there, for looking over the rest of a model: pages that
  /// cost nothing until they are read. Nil where there is no address space for them.
  package init?(absentOfRows rows: Int, columns: Int) {
    guard let absent = AbsentWeights(count: rows * columns * MemoryLayout<UInt16>.size) else {
      return nil
    }
    type = .f16
    self.rows = rows
    self.columns = columns
    order = .asStored
    rowBytes = columns * MemoryLayout<UInt16>.size
    owner = .absent(absent)
    base = UnsafeRawPointer(absent.bytes)
  }

  private init(_ copy: CopiedWeights, type: BlockType, rows: Int, columns: Int) {
    self.type = type
    self.rows = rows
    self.columns = columns
    order = .asStored
    rowBytes = columns / type.weights * type.bytes
    owner = .copy(copy)
    base = UnsafeRawPointer(copy.bytes)
  }

  /// A copy in memory with our rows in another order, in the stored type.
  package func gathered(rows order: [Int]) -> StoredMatrix {
    let copy = CopiedWeights(count: order.count * rowBytes)
    for (target, source) in order.enumerated() {
      precondition(source >= 0 && source < rows)
      copy.bytes.advanced(by: target * rowBytes).copyMemory(
        from: storedRow(storedIndex(of: source)), byteCount: rowBytes)
    }
    return StoredMatrix(copy, type: type, rows: order.count, columns: columns)
  }

  /// A copy in memory of the transpose, in the stored type. Precondition: a type without blocks.
  package func transposed() -> StoredMatrix {
    precondition(type.weights == 1 && order == .asStored)
    let copy = CopiedWeights(count: bytes)
    switch type.bytes {
    case 4: transpose(into: copy.bytes.assumingMemoryBound(to: UInt32.self))
    default: transpose(into: copy.bytes.assumingMemoryBound(to: UInt16.self))
    }
    return StoredMatrix(copy, type: type, rows: columns, columns: rows)
  }

  /// Tile by tile, so that lines of both sides stay in the cache.
  private func transpose<Element: BitwiseCopyable>(into target: UnsafeMutablePointer<Element>) {
    let tile = 64
    let source = base
    let (rows, columns) = (rows, columns)
    let bytes = MemoryLayout<Element>.size
    Parallel.forEach((columns + tile - 1) / tile) { part in
      for first in stride(from: 0, to: rows, by: tile) {
        for column in part * tile..<min(columns, (part + 1) * tile) {
          for row in first..<min(rows, first + tile) {
            target[column &* rows &+ row] = source.loadUnaligned(
              fromByteOffset: (row &* columns &+ column) &* bytes, as: Element.self)
          }
        }
      }
    }
  }

  private init(_ whole: StoredMatrix, rows range: Range<Int>) {
    type = whole.type
    rows = range.count
    columns = whole.columns
    order = .asStored
    rowBytes = whole.rowBytes
    owner = whole.owner
    base = whole.base + range.lowerBound * whole.rowBytes
  }

  /// Some of the rows, where they lie. Precondition: they are in range and in stored order.
  package func part(rows range: Range<Int>) -> StoredMatrix {
    precondition(order == .asStored && range.lowerBound >= 0 && range.upperBound <= rows)
    return StoredMatrix(self, rows: range)
  }

  /// Every other row, where it lies. Precondition: rows are in stored order.
  package func everyOtherRow(from first: Int) -> StoredMatrix {
    precondition(order == .asStored && (0...1).contains(first) && rows % 2 == 0)
    return StoredMatrix(everyOtherRowOf: self, from: first)
  }

  private init(everyOtherRowOf whole: StoredMatrix, from first: Int) {
    type = whole.type
    rows = whole.rows / 2
    columns = whole.columns
    order = .asStored
    rowBytes = 2 * whole.rowBytes
    owner = whole.owner
    base = whole.base + first * whole.rowBytes
  }

  package var bytes: Int { rows * (columns / type.weights * type.bytes) }
  /// From the first row's first byte to the last row's last one.
  private var span: Int { rows == 0 ? 0 : (rows - 1) * rowBytes + bytes / rows }

  @inline(__always)
  private func storedRow(_ index: Int) -> UnsafeRawPointer { base + index &* rowBytes }

  /// Gives the address of a stored row, after which the others follow, until the call's end.
  package func withStoredRow<Result>(
    _ index: Int, _ body: (UnsafeRawPointer) -> Result
  ) -> Result {
    defer { withExtendedLifetime(owner) {} }
    return body(storedRow(index))
  }

  /// Gives the addresses of some of our rows until the call's end.
  package func withRows(
    _ range: Range<Int>, _ body: (UnsafePointer<UnsafeRawPointer?>?) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: range.count) { pointers in
      for (index, row) in range.enumerated() { pointers[index] = storedRow(storedIndex(of: row)) }
      body(UnsafePointer(pointers.baseAddress))
    }
    withExtendedLifetime(owner) {}
  }

  /// Gives the addresses of all rows of several matrices until the call's end.
  package static func withRows(
    of matrices: [StoredMatrix], _ body: ([[UnsafeRawPointer?]]) -> Void
  ) {
    body(
      matrices.map { matrix in
        (0..<matrix.rows).map { matrix.storedRow(matrix.storedIndex(of: $0)) }
      })
    withExtendedLifetime(matrices) {}
  }

  /// Where our row `row` is stored.
  @inline(__always)
  package func storedIndex(of row: Int) -> Int {
    switch order {
    case .asStored: return row
    case .interleavedHeads(let size):
      let half = size / 2
      let inHead = row % size
      return row - inHead + 2 * (inHead % half) + inHead / half
    }
  }

  /// The row of ours that stored row `index` holds: the inverse of ``storedIndex(of:)``.
  @inline(__always)
  package func row(ofStored index: Int) -> Int {
    switch order {
    case .asStored: return index
    case .interleavedHeads(let size):
      let inHead = index % size
      return index - inHead + (inHead % 2) * (size / 2) + inHead / 2
    }
  }

  /// Expands one of our rows to float32; `target` takes `columns` floats.
  package func expand(row: Int, into target: UnsafeMutablePointer<Float>) {
    precondition(row >= 0 && row < rows)
    let known = sk_expand(Int32(type.rawValue), target, storedRow(storedIndex(of: row)), columns)
    precondition(known != 0, "a block type without a kernel")
  }
}

/// Weights that were copied into memory.
private final class CopiedWeights: Sendable {
  // Written before a ``StoredMatrix`` is made of it, never after.
  nonisolated(unsafe) let bytes: UnsafeMutableRawPointer

  init(count: Int) {
    bytes = .allocate(byteCount: max(64, count), alignment: 64)
  }

  deinit { bytes.deallocate() }
}

/// Pages of zeros that no memory has been given yet.
private final class AbsentWeights: Sendable {
  // Read-only pages.
  nonisolated(unsafe) let bytes: UnsafeMutableRawPointer
  private let count: Int

  init?(count: Int) {
    self.count = max(1, count)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let bytes = mmap(nil, self.count, PROT_READ, flags, -1, 0), bytes != MAP_FAILED else {
      return nil
    }
    self.bytes = bytes
  }

  deinit { munmap(bytes, count) }
}
