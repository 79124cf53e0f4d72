import CKernels
import LinearAlgebra
import SeerSupport

/// An array of numbers as it lies in a mapped file: that of an .npy file, one of an .npz or
/// safetensors file.
package struct StoredArray: Sendable {
  /// What messages call it: the file, and its name in there.
  package let file: String
  package let name: String?
  package let type: NumberType
  /// Sizes of its axes, the outermost first.
  package let shape: [Int]
  /// Whether the first axis is the one whose neighbours lie side by side (Fortran order).
  package let isColumnMajor: Bool
  private let bytes: FileBytes

  /// - Parameter bytes: the numbers and nothing else.
  ///
  /// Fails where there are more or fewer bytes than the shape asks for.
  init(
    file: String, name: String?, type: NumberType, shape: [Int], isColumnMajor: Bool = false,
    bytes: FileBytes, at place: String
  ) throws(Failure) {
    self.file = file
    self.name = name
    self.type = type
    self.shape = shape
    self.isColumnMajor = isColumnMajor
    self.bytes = bytes
    var wanted: Int? = type.size
    for size in shape {
      wanted = wanted.flatMap { count in
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        return overflow ? nil : product
      }
    }
    guard wanted == bytes.range.count else {
      throw Failure(
        .badData, file: file, place: place, found: "\(bytes.range.count) bytes",
        wanted: wanted.map { "\($0) for shape \(shape)" } ?? "a shape that fits, not \(shape)",
        advice: "The file is truncated or damaged: write it again.")
    }
  }

  /// How many numbers lie from one to the next along each axis.
  private var strides: [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    let axes = Array(shape.indices)
    let inward = isColumnMajor ? axes : axes.reversed()
    for (inner, outer) in zip(inward, inward.dropFirst()) {
      // An array without numbers may have axes of any length.
      strides[outer] = strides[inner] &* shape[inner]
    }
    return strides
  }

  /// The rows along one axis with their columns along another, at fixed places of the others.
  ///
  /// Precondition: different axes, and places within the shape.
  package func rows(along row: Int, columnsAlong column: Int, at places: [Int: Int] = [:])
    -> StoredRows
  {
    let strides = strides
    var offset = 0
    for (axis, place) in places {
      precondition(axis != row && axis != column && place >= 0 && place < shape[axis])
      offset += place * strides[axis]
    }
    return StoredRows(
      array: self, bytes: bytes, offset: offset, rowStride: strides[row],
      columnStride: strides[column], rows: shape[row], columns: shape[column])
  }
}

/// A matrix within a ``StoredArray``, read a few rows at a time.
package struct StoredRows: Sendable {
  package let array: StoredArray
  fileprivate let bytes: FileBytes
  /// In numbers, from the array's first.
  fileprivate let offset: Int
  fileprivate let rowStride: Int
  fileprivate let columnStride: Int
  package let rows: Int
  package let columns: Int

  /// Reads some rows as float32, each number rounded once, or as Double. `target` takes
  /// (range, columns). Precondition: the range lies within the rows.
  package func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    each(range) { source, stride, count, place, step in
      array.type.read(
        source, stride: stride, count: count, into: target + place, targetStride: step)
    }
  }

  package func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Double>) {
    each(range) { source, stride, count, place, step in
      array.type.read(
        source, stride: stride, count: count, into: target + place, targetStride: step)
    }
  }

  /// The pieces in which rows are read: by row, or by column where those lie together.
  private func each(
    _ range: Range<Int>,
    _ body: (
      _ source: UnsafeRawPointer, _ stride: Int, _ count: Int, _ place: Int, _ step: Int
    ) -> Void
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows)
    guard !range.isEmpty, columns > 0 else { return }
    bytes.withBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let first = offset + range.lowerBound * rowStride
      let size = array.type.size
      if rowStride < columnStride {
        for column in 0..<columns {
          body(
            base + (first + column * columnStride) * size, rowStride, range.count, column, columns)
        }
      } else if columnStride == 1, rowStride == columns {
        body(base + first * size, 1, range.count * columns, 0, 1)
      } else {
        for row in 0..<range.count {
          body(base + (first + row * rowStride) * size, columnStride, columns, row * columns, 1)
        }
      }
    }
  }

  /// Reads some rows as float32 and refuses what float32 does not hold: NaN, infinities, numbers
  /// beyond it. The failure names the array and the place in it.
  package func readFinite(
    _ range: Range<Int>, into target: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    read(range, into: target)
    let count = range.count * columns
    let place = sk_first_not_finite(target, count)
    guard place < count else { return }
    let row = range.lowerBound + place / columns
    var values = [Double](repeating: 0, count: columns)
    values.withUnsafeMutableBufferPointer { values in
      if let base = values.baseAddress { read(row..<row + 1, into: base) }
    }
    throw notFinite(row: row, column: place % columns, value: values[place % columns])
  }

  func notFinite(row: Int, column: Int, value: Double) -> Failure {
    Failure(
      .badData, file: array.file,
      place: (array.name.map { "array \($0), " } ?? "") + "row \(row), column \(column)",
      found: "\(value)",
      wanted: value.isFinite ? "at most 3.4e38, which float32 holds" : "a finite number",
      advice: value.isFinite
        ? "Scale the numbers down." : "Take the row out, or compute its states again.")
  }

  /// Gives the pages of the array that were read back to the kernel, which reads them again from the
  /// file when they are wanted: what is mapped counts as this process's memory.
  package func release() { bytes.release() }
}
