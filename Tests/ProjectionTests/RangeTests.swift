import LinearAlgebra
import SeerProjection
import Testing

/// Rows whose squares float32 does not hold, and rows of which one is very far from the others.
struct RangeTests {
  static func rows(_ count: Int = 60, width: Int = 7, seed: UInt64 = 4) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(rows: count, columns: width) { _, column in
      generator.normal() * Float(width - column)
    }
  }

  /// A power of two: every product is exact.
  static func scaled(_ matrix: Matrix, by exponent: Int) -> Matrix {
    Matrix(rows: matrix.rows, columns: matrix.columns) {
      Float(sign: .plus, exponent: exponent, significand: matrix[$0, $1])
    }
  }

  @Test(arguments: [-110, -80, 66, 100, 108], [7, 80])
  func principalComponentsAreThoseOfOrdinaryRows(exponent: Int, width: Int) throws {
    let rows = Self.rows(width: width)
    let wanted = try PCA.fit(rows, components: 3)
    let scaled = Self.scaled(rows, by: exponent)
    let found = try PCA.fit(scaled, components: 3)
    let (points, others) = (wanted.transform(rows), found.transform(scaled))
    for index in 0..<3 {
      #expect(
        abs(found.explainedVarianceRatio[index] - wanted.explainedVarianceRatio[index]) < 1e-5)
      for row in 0..<rows.rows {
        let point = Float(sign: .plus, exponent: -exponent, significand: others[row, index])
        #expect(abs(point - points[row, index]) < 1e-3)
      }
    }
  }

  /// Beside a column a million times as large, and beside one row far off, the others' directions are
  /// what they are without it.
  @Test(arguments: [6, 90])
  func smallVariancesBesideALargeOne(width: Int) throws {
    let rows = Self.rows(40, width: width)
    let twice = Matrix(rows: 80, columns: width) { rows[$0 / 2, $1] }
    let wanted = try PCA.fit(twice, components: 2)
    // Every row with both signs: the large column has nothing to do with the others.
    let large = Matrix(rows: 80, columns: width + 1) { row, column in
      column == 0 ? (row % 2 == 0 ? 1e6 : -1e6) : twice[row, column - 1]
    }
    let found = try PCA.fit(large, components: 3)
    #expect(abs(found.components[0, 0] - 1) < 1e-6)
    for index in 0..<2 {
      #expect(
        abs(found.explainedVariance[index + 1] / wanted.explainedVariance[index] - 1) < 1e-3)
      for column in 0..<width {
        #expect(
          abs(found.components[index + 1, column + 1] - wanted.components[index, column]) < 1e-3)
      }
    }
    let points = found.transform(large)
    let others = wanted.transform(twice)
    for row in 0..<80 { #expect(abs(points[row, 1] - others[row, 0]) < 0.05) }
  }

  /// What sklearn.manifold.trustworthiness says, in Double, of the same rows and map.
  private func trustworthiness(_ map: Matrix, _ input: Matrix, k: Int) -> (Double, kept: Double) {
    let n = input.rows
    func distances(_ matrix: Matrix, _ row: Int) -> [Double] {
      (0..<n).map { other in
        (0..<matrix.columns).reduce(0) {
          let difference = Double(matrix[row, $1]) - Double(matrix[other, $1])
          return $0 + difference * difference
        }
      }
    }
    var excess = 0
    var kept = 0
    for row in 0..<n {
      let (there, here) = (distances(input, row), distances(map, row))
      let others = (0..<n).filter { $0 != row }
      let near = others.sorted { (here[$0], $0) < (here[$1], $1) }.prefix(k)
      for other in near {
        let rank = others.count { there[$0] < there[other] } + 1
        excess += max(0, rank - k)
        kept += rank <= k ? 1 : 0
      }
    }
    let scale = Double(n * k * (2 * n - 3 * k - 1))
    return (1 - 2 * Double(excess) / scale, Double(kept) / Double(n * k))
  }

  @Test(arguments: [0, 1e3, 1e6, 1e9, 1e20] as [Float])
  func oneRowFarAwayTakesNoDigitsFromTheOthers(distance: Float) throws {
    let near = Self.rows(80, width: 9)
    let rows = Matrix(rows: 80, columns: 9) { row, column in
      row == 17 && distance > 0 ? distance : near[row, column]
    }
    let map = Matrix(rows: 80, columns: 2) { rows[$0, $1] + rows[$0, 2] * 0.3 }
    let wanted = trustworthiness(map, rows, k: 10)
    let found = try MapQuality.measure(map, of: rows)
    #expect(abs((found.trustworthiness ?? 0) - wanted.0) < 1e-12)
    #expect(abs((found.neighboursKept ?? 0) - wanted.kept) < 1e-12)
  }

  @Test func twinsAreAsNearAsEachOther() throws {
    // Every row thrice: ranks are of equal distances, which count for the map.
    let rows = Matrix(rows: 90, columns: 5) { Self.rows(30, width: 5)[$0 / 3, $1] }
    let map = Matrix(rows: 90, columns: 2) { rows[$0, $1] }
    let wanted = trustworthiness(map, rows, k: 10)
    let found = try MapQuality.measure(map, of: rows)
    #expect(abs((found.trustworthiness ?? 0) - wanted.0) < 1e-12)
  }

  @Test func theMessageSaysWhatIsWrong() {
    let description = ProjectionError.tooLarge.description
    #expect(description.hasPrefix("found values near the end of float32's range, wanted"))
  }
}
