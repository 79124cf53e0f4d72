import SeerApp
import SeerProjection
import Testing

/// States of the Explore screen at sizes and in terminals where they have little room or much.
@Suite struct ExploreStatesTests {
  private static let map: @Sendable (AppState) -> LayerMap = { state in
    Fixture.map(rows: state.explore.run.rows, concepts: 6)
  }

  /// Concepts as axes, their map computed.
  private func withConceptAxes(_ state: AppState) -> AppState {
    var state = state.after("j", "A")
    var map = Self.map(state)
    map.axes = .concepts(1, 0)
    map.cosine = 0.25
    _ = update(&state, .explore(.map(index: 23, .success(map))))
    return state
  }

  @Test func huge() throws {
    try expectSnapshot(render(Fixture.app(400, 120)), "explore-400x120")
    try expectSnapshot(render(Fixture.app(400, 120).after("?")), "help-400x120")
  }

  @Test func conceptAxes() throws {
    try expectSnapshot(render(withConceptAxes(Fixture.app(40, 12))), "concept-axes-40x12")
    let ascii = render(withConceptAxes(Fixture.app(80, 24, glyphs: .ascii)))
    #expect(ascii.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(ascii, "concept-axes-ascii")
    let two = Fixture.explore(rows: Fixture.rows(48, concepts: ["yes", "no"]), concepts: 2)
    var state = Fixture.app(80, 24, two).after("A")
    var map = Fixture.map(rows: two.run.rows, concepts: 2)
    map.axes = .concepts(0, 1)
    _ = update(&state, .explore(.map(index: 23, .success(map))))
    try expectSnapshot(render(state), "concept-axes-of-two")
  }

  @Test func components() throws {
    var state = Fixture.app(40, 12).after("]")
    try expectSnapshot(render(state), "components-computing-40x12")
    var map = Self.map(state)
    map.axes = .components(0, 2)
    _ = update(&state, .explore(.map(index: 23, .success(map))))
    try expectSnapshot(render(state), "components-40x12")
    state = Fixture.app(80, 24).after("]")
    _ = update(
      &state, .explore(.map(index: 23, .failure(Problem("states.safetensors: found 71 bytes")))))
    try expectSnapshot(render(state), "components-failed")
  }

  @Test func density() throws {
    let keys = ["m", "m", "m"]
    var small = Fixture.app(40, 12)
    var blocks = Fixture.app(80, 24, depth: .ansi16, glyphs: .blocks)
    for key in keys {
      small = small.after(key)
      blocks = blocks.after(key)
    }
    try expectSnapshot(render(small), "density-40x12")
    try expectSnapshot(render(blocks.after("j")), "density-blocks")
  }

  @Test func lists() throws {
    try expectSnapshot(render(Fixture.app(40, 12).after("i", "Tab")), "list-confusions-40x12")
    try expectSnapshot(
      render(Fixture.app(40, 12).after("B", "j", "B", "i", "Tab", "Tab")), "list-bookmarks-40x12")
    let alone = Fixture.explore(rows: Fixture.rows(1), concepts: 1, layers: 1)
    try expectSnapshot(render(Fixture.app(80, 24, alone).after("i")), "list-one-point")
    let wide = Fixture.rows(12, concepts: ["天気", "étés", "x"], text: ["東京の天気は晴れです。"])
    try expectSnapshot(
      render(Fixture.app(80, 24, Fixture.explore(rows: wide, concepts: 3)).after("i")), "list-wide")
  }

  @Test func selections() throws {
    func selecting(_ state: AppState) -> AppState {
      state.after("v", "H", "H", "J", "Space", "L", "L", "L", "L", "K", "K")
    }
    try expectSnapshot(render(selecting(Fixture.app(40, 12))), "selecting-40x12")
    let mono = selecting(Fixture.app(80, 24, depth: .mono, glyphs: .ascii))
    try expectSnapshot(render(mono), "selecting-mono", styles: true)
    let done = mono.after("Enter")
    try expectSnapshot(render(done.after("S")), "groups-ascii")
    try expectSnapshot(render(done.after("S", "n").typing("odd")), "groups-naming")
    try expectSnapshot(
      render(selecting(Fixture.app(40, 12)).after("Enter", "S", "n").typing("odd ones")),
      "groups-naming-40x12")
  }

  @Test func onePoint() throws {
    let state = Fixture.explore(rows: Fixture.rows(1), concepts: 1, layers: 1)
    try expectSnapshot(render(Fixture.app(40, 12, state)), "one-point-40x12")
    try expectSnapshot(
      render(Fixture.app(80, 24, state, depth: .mono, glyphs: .ascii)), "one-point-ascii")
  }

  @Test func wideGlyphs() throws {
    let text = "東京の天気は晴れです。朝は霧が出ますが、昼までには消えるでしょう。 e\u{301}te\u{301} ok"
    let rows = Fixture.rows(12, concepts: ["天気", "étés", "x"], text: [text])
    let state = Fixture.explore(rows: rows, concepts: 3)
    try expectSnapshot(render(Fixture.app(40, 12, state)), "wide-glyphs-40x12")
    try expectSnapshot(
      render(Fixture.app(80, 24, state).after("/").typing("天気")), "wide-glyphs-search")
  }

  @Test func helpPaletteAndTour() throws {
    try expectSnapshot(render(Fixture.app(40, 12).after(":").typing("lay")), "palette-40x12")
    try expectSnapshot(render(Fixture.app(60, 20).after("?")), "help-60x20")
    try expectSnapshot(render(Fixture.app(80, 24).after("T", "Enter")), "tour-80x24")
    let small = Fixture.app(40, 12, glyphs: .ascii).after("T")
    try expectSnapshot(render(small), "tour-40x12")
  }
}
