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
  private let rowBytes: Int
  // Nobody writes to what a matrix was made from, so any thread may read it.
  nonisolated(unsafe) private let base: UnsafeRawPointer
  /// Keeps the mapping or memory alive.
  private let owner: Owner
  /// Of the types whose scales lie apart.
  private let scales: RowScales?

  fileprivate enum Owner: Sendable {
    case file(MappedFile)
    case matrix(Matrix)
    case copy(CopiedWeights)
    case absent(AbsentWeights)
  }

  /// Precondition: the tensor's range lies within its file and holds rows x columns of whole blocks,
  /// and it has scales for all of them where its type has them apart.
  package init(
    _ tensor: StoredTensor, rows: Int, columns: Int, order: RowOrder = .asStored
  ) {
    let (type, range) = (tensor.type, tensor.range)
    rowBytes = columns / type.weights * type.bytes
    precondition(range.count == rows * rowBytes && range.upperBound <= tensor.file.count)
    precondition((tensor.scales != nil) == type.hasScalesApart)
    self.type = type
    self.rows = rows
    self.columns = columns
    self.order = order
    owner = .file(tensor.file)
    base = tensor.file.address(of: range.lowerBound)
    scales = tensor.scales.map { RowScales($0, of: type) }
  }

  package init(
    type: BlockType, rows: Int, columns: Int, order: RowOrder = .asStored, in file: MappedFile,
    range: Range<Int>
  ) {
    self.init(
      StoredTensor(type: type, shape: [rows, columns], file: file, range: range), rows: rows,
      columns: columns, order: order)
  }

  /// Whether the weights lie in a file, not in memory of our own.
  package var isMapped: Bool { if case .file = owner { true } else { false } }

  /// Gives the pages that hold nothing else back to the kernel, which reads them again from the file
  /// when they are wanted. Nothing where the weights are not mapped.
  package func release() {
    if isMapped { release(base, span) }
    if let scales, case .file = scales.owner {
      release(scales.address(ofRow: 0), scales.span(ofRows: rows))
    }
  }

  private func release(_ first: UnsafeRawPointer, _ bytes: Int) {
    let page = UInt(getpagesize())
    let start = (UInt(bitPattern: first) + page - 1) / page * page
    let end = (UInt(bitPattern: first) + UInt(bytes)) / page * page
    guard start < end, let pages = UnsafeMutableRawPointer(bitPattern: start) else { return }
    madvise(pages, Int(end - start), MADV_DONTNEED)
  }

  /// A matrix in memory.
  package init(_ matrix: Matrix) {
    type = .f32
    rows = matrix.rows
    columns = matrix.columns
    order = .asStored
    rowBytes = matrix.columns * MemoryLayout<Float>.size
    owner = .matrix(matrix)
    scales = nil
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
    scales = nil
    base = UnsafeRawPointer(absent.bytes)
  }

  private init(_ copy: CopiedWeights, type: BlockType, rows: Int, columns: Int) {
    self.type = type
    self.rows = rows
    self.columns = columns
    order = .asStored
    rowBytes = columns / type.weights * type.bytes
    owner = .copy(copy)
    scales = nil
    base = UnsafeRawPointer(copy.bytes)
  }

  /// A copy in memory, in float32.
  private func expanded() -> StoredMatrix {
    let copy = CopiedWeights(count: rows * columns * MemoryLayout<Float>.size)
    let values = copy.bytes.assumingMemoryBound(to: Float.self)
    Parallel.forEach(rows) { expand(row: $0, into: values + $0 &* columns) }
    return StoredMatrix(copy, type: .f32, rows: rows, columns: columns)
  }

  /// A copy in memory with our rows in another order, in the stored type; in float32 where that has
  /// its scales apart, which are of rows that stand together.
  package func gathered(rows order: [Int]) -> StoredMatrix {
    guard !type.hasScalesApart else { return expanded().gathered(rows: order) }
    // Rows may lie farther apart than they are long.
    let rowBytes = columns / type.weights * type.bytes
    let copy = CopiedWeights(count: order.count * rowBytes)
    for (target, source) in order.enumerated() {
      precondition(source >= 0 && source < rows)
      copy.bytes.advanced(by: target * rowBytes).copyMemory(
        from: storedRow(storedIndex(of: source)), byteCount: rowBytes)
    }
    return StoredMatrix(copy, type: type, rows: order.count, columns: columns)
  }

  /// A copy in memory of the transpose, in the stored type where that is plain floats, else in
  /// float32. Precondition: rows in stored order.
  package func transposed() -> StoredMatrix {
    precondition(order == .asStored)
    guard type.isPlain else { return expanded().transposed() }
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
    scales = whole.scales?.from(row: range.lowerBound)
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
    scales = whole.scales?.everyOther(from: first)
    base = whole.base + first * whole.rowBytes
  }

  /// Bytes of the weights and of scales that lie apart.
  package var bytes: Int { weightBytes + (scales?.bytes(ofRows: rows) ?? 0) }
  private var weightBytes: Int { rows * (columns / type.weights * type.bytes) }
  /// From the first row's first byte to the last row's last one.
  private var span: Int { rows == 0 ? 0 : (rows - 1) * rowBytes + weightBytes / rows }

  @inline(__always)
  private func storedRow(_ index: Int) -> UnsafeRawPointer { base + index &* rowBytes }

  /// Gives the address of some stored rows, one `rowBytes` after the other as the kernels take
  /// them, until the call's end.
  package func withStoredRows<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawPointer?, _ rowBytes: Int) -> Result
  ) -> Result {
    defer { withExtendedLifetime(self) {} }
    guard let scales else { return body(storedRow(range.lowerBound), rowBytes) }
    return withUnsafeTemporaryAllocation(of: sk_row_apart.self, capacity: range.count) { rows in
      for (place, index) in range.enumerated() {
        rows.initializeElement(at: place, to: scales.described(index, at: storedRow(index)))
      }
      return body(UnsafeRawPointer(rows.baseAddress), MemoryLayout<sk_row_apart>.stride)
    }
  }

  /// Gives the addresses of some of our rows until the call's end.
  package func withRows(
    _ range: Range<Int>, _ body: (UnsafePointer<UnsafeRawPointer?>?) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: range.count) { pointers in
      guard scales != nil else {
        for (place, row) in range.enumerated() {
          pointers.initializeElement(at: place, to: storedRow(storedIndex(of: row)))
        }
        return body(UnsafePointer(pointers.baseAddress))
      }
      withUnsafeTemporaryAllocation(of: sk_row_apart.self, capacity: range.count) { rows in
        guard let first = rows.baseAddress else { return }
        describe(range, into: first)
        for place in 0..<range.count {
          pointers.initializeElement(at: place, to: UnsafeRawPointer(first + place))
        }
        body(UnsafePointer(pointers.baseAddress))
      }
    }
    withExtendedLifetime(self) {}
  }

  /// What the kernels take for some of our rows where the scales lie apart.
  private func describe(_ range: Range<Int>, into target: UnsafeMutablePointer<sk_row_apart>) {
    guard let scales else { return }
    for (place, row) in range.enumerated() {
      let index = storedIndex(of: row)
      (target + place).initialize(to: scales.described(index, at: storedRow(index)))
    }
  }

  /// Gives the addresses of all rows of several matrices until the call's end.
  package static func withRows(
    of matrices: [StoredMatrix], _ body: ([[UnsafeRawPointer?]]) -> Void
  ) {
    let described = matrices.map { matrix -> UnsafeMutablePointer<sk_row_apart>? in
      guard matrix.scales != nil else { return nil }
      let rows = UnsafeMutablePointer<sk_row_apart>.allocate(capacity: matrix.rows)
      matrix.describe(0..<matrix.rows, into: rows)
      return rows
    }
    defer { for rows in described { rows?.deallocate() } }
    body(
      zip(matrices, described).map { matrix, described in
        (0..<matrix.rows).map { row -> UnsafeRawPointer? in
          guard let described else { return matrix.storedRow(matrix.storedIndex(of: row)) }
          return UnsafeRawPointer(described + row)
        }
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
    let index = storedIndex(of: row)
    let known = withStoredRows(index..<index + 1) { stored, _ in
      sk_expand(Int32(type.rawValue), target, stored, columns)
    }
    precondition(known != 0, "a block type without a kernel")
  }
}

extension MappedFile {
  /// Where a byte lies, for as long as the file is held. Precondition: it has such a byte.
  fileprivate func address(of offset: Int) -> UnsafeRawPointer {
    guard let start = withBytes({ $0.baseAddress.map(UInt.init(bitPattern:)) }),
      let address = UnsafeRawPointer(bitPattern: start + UInt(offset))
    else { preconditionFailure("a weight in an empty file") }
    return address
  }
}

/// The scales of a matrix's rows, where they lie apart from its weights.
private struct RowScales: Sendable {
  // As in ``StoredMatrix``.
  nonisolated(unsafe) private let base: UnsafeRawPointer
  let owner: StoredMatrix.Owner
  /// Bytes from one row of scales to the next.
  private let rowBytes: Int
  private let tile: StoredScales.Tile
  /// Which of the tensor's rows is the first, and how many rows the next is away.
  private var first = 0
  private var step = 1

  /// The kernel of FP8 takes float32, which are few; that of MXFP4 reads the file's bytes.
  init(_ stored: StoredScales, of type: BlockType) {
    tile = stored.tile
    guard type == .fp8 else {
      base = stored.file.address(of: stored.range.lowerBound)
      owner = .file(stored.file)
      rowBytes = stored.perRow
      return
    }
    let size = MemoryLayout<Float>.size
    let copy = CopiedWeights(count: stored.count * size)
    stored.read(into: copy.bytes.assumingMemoryBound(to: Float.self))
    base = UnsafeRawPointer(copy.bytes)
    owner = .copy(copy)
    rowBytes = stored.perRow * size
  }

  func from(row: Int) -> RowScales {
    var part = self
    part.first += step * row
    return part
  }

  func everyOther(from row: Int) -> RowScales {
    var part = from(row: row)
    part.step *= 2
    return part
  }

  func address(ofRow row: Int) -> UnsafeRawPointer {
    base + (first &+ step &* row) / tile.rows &* rowBytes
  }

  func bytes(ofRows count: Int) -> Int { (count + tile.rows - 1) / tile.rows * rowBytes }
  /// From the first row's scales to the last row's.
  func span(ofRows count: Int) -> Int { bytes(ofRows: step * count) }

  func described(_ row: Int, at weights: UnsafeRawPointer) -> sk_row_apart {
    sk_row_apart(
      weights: weights.assumingMemoryBound(to: UInt8.self), scales: address(ofRow: row),
      span: tile.columns)
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
