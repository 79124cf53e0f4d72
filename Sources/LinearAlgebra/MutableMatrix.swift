/// A matrix that is written as often as its owner likes: parameters, gradients, caches and the
/// working memory of a job, whose objects share it.
///
/// It stays in the job that made it, and the compiler sees to that: it is not `Sendable`. What is
/// handed on is a frozen ``ReadableMatrix/copy()``; what is filled once is a ``MatrixBuilder``.
public final class MutableMatrix: ReadableMatrix {
  /// How many rows there are, at least 0.
  public let rows: Int
  /// How many columns there are, at least 0.
  public let columns: Int
  /// `rows * columns` floats; element (r, c) is at `r * columns + c`.
  public let elements: UnsafeMutablePointer<Float>
  private var isOwner = true

  /// Takes over a builder's memory, without a copy.
  public init(_ builder: consuming MatrixBuilder) {
    rows = builder.rows
    columns = builder.columns
    elements = builder.takeElements()
  }

  /// Zeros. Precondition: both sizes are at least 0 and their product fits.
  public convenience init(rows: Int, columns: Int) {
    self.init(MatrixBuilder(rows: rows, columns: columns))
  }

  /// Anything, for who writes every element before reading it.
  public convenience init(unfilled rows: Int, columns: Int) {
    self.init(MatrixBuilder(unfilled: rows, columns: columns))
  }

  /// Each element from its place. Precondition: both sizes are at least 0 and their product fits.
  public convenience init(
    rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Float
  ) {
    self.init(MatrixBuilder(rows: rows, columns: columns, element))
  }

  /// A copy of a matrix.
  public convenience init(copying source: some ReadableMatrix) {
    self.init(MatrixBuilder(copying: source))
  }

  /// Freezes a matrix: in its own memory where nobody else holds it, else a copy. What is left in its
  /// place is empty.
  public static func freeze(_ matrix: inout MutableMatrix) -> Matrix {
    let isAlone = isKnownUniquelyReferenced(&matrix)
    let found = matrix
    matrix = MutableMatrix(rows: 0, columns: 0)
    guard isAlone else { return found.copy() }
    found.isOwner = false
    return MatrixBuilder(owning: found.elements, rows: found.rows, columns: found.columns).frozen()
  }

  deinit {
    if isOwner { MatrixMemory.give(elements, count: count) }
  }

  /// The first element; the others follow row by row.
  @inlinable
  public var start: UnsafePointer<Float> { UnsafePointer(elements) }

  /// One element. Precondition: the place is inside the matrix.
  @inlinable
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

  /// Takes over values row by row. Precondition: there are as many.
  package func fill(from values: [Float]) {
    precondition(values.count == count)
    for (place, value) in values.enumerated() { elements[place] = value }
  }

  /// The first element of a row. Precondition: `row < rows`.
  @inlinable @inline(__always)
  public func row(_ row: Int) -> UnsafeMutablePointer<Float> { elements + row * columns }
}
