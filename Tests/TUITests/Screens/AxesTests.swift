import LinearAlgebra
import SeerScreens
import SeerSupport
import Testing

/// What maps are drawn along.
@Suite struct AxesTests {
  @Test func componentsAreChosenInPairs() throws {
    var state = Fixture.app(80, 24)
    let before = state.explore.shownPoints
    let effects = update(&state, .key(.character("]")))
    #expect(state.explore.chart.axes == .components(0, 2))
    #expect(effects.first == .explore(.computeMap(index: 23, reference: nil, isUrgent: true)))
    #expect(state.explore.shownPoints == before, "the map stays until the new one comes")
    try expectSnapshot(render(state), "components-computing")
    // What was under way for the old axes comes too late.
    let old = Fixture.map(rows: state.explore.run.rows, concepts: 6)
    _ = update(&state, .explore(.map(index: 23, .success(old))))
    #expect(state.explore.chart.maps[23] == .computing)
    var map = old
    map.axes = .components(0, 2)
    _ = update(&state, .explore(.map(index: 23, .success(map))))
    #expect(state.explore.shownPoints == map.points)
    try expectSnapshot(render(state), "components")
    _ = update(&state, .key(.character("[")))
    #expect(state.explore.shownPoints == before, "maps that were there once are there at once")
  }

  @Test func conceptsAsAxes() throws {
    var state = Fixture.app(110, 30).after("j", "A")
    #expect(state.explore.chart.axes == .concepts(1, 0))
    #expect(state.after("]").explore.chart.axes == .concepts(2, 0))
    #expect(state.after("[").explore.chart.axes == .concepts(1, 2), "never the same one twice")
    var map = Fixture.map(rows: state.explore.run.rows, concepts: 6)
    map.axes = .concepts(1, 0)
    map.cosine = 0.25
    _ = update(&state, .explore(.map(index: 23, .success(map))))
    try expectSnapshot(render(state), "concept-axes")
    #expect(state.after("A").explore.chart.method == .principal)
  }

  /// Rows of a concept lie on its side of the axis.
  @Test(arguments: [2, 3]) func rowsLieTowardsTheirConcept(concepts: Int) throws {
    var generator = SeededGenerator(seed: 11)
    let ofRow = (0..<60).map { Int32($0 % concepts) }
    let states = Matrix(rows: 60, columns: 6) { row, column in
      generator.normal() * 0.3 + (column == Int(ofRow[row]) ? 3 : 0)
    }
    let job = Engine().submit("axes", priority: .map) { context in
      try LayerMap.make(
        states, axes: .concepts(0, 1), conceptOfRow: ofRow, concepts: concepts, reference: nil,
        context: context)
    }
    let map = try job.wait()
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
    let job = Engine().submit("components", priority: .map) { context in
      try [MapAxes.components(0, 1), .components(1, 2), .components(2, 3)].map {
        try LayerMap.make(
          states, axes: $0, conceptOfRow: [], concepts: 0, reference: nil, context: context)
      }
    }
    let maps = try job.wait()
    let shares = maps.map { $0.explained.reduce(0, +) }
    #expect(abs(shares[0] - 80 / 85) < 0.03 && abs(shares[1] - 20 / 85) < 0.05)
    #expect(abs(shares[2] - 5 / 85) < 0.03)
    #expect(maps[1].axes == .components(1, 2))
  }

  @Test func neighboursByDistance() {
    let state = Fixture.app(110, 30)
    #expect(state.after("u").explore.neighbours.metric == .euclidean)
    #expect(state.after("u").explore.currentNearest == nil, "the old answer is of the other kind")
  }
}
