import LinearAlgebra
import SeerProjection
import Testing

@Suite struct LayerMapTests {
  /// Rows of a concept lie on its side of the axis.
  @Test(arguments: [2, 3]) func rowsLieTowardsTheirConcept(concepts: Int) throws {
    var generator = SeededGenerator(seed: 11)
    let ofRow = (0..<60).map { Int32($0 % concepts) }
    let states = Matrix(rows: 60, columns: 6) { row, column in
      generator.normal() * 0.3 + (column == Int(ofRow[row]) ? 3 : 0)
    }
    let map = try LayerMap.make(
      states, axes: .concepts(0, 1), conceptOfRow: ofRow, concepts: concepts, reference: nil)
    func mean(_ concept: Int32, _ axis: Int) -> Float {
      let rows = ofRow.indices.filter { ofRow[$0] == concept }
      return rows.reduce(0) { $0 + map.points[$1][axis] } / Float(rows.count)
    }
    #expect(mean(0, 0) > 0.5 && mean(1, 0) < 0)
    if concepts > 2 { #expect(mean(1, 1) > 0.5 && mean(0, 1) < 0) }
    #expect((map.explained.first ?? 0) > 0.3 && (map.explained.first ?? 2) <= 1)
    let square = map.points.reduce(0) { $0 + ($1 * $1).sum() } / 60
    #expect(abs(square - 1) < 1e-3)
  }

  /// The third component alone, against the largest two.
  @Test func laterComponentsShowTheirOwnVariance() throws {
    var generator = SeededGenerator(seed: 3)
    let sizes: [Float] = [8, 4, 2, 1]
    let states = Matrix(rows: 200, columns: 4) { _, column in generator.normal() * sizes[column] }
    let maps = try [MapAxes.components(0, 1), .components(1, 2), .components(2, 3)].map {
      try LayerMap.make(states, axes: $0, conceptOfRow: [], concepts: 0, reference: nil)
    }
    let shares = maps.map { $0.explained.reduce(0, +) }
    #expect(abs(shares[0] - 80 / 85) < 0.03 && abs(shares[1] - 20 / 85) < 0.05)
    #expect(abs(shares[2] - 5 / 85) < 0.03)
    #expect(maps[1].axes == .components(1, 2))
  }

  @Test func layersDoNotTurn() throws {
    var generator = SeededGenerator(seed: 5)
    let states = Matrix(rows: 40, columns: 6) { _, column in
      generator.normal() * Float(6 - column)
    }
    func make(_ reference: [SIMD2<Float>]?) throws -> [SIMD2<Float>] {
      try LayerMap.make(
        states, axes: .components(0, 1), conceptOfRow: [], concepts: 0, reference: reference
      ).points
    }
    let own = try make(nil)
    let turned = own.map { SIMD2(-$0.y, $0.x) }
    for (point, wanted) in zip(try make(turned), turned) {
      #expect(abs(point.x - wanted.x) < 1e-4 && abs(point.y - wanted.y) < 1e-4)
    }
    #expect(try make([SIMD2(0, 0)]) == own, "a map of other rows says nothing")
  }

  @Test func refusesWhatIsNotFinite() {
    let states = Matrix(rows: 4, columns: 3) { $0 == 2 && $1 == 1 ? .infinity : Float($0 + $1) }
    for axes in [MapAxes.components(0, 1), .concepts(0, 1)] {
      #expect(throws: ProjectionError.notFinite(row: 2, column: 1, value: .infinity)) {
        try LayerMap.make(
          states, axes: axes, conceptOfRow: [0, 1, 0, 1], concepts: 2, reference: nil)
      }
    }
  }

  /// Rows among themselves and as others lie at the same places, with the signs of the map there is.
  @Test func othersLieWhereRowsOfTheirStatesDo() throws {
    var generator = SeededGenerator(seed: 6)
    let states = Matrix(rows: 30, columns: 5) { _, column in
      3 + generator.normal() * Float(5 - column)
    }
    let others = states.selecting(rows: [4, 17])
    let plain = try ComponentPlaces(states, others: others, reference: nil)
    let places = try ComponentPlaces(
      states, others: others, reference: plain.rows.map { SIMD2(-$0.x, $0.y) })
    for (place, row) in zip(places.others, [4, 17]) {
      let wanted = SIMD2(-plain.rows[row].x, plain.rows[row].y)
      #expect(abs(place.x - wanted.x) < 1e-5 && abs(place.y - wanted.y) < 1e-5)
      #expect(places.rows[row] == wanted)
    }
    let square = places.rows.reduce(0) { $0 + ($1 * $1).sum() } / 30
    #expect(abs(square - 1) < 1e-4)
  }
}
