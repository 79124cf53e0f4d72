/// A row-major float32 matrix that never changes, over one 64-byte aligned allocation: what jobs
/// and screens hand to each other.
///
/// Who computes one fills a ``MatrixBuilder`` and freezes it; what is written again and again is a
/// ``MutableMatrix``, which stays in its job.
///
///     let identity = Matrix(rows: 2, columns: 2) { $0 == $1 ? 1 : 0 }
///     identity[1, 1]  // 1
///
public final class Matrix: ReadableMatrix, Sendable {
  /// How many rows there are, at least 0.
  public let rows: Int
  /// How many columns there are, at least 0.
  public let columns: Int
  /// `rows * columns` floats; element (r, c) is at `r * columns + c`.
  // Any thread may read: who could write, the builder, is consumed by the only initialiser.
  nonisolated(unsafe) public let elements: UnsafePointer<Float>

  /// Takes over a builder's memory, without a copy.
  public init(_ builder: consuming MatrixBuilder) {
    rows = builder.rows
    columns = builder.columns
    elements = UnsafePointer(builder.takeElements())
  }

  /// Makes a matrix of zeros. Precondition: both sizes are at least 0 and their product fits.
  public convenience init(rows: Int, columns: Int) {
    self.init(MatrixBuilder(rows: rows, columns: columns))
  }

  /// Each element from its place. Precondition: both sizes are at least 0 and their product fits.
  public convenience init(
    rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Float
  ) {
    self.init(MatrixBuilder(rows: rows, columns: columns, element))
  }

  /// Precondition: `values.count == rows * columns`.
  public convenience init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) values for \(rows) x \(columns)")
    let builder = MatrixBuilder(unfilled: rows, columns: columns)
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      builder.elements.update(from: base, count: source.count)
    }
    self.init(builder)
  }

  /// All rows of several matrices, one matrix after the other. Precondition: each has that many
  /// columns.
  public convenience init(stacking matrices: [Matrix], columns: Int) {
    let builder = MatrixBuilder(
      unfilled: matrices.reduce(0) { $0 + $1.rows }, columns: columns)
    var row = 0
    for matrix in matrices {
      precondition(matrix.columns == columns, "\(matrix.columns) columns beside \(columns)")
      builder.row(row).update(from: matrix.elements, count: matrix.count)
      row += matrix.rows
    }
    self.init(builder)
  }

  deinit { MatrixMemory.give(UnsafeMutablePointer(mutating: elements), count: count) }

  /// The first element; the others follow row by row.
  @inlinable
  public var start: UnsafePointer<Float> { elements }

  /// One element. Precondition: the place is inside the matrix.
  @inlinable
  public subscript(row: Int, column: Int) -> Float {
    precondition(row >= 0 && row < rows && column >= 0 && column < columns)
    return elements[row * columns + column]
  }

  /// The first element of a row. Precondition: `row < rows`.
  @inlinable @inline(__always)
  public func row(_ row: Int) -> UnsafePointer<Float> { elements + row * columns }

  /// Gives the memory of large matrices that are gone back to the system; until then it is kept
  /// for the next ones.
  public static func releaseUnused() { LargeMemory.release() }
}
