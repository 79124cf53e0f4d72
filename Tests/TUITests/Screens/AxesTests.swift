import SeerApp
import SeerProjection
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

  /// Concepts' axes are their prototypes, a probe's weights, or a plane through three of them.
  @Test func directionsOfConcepts() throws {
    var state = Fixture.app(110, 30).after("D")
    #expect(state.explore.chart.axes == .components(0, 1), "of concepts only")
    state = state.after("j", "A", "D")
    #expect(state.explore.chart.axes == .chosen(.pair(.probe(1), .probe(0))))
    #expect(state.after("]").explore.chart.axes == .chosen(.pair(.probe(2), .probe(0))))
    var map = Fixture.map(rows: state.explore.run.rows, concepts: 6)
    map.axes = state.explore.chart.axes
    _ = update(&state, .explore(.map(index: 23, .success(map))))
    let names = state.explore.run.concepts.map(\.name)
    #expect(render(state).text.contains("x probe \(names[1].prefix(16))"))
    #expect(render(state).text.contains("probe axes"))
    state = state.after("D")
    #expect(state.explore.chart.axes == .chosen(.plane(1, 0, 2)))
    map.axes = state.explore.chart.axes
    _ = update(&state, .explore(.map(index: 23, .success(map))))
    #expect(render(state).text.contains("plane of \(names[1]), \(names[0]), \(names[2])"))
    #expect(state.after("D").explore.chart.axes == .concepts(1, 0))
  }

  @Test func neighboursByDistance() {
    let state = Fixture.app(110, 30)
    #expect(state.after("u").explore.neighbours.metric == .euclidean)
    #expect(state.after("u").explore.currentNearest == nil, "the old answer is of the other kind")
  }
}
