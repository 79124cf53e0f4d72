import COpenBLAS
import Foundation

/// The eigenvalues of a symmetric (n, n) matrix, ascending, without vectors (LAPACK's `ssyevd`);
/// only the upper triangle is read. O(n³) time.
public func symmetricEigenvalues(_ symmetric: Matrix) throws(LAPACKError) -> [Float] {
  precondition(symmetric.rows == symmetric.columns)
  _ = BLAS.ready
  let n = symmetric.rows
  guard n > 0 else { return [] }
  let work = MatrixBuilder(copying: symmetric)
  var values = [Float](repeating: 0, count: n)
  var order = numericCast(n) as Int32
  var info: Int32 = 0
  var spaceCount = numericCast((2 + 64) * n + 1) as Int32
  var space = [Float](repeating: 0, count: Int(spaceCount))
  var integerCount: Int32 = 1
  var integers: [Int32] = [0]
  ssyevd_(
    "N", "L", &order, work.elements, &order, &values, &space, &spaceCount, &integers,
    &integerCount, &info)
  guard info == 0 else { throw LAPACKError(routine: "ssyevd", code: Int(info)) }
  return values
}

/// The natural logarithm of the determinant of a symmetric positive definite (n, n) matrix, by its
/// Cholesky factor (LAPACK's `spotrf`), which takes the place of the matrix's upper triangle;
/// only that is read. O(n³) time.
public func takeLogDeterminant(_ symmetric: borrowing MatrixBuilder) throws(LAPACKError) -> Double {
  precondition(symmetric.rows == symmetric.columns)
  _ = BLAS.ready
  let n = symmetric.rows
  guard n > 0 else { return 0 }
  var order = numericCast(n) as Int32
  var info: Int32 = 0
  // Our upper triangle by rows is LAPACK's lower triangle by columns.
  spotrf_("L", &order, symmetric.elements, &order, &info)
  guard info == 0 else { throw LAPACKError(routine: "spotrf", code: Int(info)) }
  var sum = 0.0
  // The product of a few pivots at a time: one logarithm for each would show in the time.
  var product = 1.0
  for index in 0..<n {
    product *= Double(symmetric.elements[index &* (n &+ 1)])
    if index % 8 == 7 || index == n - 1 {
      sum += log(product)
      product = 1
    }
  }
  return 2 * sum
}
