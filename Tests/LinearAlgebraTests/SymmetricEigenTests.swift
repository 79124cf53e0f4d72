import LinearAlgebra
import TestSupport
import Testing

struct SymmetricEigenTests {
  func symmetric(_ n: Int) -> Matrix {
    var random = SeededGenerator(seed: UInt64(n))
    let a = Matrix(rows: n, columns: n) { _, _ in random.normal() }
    return Matrix(rows: n, columns: n) { a[$0, $1] + a[$1, $0] }
  }

  /// The pairs solve `A v = w v` with orthonormal vectors and ascending values.
  func check(_ eigen: SymmetricEigen, of a: Matrix) {
    let n = a.rows
    let size = max(1, eigen.values.map(abs).max() ?? 1)
    #expect(eigen.values == eigen.values.sorted())
    let products = multiply(eigen.vectors, eigen.vectors, transposeB: true)
    for i in eigen.values.indices {
      for j in eigen.values.indices {
        #expect(abs(products[i, j] - (i == j ? 1 : 0)) < 2e-5)
      }
      for row in 0..<n {
        let left = (0..<n).reduce(0.0) { $0 + Double(a[row, $1]) * Double(eigen.vectors[i, $1]) }
        #expect(
          abs(left - Double(eigen.values[i]) * Double(eigen.vectors[i, row])) < 3e-5 * Double(size))
      }
    }
  }

  @Test(arguments: [1, 2, 3, 10, 33, 65, 100])
  func all(n: Int) throws {
    let a = symmetric(n)
    let eigen = try SymmetricEigen(a)
    #expect(eigen.values.count == n && eigen.vectors.rows == n)
    check(eigen, of: a)
  }

  @Test(arguments: [(1, 1), (10, 1), (10, 10), (65, 3), (100, 50)])
  func theLargest(n: Int, count: Int) throws {
    let a = symmetric(n)
    let eigen = try SymmetricEigen(a, largest: count)
    #expect(eigen.values.count == count && eigen.vectors.rows == count)
    check(eigen, of: a)
    let all = try SymmetricEigen(a).values.suffix(count)
    for (x, y) in zip(eigen.values, all) { #expect(abs(x - y) < 1e-4 * max(1, abs(y))) }
  }

  @Test func none() throws {
    #expect(try SymmetricEigen(Matrix(rows: 0, columns: 0)).values.isEmpty)
  }

  @Test func knownValues() throws {
    let eigen = try SymmetricEigen(Matrix(rows: 2, columns: 2, values: [2, 1, 1, 2]))
    #expect(relativeDistance(eigen.values, [1, 3]) < 1e-6)
    #expect(abs(abs(eigen.vectors[1, 0]) - 0.5.squareRoot().floatValue) < 1e-6)
    #expect(eigen.vectors[1, 0] * eigen.vectors[1, 1] > 0)
  }

  @Test func onlyTheUpperTriangleIsRead() throws {
    let a = symmetric(20)
    let upper = Matrix(rows: 20, columns: 20) { $1 >= $0 ? a[$0, $1] : .nan }
    #expect(try SymmetricEigen(upper).values == SymmetricEigen(a).values)
    #expect(
      try SymmetricEigen(upper, largest: 3).values == SymmetricEigen(a, largest: 3).values)
  }

  @Test func theInputStaysAsItWas() throws {
    let a = symmetric(12)
    let before = a.values
    _ = try SymmetricEigen(a)
    _ = try SymmetricEigen(a, largest: 2)
    #expect(a.values == before)
  }
}

extension Double {
  fileprivate var floatValue: Float { Float(self) }
}
