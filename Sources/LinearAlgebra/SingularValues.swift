import COpenBLAS

/// The singular value decomposition A = U · S · V' of a (rows, columns) matrix in Double, with
/// k = min(rows, columns) values, by LAPACK's `dgesdd` (divide and conquer).
///
/// The same matrix gives the same bits, whatever the number of threads: OpenBLAS has one. Where
/// values repeat, their vectors are one basis of many; the vectors of values that are nothing but
/// rounding (from ``rank(relativeTolerance:)`` on) are orthonormal to the rest and say no more.
public struct SingularValues: Sendable {
  /// Descending, none negative; k of them.
  public let values: [Double]
  /// (k, rows): row i is the unit left vector of `values[i]`; its entry of largest magnitude, the
  /// first of several, is positive.
  public let left: [Double]
  /// (k, columns): row i is the unit right vector of `values[i]`.
  public let right: [Double]

  /// Decomposes `matrix`, (rows, columns) row by row. O(rows · columns · k) time.
  ///
  /// Precondition: `matrix.count == rows * columns`.
  public init(_ matrix: [Double], rows: Int, columns: Int) throws(LAPACKError) {
    precondition(rows >= 0 && columns >= 0 && matrix.count == rows * columns)
    _ = BLAS.ready
    let k = min(rows, columns)
    guard k > 0 else {
      (values, left, right) = ([], [], [])
      return
    }
    // Our matrix by rows is LAPACK's transpose by columns, V · S · U': its left vectors, by
    // columns, are our right ones by rows.
    var content = matrix
    var values = [Double](repeating: 0, count: k)
    var right = [Double](repeating: 0, count: k * columns)
    var transposed = [Double](repeating: 0, count: k * rows)
    var m = numericCast(columns) as Int32
    var n = numericCast(rows) as Int32
    var count = numericCast(k) as Int32
    var integers = [Int32](repeating: 0, count: 8 * k)
    var info: Int32 = 0
    var workSize = 0.0
    var workCount: Int32 = -1
    dgesdd_(
      "S", &m, &n, &content, &m, &values, &right, &m, &transposed, &count, &workSize, &workCount,
      &integers, &info)
    workCount = Int32(workSize)
    var work = [Double](repeating: 0, count: Int(workCount))
    dgesdd_(
      "S", &m, &n, &content, &m, &values, &right, &m, &transposed, &count, &work, &workCount,
      &integers, &info)
    guard info == 0 else { throw LAPACKError(routine: "dgesdd", code: Int(info)) }
    var left = [Double](repeating: 0, count: k * rows)
    for index in 0..<k {
      var largest = 0.0
      for row in 0..<rows {
        let value = transposed[row * k + index]
        left[index * rows + row] = value
        if abs(value) > abs(largest) { largest = value }
      }
      guard largest < 0 else { continue }
      for row in 0..<rows { left[index * rows + row].negate() }
      for column in 0..<columns { right[index * columns + column].negate() }
    }
    (self.values, self.left, self.right) = (values, left, right)
  }

  /// How many values are above `relativeTolerance` times the largest; 0 for a matrix of zeros.
  public func rank(relativeTolerance: Double) -> Int {
    let largest = values.first ?? 0
    return values.prefix { $0 > largest * relativeTolerance && $0 > 0 }.count
  }
}
