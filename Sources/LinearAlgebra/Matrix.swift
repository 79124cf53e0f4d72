/// A row-major float32 matrix over one 64-byte aligned allocation.
///
/// A reference type on purpose: hot loops write through ``elements`` and nothing is ever copied
/// behind their back. Whoever makes a matrix owns it until handing it over; after that it is
/// treated as read-only, which is what makes sending it between threads safe.
///
///     let identity = Matrix(rows: 2, columns: 2) { $0 == $1 ? 1 : 0 }
///     identity[1, 1]  // 1
public final class Matrix: @unchecked Sendable {
  public let rows: Int
  public let columns: Int
  /// `rows * columns` floats; element (r, c) is at `r * columns + c`.
  public let elements: UnsafeMutablePointer<Float>

  /// Makes a matrix of zeros. Precondition: both sizes are at least 0 and their product fits.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    elements = Self.allocate(rows: rows, columns: columns)
    elements.update(repeating: 0, count: rows * columns)
  }

  /// Makes a matrix that holds anything, for who writes every element before reading it: zeros
  /// would be written by one core, and take a large matrix's pages with them.
  public init(unfilled rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    elements = Self.allocate(rows: rows, columns: columns)
  }

  private static func allocate(rows: Int, columns: Int) -> UnsafeMutablePointer<Float> {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) x \(columns)")
    let count = max(16, rows * columns)
    return LargeMemory.take(count * MemoryLayout<Float>.stride)
      .bindMemory(to: Float.self, capacity: count)
  }

  /// Gives the memory of large matrices that are gone back to the system; until then it is kept
  /// for the next ones.
  public static func releaseUnused() { LargeMemory.release() }

  public convenience init(
    rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Float
  ) {
    self.init(rows: rows, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns { elements[row * columns + column] = element(row, column) }
    }
  }

  /// Precondition: `values.count == rows * columns`.
  public convenience init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) values for \(rows) x \(columns)")
    self.init(rows: rows, columns: columns)
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      elements.update(from: base, count: source.count)
    }
  }

  deinit { LargeMemory.give(elements, max(16, count) * MemoryLayout<Float>.stride) }

  public var count: Int { rows * columns }

  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      return elements[row * columns + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      elements[row * columns + column] = newValue
    }
  }

  /// The first element of a row. Precondition: `row < rows`.
  @inline(__always)
  public func row(_ row: Int) -> UnsafeMutablePointer<Float> { elements + row * columns }

  /// A copy of one row.
  public func values(row: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: self.row(row), count: columns))
  }

  /// A copy of all elements, row by row.
  public var values: [Float] { Array(UnsafeBufferPointer(start: elements, count: count)) }

  public func copy() -> Matrix {
    let result = Matrix(rows: rows, columns: columns)
    result.elements.update(from: elements, count: count)
    return result
  }

  /// A copy of the given rows, in the given order.
  public func selecting(rows indices: [Int]) -> Matrix {
    let result = Matrix(rows: indices.count, columns: columns)
    for (target, source) in indices.enumerated() {
      precondition(source >= 0 && source < rows)
      result.row(target).update(from: row(source), count: columns)
    }
    return result
  }
}
