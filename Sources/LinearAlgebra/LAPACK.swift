import COpenBLAS

/// A LAPACK routine that did not converge; with finite input it does not happen in practice.
public struct LAPACKError: Error, CustomStringConvertible, Equatable {
  /// The routine's name, such as `ssyevd`.
  public let routine: String
  /// What LAPACK calls `info`: above 0 it did not converge, below 0 an argument was wrong.
  public let code: Int
  /// A sentence for the user: what failed, and what to look at.
  public var description: String {
    "LAPACK's \(routine) failed with code \(code): the matrix holds values it cannot decompose. "
      + "Check the input for infinities and NaN."
  }
}

/// Eigenvalues in ascending order with the eigenvectors as rows of ``vectors``.
public struct SymmetricEigen: Sendable {
  /// The eigenvalues, ascending.
  public let values: [Float]
  /// (count, n): row i is the unit eigenvector of `values[i]`.
  public let vectors: Matrix

  /// Decomposes a symmetric (n, n) matrix with LAPACK's `ssyevd` (divide and conquer); only its
  /// upper triangle is read. O(n³) time, about 3 n² floats of memory.
  public init(_ symmetric: Matrix) throws(LAPACKError) {
    precondition(symmetric.rows == symmetric.columns)
    _ = BLAS.ready
    let n = symmetric.rows
    let vectors = MatrixBuilder(copying: symmetric)
    var values = [Float](repeating: 0, count: n)
    guard n > 0 else {
      self.values = []
      self.vectors = vectors.frozen()
      return
    }
    var order = numericCast(n) as Int32
    var info: Int32 = 0
    var workSize: Float = 0
    var integerWorkSize: Int32 = 0
    var query: Int32 = -1
    // Our upper triangle by rows is LAPACK's lower triangle by columns.
    ssyevd_(
      "V", "L", &order, vectors.elements, &order, &values, &workSize, &query, &integerWorkSize,
      &query, &info)
    // Sizes above 2^24 come back rounded down to a float; the slack covers it.
    var workCount = Int32(workSize) + Int32(workSize) / 1_000_000 + 64
    var integerWorkCount = integerWorkSize
    var work = [Float](repeating: 0, count: Int(workCount))
    var integerWork = [Int32](repeating: 0, count: Int(max(1, integerWorkCount)))
    ssyevd_(
      "V", "L", &order, vectors.elements, &order, &values, &work, &workCount, &integerWork,
      &integerWorkCount, &info)
    guard info == 0 else { throw LAPACKError(routine: "ssyevd", code: Int(info)) }
    self.values = values
    self.vectors = vectors.frozen()
  }

  /// The `count` largest eigenvalues, ascending, and their eigenvectors, with LAPACK's `ssyevr`
  /// (relatively robust representations); only the upper triangle is read. O(n³) time, about
  /// n² + n · count floats of memory.
  ///
  /// Precondition: `0 < count <= n`.
  public init(_ symmetric: Matrix, largest count: Int) throws(LAPACKError) {
    precondition(symmetric.rows == symmetric.columns && count > 0 && count <= symmetric.rows)
    _ = BLAS.ready
    let n = symmetric.rows
    let work = MatrixBuilder(copying: symmetric)
    let vectors = MatrixBuilder(rows: count, columns: n)
    var values = [Float](repeating: 0, count: n)
    var support = [Int32](repeating: 0, count: 2 * n)
    var order = numericCast(n) as Int32
    var first = numericCast(n - count + 1) as Int32
    var bound: Float = 0
    var tolerance: Float = 0
    var found: Int32 = 0
    var info: Int32 = 0
    // 26 n floats and 10 n integers are ssyevr's least; 64 columns a block are its blocked best.
    var workCount = numericCast(max(26, 70) * n) as Int32
    var integerCount = numericCast(10 * n) as Int32
    var space = [Float](repeating: 0, count: Int(workCount))
    var integers = [Int32](repeating: 0, count: Int(integerCount))
    // Our upper triangle by rows is LAPACK's lower triangle by columns.
    ssyevr_(
      "V", "I", "L", &order, work.elements, &order, &bound, &bound, &first, &order, &tolerance,
      &found, &values, vectors.elements, &order, &support, &space, &workCount, &integers,
      &integerCount, &info)
    guard info == 0, Int(found) == count else {
      throw LAPACKError(routine: "ssyevr", code: Int(info))
    }
    self.values = Array(values[..<count])
    self.vectors = vectors.frozen()
  }
}
