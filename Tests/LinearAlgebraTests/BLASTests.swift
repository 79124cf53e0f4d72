import CKernels
import LinearAlgebra
import TestSupport
import Testing

/// Every product against sums in Double: the own kernel, OpenBLAS, and what chooses between them.
struct BLASTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var m: Int
    var n: Int
    var k: Int
    var testDescription: String { "\(m) x \(n) x \(k)" }
  }

  /// Around the tile of 14 x 32, the transposing of 16 x 16 and the panel depth of 1024.
  static let shapes =
    [
      (1, 1, 1), (1, 32, 16), (2, 3, 4), (13, 31, 15), (14, 32, 16), (15, 33, 17), (16, 16, 16),
      (27, 64, 1), (28, 1, 40), (29, 47, 100), (1, 65, 1023), (3, 17, 1024), (5, 33, 1025),
      (2, 8, 2050), (100, 5, 3), (64, 96, 0), (0, 4, 4), (4, 0, 4),
    ].map { Shape(m: $0.0, n: $0.1, k: $0.2) }

  enum Path: CaseIterable { case own, openBLAS, chosen }

  static let paths: [Path] = BLAS.hasOwnKernel ? [.own, .openBLAS, .chosen] : [.openBLAS, .chosen]

  @Test(arguments: paths, shapes)
  func products(path: Path, shape: Shape) {
    var random = SeededGenerator(seed: UInt64(shape.m + 1000 * shape.n + 100_000 * shape.k))
    let (m, n, k) = (shape.m, shape.n, shape.k)
    for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
      for (alpha, beta) in [(1, 0), (1, 1), (-0.5, 0), (2, 0.25), (0.125, -1)] as [(Float, Float)] {
        for gap in [0, 3] {
          let lda = max(1, (transposeA ? m : k) + gap)
          let ldb = max(1, (transposeB ? k : n) + 2 * gap)
          let ldc = max(1, n + gap)
          let a = (0..<max(1, (transposeA ? k : m) * lda)).map { _ in random.normal() }
          let b = (0..<max(1, (transposeB ? n : k) * ldb)).map { _ in random.normal() }
          // With beta 0 the target is not read, whatever it holds.
          let before = (0..<max(1, m * ldc)).map { _ in beta == 0 ? Float.nan : random.normal() }
          var c = before
          switch path {
          case .own:
            guard m > 0, n > 0 else { continue }
            #expect(
              sk_sgemm(
                transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, alpha, a, lda, b, ldb, beta, &c,
                ldc) == 1)
          case .openBLAS:
            guard m > 0, n > 0 else { continue }
            BLAS.openBLASgemm(
              transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha, a,
              stride: lda, b, stride: ldb, beta: beta, into: &c, stride: ldc)
          case .chosen:
            BLAS.sgemm(
              transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha, a,
              stride: lda, b, stride: ldb, beta: beta, into: &c, stride: ldc)
          }
          for row in 0..<m {
            for column in 0..<ldc {
              let place = row * ldc + column
              guard column < n else {
                #expect(c[place].bitPattern == before[place].bitPattern, "between the rows")
                continue
              }
              var wanted = beta == 0 ? 0 : Double(beta) * Double(before[place])
              var size = abs(wanted) + 1e-30
              for p in 0..<k {
                let x = transposeA ? a[p * lda + row] : a[row * lda + p]
                let y = transposeB ? b[column * ldb + p] : b[p * ldb + column]
                wanted += Double(alpha) * Double(x) * Double(y)
                size += abs(Double(alpha) * Double(x) * Double(y))
              }
              if abs(Double(c[place]) - wanted) > 2e-6 * size || c[place].isNaN {
                Issue.record("(\(row), \(column)): \(c[place]), wanted \(wanted); \(alpha) \(beta)")
                return
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: [
    (1, 5, 3), (7, 1, 2), (70, 33, 20), (33, 70, 20), (300, 8, 5), (8, 300, 5), (4, 4, 0),
  ])
  func multiplyingMatrices(m: Int, n: Int, k: Int) {
    var random = SeededGenerator(seed: 9)
    for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
      let a = Matrix(rows: transposeA ? k : m, columns: transposeA ? m : k) { _, _ in
        random.normal()
      }
      let b = Matrix(rows: transposeB ? n : k, columns: transposeB ? k : n) { _, _ in
        random.normal()
      }
      let product = multiply(a, transposeA: transposeA, b, transposeB: transposeB)
      let naive = Matrix(rows: m, columns: n) { row, column in
        var sum = 0.0
        for p in 0..<k {
          sum +=
            Double(transposeA ? a[p, row] : a[row, p])
            * Double(transposeB ? b[column, p] : b[p, column])
        }
        return Float(sum)
      }
      #expect(product.rows == m && product.columns == n)
      #expect(relativeDistance(product.values, naive.values) <= 1e-6)
    }
  }

  @Test(arguments: [(1, 1), (5, 40), (40, 5), (33, 33)])
  func symmetricProducts(n: Int, k: Int) {
    var random = SeededGenerator(seed: 10)
    for transpose in [false, true] {
      let a = Matrix(rows: transpose ? k : n, columns: transpose ? n : k) { _, _ in
        random.normal()
      }
      let c = MutableMatrix(rows: n, columns: n) { _, _ in 7 }
      BLAS.ssyrk(
        transpose: transpose, n: n, k: k, alpha: 0.5, a.elements, stride: a.columns, beta: 2,
        into: c.elements, stride: n)
      for row in 0..<n {
        for column in 0..<n {
          var wanted = 14.0
          for p in 0..<k {
            wanted +=
              0.5 * Double(transpose ? a[p, row] : a[row, p])
              * Double(transpose ? a[p, column] : a[column, p])
          }
          #expect(column < row ? c[row, column] == 7 : abs(Double(c[row, column]) - wanted) < 1e-3)
        }
      }
    }
  }
}
