/// A matrix in the making, which one owner fills and then freezes.
///
/// It cannot be copied, so nobody else can write once ``frozen()`` has consumed it, and its memory
/// lives to the end of the scope that it stands in: pointers into it need no other care than not to
/// leave that scope.
///
///     let squares = MatrixBuilder(rows: 3, columns: 1)
///     squares.fillRows { row, target in target[0] = Float(row * row) }
///     let matrix = squares.frozen()
///     matrix[2, 0]  // 4
public struct MatrixBuilder: ~Copyable {
  /// How many rows there are, at least 0.
  public let rows: Int
  /// How many columns there are, at least 0.
  public let columns: Int
  /// `rows * columns` floats; element (r, c) is at `r * columns + c`.
  public let elements: UnsafeMutablePointer<Float>

  /// Zeros. Precondition: both sizes are at least 0 and their product fits.
  public init(rows: Int, columns: Int) {
    self.init(unfilled: rows, columns: columns)
    elements.update(repeating: 0, count: rows * columns)
  }

  /// Anything, for who writes every element before reading it: zeros would be written by one core,
  /// and take a large matrix's pages with them.
  public init(unfilled rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    elements = MatrixMemory.take(rows: rows, columns: columns)
  }

  /// Owns memory of ``MatrixMemory`` from now on.
  init(owning elements: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// Each element from its place. Precondition: both sizes are at least 0 and their product fits.
  public init(rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Float) {
    self.init(unfilled: rows, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns { elements[row * columns + column] = element(row, column) }
    }
  }

  /// A copy of a matrix.
  public init(copying source: some ReadableMatrix) {
    self.init(unfilled: source.rows, columns: source.columns)
    elements.update(from: source.start, count: source.count)
  }

  /// Some rows of a matrix, in the given order.
  public init(copying source: some ReadableMatrix, rows indices: [Int]) {
    self.init(unfilled: indices.count, columns: source.columns)
    let (start, columns) = (source.start, source.columns)
    for (target, row) in indices.enumerated() {
      precondition(row >= 0 && row < source.rows)
      elements.advanced(by: target * columns).update(from: start + row * columns, count: columns)
    }
  }

  deinit { MatrixMemory.give(elements, count: count) }

  /// The matrix, in the same memory.
  public consuming func frozen() -> Matrix { Matrix(self) }

  /// The memory, for who owns it from now on.
  consuming func takeElements() -> UnsafeMutablePointer<Float> {
    let elements = elements
    discard self
    return elements
  }

  /// How many elements there are.
  @inlinable
  public var count: Int { rows * columns }

  /// One element. Precondition: the place is inside the matrix.
  @inlinable
  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      return elements[row * columns + column]
    }
    nonmutating set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      elements[row * columns + column] = newValue
    }
  }

  /// The first element of a row. Precondition: `row < rows`.
  @inlinable @inline(__always)
  public func row(_ row: Int) -> UnsafeMutablePointer<Float> { elements + row * columns }

  /// Calls `body` once for every row, on all cores; each call writes its own row and no other.
  ///
  /// - Parameters:
  ///   - grain: the fewest rows that are worth handing to another core.
  ///   - body: told a row and where its first element lies.
  @inlinable
  public borrowing func fillRows(
    grain: Int = 64, _ body: (_ row: Int, _ target: UnsafeMutablePointer<Float>) -> Void
  ) {
    let (elements, columns) = (elements, columns)
    Parallel.ranges(of: rows, grain: grain) { range in
      for row in range { body(row, elements + row * columns) }
    }
  }
}
