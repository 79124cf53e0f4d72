import LinearAlgebra
import SeerProjection
import Testing

/// The map of two runs over the same rows.
struct PairProjectionTests {
  /// Three clusters about `centre`, `length` times as long.
  private func states(
    _ seed: UInt64, length: Float = 1, centre: Float = 0, width: Int = 10
  ) -> Matrix {
    var random = SeededGenerator(seed: seed)
    return Matrix(rows: 45, columns: width) { row, column in
      length * ((column == row % 3 ? 5 : 0) + random.normal() + (column == 4 ? centre : 0))
    }
  }

  private func spread(_ map: Matrix) -> Float {
    (map.values.reduce(0) { $0 + $1 * $1 } / Float(map.rows)).squareRoot()
  }

  /// What all rows of a run have in common, and how long they are, is not what is drawn.
  @Test func runsOfOtherLengthsAndPlacesAreEquallyLarge() throws {
    let pair = try PairProjection(
      base: states(1, length: 0.01), tuned: states(2, length: 300, centre: -3))
    #expect(pair.isJoint && pair.explained.count == 2)
    let sizes = (spread(pair.base), spread(pair.tuned))
    #expect(sizes.0 > 0.5 * sizes.1 && sizes.1 > 0.5 * sizes.0, "\(sizes)")
    for map in [pair.base, pair.tuned] {
      for column in 0..<2 {
        let mean = (0..<map.rows).reduce(Float(0)) { $0 + map[$1, column] } / Float(map.rows)
        #expect(abs(mean) < 1e-4)
      }
    }
  }

  /// The axes are the components of unit states, each run less its mean, one below the other.
  @Test func theAxesAreThoseOfBothTogether() throws {
    let (base, tuned) = (states(3), states(4, length: 2, centre: 2))
    let parts = [base, tuned].map { states -> [[Double]] in
      let units = (0..<states.rows).map { row -> [Double] in
        let values = states.values(row: row).map(Double.init)
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return values.map { $0 / length }
      }
      let mean = (0..<states.columns).map { column in
        units.reduce(0) { $0 + $1[column] } / Double(units.count)
      }
      return units.map { zip($0, mean).map(-) }
    }
    let all = parts[0] + parts[1]
    let stacked = Matrix(rows: all.count, columns: base.columns) { Float(all[$0][$1]) }
    let wanted = try PCA.fit(stacked, components: 2).transform(stacked)
    let pair = try PairProjection(base: base, tuned: tuned)
    for row in 0..<45 {
      for axis in 0..<2 {
        #expect(abs(pair.base[row, axis] - wanted[row, axis]) < 1e-4)
        #expect(abs(pair.tuned[row, axis] - wanted[45 + row, axis]) < 1e-4)
      }
    }
  }

  @Test func eachOnItsOwn() throws {
    let (base, tuned) = (states(5), states(6, width: 14))
    let pair = try PairProjection(base: base, tuned: tuned)
    #expect(!pair.isJoint && pair.tuned.rows == 45)
    let asked = try PairProjection(base: base, tuned: states(6), isAligned: true)
    #expect(!asked.isJoint && asked.base.values == pair.base.values)
    let turned = align(asked.tuned, to: asked.base)
    #expect(zip(turned.values, asked.tuned.values).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func whatCannotBeDrawn() throws {
    let one = Matrix(rows: 3, columns: 1, values: [1, 2, -3])
    let line = try PairProjection(base: one, tuned: one)
    #expect((0..<3).allSatisfy { line.base[$0, 1] == 0 })
    let empty = Matrix(rows: 0, columns: 2)
    #expect(try PairProjection(base: empty, tuned: empty).explained == [])
    let builder = MatrixBuilder(copying: states(7))
    builder[8, 3] = .infinity
    let bad = builder.frozen()
    #expect(throws: ProjectionError.notFinite(row: 8, column: 3, value: .infinity)) {
      try PairProjection(base: states(7), tuned: bad)
    }
  }
}
