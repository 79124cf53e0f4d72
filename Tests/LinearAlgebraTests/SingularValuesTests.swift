import Foundation
import LinearAlgebra
import TestSupport
import Testing

struct SingularValuesTests {
  struct Case: Decodable {
    var name: String
    var rows: Int
    var columns: Int
    var matrix: [Double]
    var values: [Double]
    var rank: Int
    /// U · V', (rows, columns), where the matrix determines it.
    var polar: [Double]?
  }

  private func cases() throws -> [Case] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let data = try Data(
      contentsOf: folder.appendingPathComponent("Fixtures/singular_values.json"))
    return try JSONDecoder().decode([Case].self, from: data)
  }

  /// The largest distance of the rows' products from those of orthonormal rows.
  private func skewness(_ vectors: [Double], width: Int) -> Double {
    let count = vectors.count / max(1, width)
    var worst = 0.0
    for i in 0..<count {
      for j in 0..<count {
        let product = (0..<width).reduce(0.0) {
          $0 + vectors[i * width + $1] * vectors[j * width + $1]
        }
        worst = max(worst, abs(product - (i == j ? 1 : 0)))
      }
    }
    return worst
  }

  /// The sum of outer products of left and right vectors, each times its factor: (rows, columns).
  private func product(_ s: SingularValues, _ factors: [Double], _ one: Case) -> [Double] {
    var result = [Double](repeating: 0, count: one.rows * one.columns)
    for (index, factor) in factors.enumerated() {
      for row in 0..<one.rows {
        for column in 0..<one.columns {
          result[row * one.columns + column] +=
            factor * s.left[index * one.rows + row] * s.right[index * one.columns + column]
        }
      }
    }
    return result
  }

  private func difference(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { abs($0 - $1) }.max() ?? 0
  }

  @Test func valuesAreNumpys() throws {
    for one in try cases() {
      let s = try SingularValues(one.matrix, rows: one.rows, columns: one.columns)
      let size = one.values[0]
      #expect(s.values.count == min(one.rows, one.columns), "\(one.name)")
      #expect(difference(s.values, one.values) <= 1e-14 * size, "\(one.name)")
      #expect(s.rank(relativeTolerance: 1e-12) == one.rank, "\(one.name)")
      if let polar = one.polar {
        let found = product(s, s.values.map { _ in 1 }, one)
        #expect(difference(found, polar) < 1e-12, "\(one.name)")
      }
    }
  }

  @Test func vectorsAreOrthonormalAndGiveTheMatrixBack() throws {
    for one in try cases() {
      let s = try SingularValues(one.matrix, rows: one.rows, columns: one.columns)
      #expect(s.values == s.values.sorted(by: >) && s.values.allSatisfy { $0 >= 0 })
      #expect(s.left.count == s.values.count * one.rows)
      #expect(s.right.count == s.values.count * one.columns)
      #expect(skewness(s.left, width: one.rows) < 1e-13, "\(one.name)")
      #expect(skewness(s.right, width: one.columns) < 1e-13, "\(one.name)")
      let again = product(s, s.values, one)
      #expect(difference(again, one.matrix) <= 1e-14 * s.values[0], "\(one.name)")
    }
  }

  @Test func theLargestEntryOfALeftVectorIsPositive() throws {
    for one in try cases() {
      for sign in [1.0, -1.0] {
        let s = try SingularValues(
          one.matrix.map { $0 * sign }, rows: one.rows, columns: one.columns)
        for index in s.values.indices {
          let vector = s.left[index * one.rows..<(index + 1) * one.rows]
          #expect((vector.max() ?? 0) >= -(vector.min() ?? 0), "\(one.name)")
        }
      }
    }
  }

  @Test func manyThreadsAtOnceFindTheSameBits() throws {
    var random = SeededGenerator(seed: 3)
    let matrix = (0..<200 * 160).map { _ in Double(random.normal()) }
    let alone = try SingularValues(matrix, rows: 200, columns: 160)
    let equal = MutableMatrix(rows: 8, columns: 1)
    Parallel.forEach(8) { index in
      let s = try? SingularValues(matrix, rows: 200, columns: 160)
      equal[index, 0] =
        s?.values == alone.values && s?.left == alone.left && s?.right == alone.right ? 1 : 0
    }
    #expect(equal.values == Array(repeating: 1, count: 8))
  }

  @Test func nothingAndWhatIsNoNumber() throws {
    let none = try SingularValues([], rows: 0, columns: 3)
    #expect(none.values.isEmpty && none.rank(relativeTolerance: 0) == 0)
    let error = #expect(throws: LAPACKError.self) {
      try SingularValues([1, .nan, 0, 1], rows: 2, columns: 2)
    }
    #expect(error?.routine == "dgesdd")
  }
}
