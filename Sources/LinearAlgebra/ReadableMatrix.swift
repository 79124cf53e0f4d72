/// What a ``Matrix`` and a ``MutableMatrix`` have in common: rows of floats to read.
public protocol ReadableMatrix: AnyObject {
  /// How many rows there are, at least 0.
  var rows: Int { get }
  /// How many columns there are, at least 0.
  var columns: Int { get }
  /// `rows * columns` floats; element (r, c) is at `r * columns + c`.
  var start: UnsafePointer<Float> { get }
}

extension ReadableMatrix {
  /// How many elements there are.
  @inlinable
  public var count: Int { rows * columns }

  /// A copy of one row.
  @inlinable
  public func values(row: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: start + row * columns, count: columns))
  }

  /// A copy of all elements, row by row.
  @inlinable
  public var values: [Float] { Array(UnsafeBufferPointer(start: start, count: count)) }

  /// A frozen copy.
  public func copy() -> Matrix { MatrixBuilder(copying: self).frozen() }

  /// A copy of the given rows, in the given order.
  public func selecting(rows indices: [Int]) -> Matrix {
    MatrixBuilder(copying: self, rows: indices).frozen()
  }
}

/// The memory that matrices lie in.
enum MatrixMemory {
  static func take(rows: Int, columns: Int) -> UnsafeMutablePointer<Float> {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) x \(columns)")
    let count = max(16, rows * columns)
    return LargeMemory.take(count * MemoryLayout<Float>.stride)
      .bindMemory(to: Float.self, capacity: count)
  }

  static func give(_ elements: UnsafeMutablePointer<Float>, count: Int) {
    LargeMemory.give(elements, max(16, count) * MemoryLayout<Float>.stride)
  }
}
