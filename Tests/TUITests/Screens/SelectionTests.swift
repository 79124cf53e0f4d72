import LinearAlgebra
import SeerAnalysis
import SeerApp
import SeerExploreScreen
import SeerSupport
import SeerWidgets
import Testing

/// Rows selected on the map, and what can be done with them.
@Suite struct SelectionTests {
  @Test func aBoxByKeys() throws {
    let start = Fixture.app(80, 24).after("v")
    #expect(start.context == .select)
    let box = start.after("H", "H", "J", "Space", "L", "L", "L", "L", "K", "K")
    try expectSnapshot(render(box), "selecting-box", styles: true)
    let done = box.after("Enter")
    let rows = try #require(done.explore.selection.group?.rows)
    #expect(!rows.isEmpty && rows == rows.sorted())
    #expect(done.message?.text.hasPrefix("\(rows.count) rows: ") == true)
    try expectSnapshot(render(done.after("m", "m", "m", "m")), "selected")
    #expect(done.after("Esc").explore.selection.group == nil)
    let next = done.after(")")
    #expect(rows.contains(next.explore.cursor ?? -1))
    #expect(start.after("Esc").explore.selection.selecting == nil)
  }

  /// What is selected is what lies inside, by the map's own geometry.
  @Test func aBoxByMouse() throws {
    var state = Fixture.app(80, 24)
    let panel = ExploreLayout(state).mapInside
    let points = try #require(state.explore.shownPoints)
    let bounds = try #require(WorldBounds.ofMap(points))
    let viewport = Viewport(bounds: bounds, view: .whole, size: panel.size)
    func mouse(_ x: Int, _ y: Int, _ action: Mouse.Action) {
      _ = update(
        &state, .mouse(Mouse(place: Cursor(x: panel.x + x, y: panel.y + y), action: action)))
    }
    mouse(30, 12, .right)
    mouse(5, 2, .drag)
    #expect(state.explore.selection.selecting != nil)
    mouse(5, 2, .release)
    let expected = points.indices.filter {
      guard let cell = viewport.cell(points[$0]) else { return false }
      return (5...30).contains(cell.x) && (2...12).contains(cell.y)
    }
    #expect(!expected.isEmpty && expected.count < 48)
    #expect(state.explore.selection.group?.rows == expected)
    #expect(state.explore.look.view == .whole, "the map was not moved")
  }

  @Test func aLineByMouse() throws {
    var state = Fixture.app(80, 24).after("v", "v")
    #expect(state.explore.selection.selecting?.shape == .freehand)
    let panel = ExploreLayout(state).mapInside
    let corners = [(0, 0), (panel.width - 1, 0), (panel.width - 1, panel.height - 1)]
    for (index, (x, y)) in corners.enumerated() {
      _ = update(
        &state,
        .mouse(
          Mouse(
            place: Cursor(x: panel.x + x, y: panel.y + y), action: index == 0 ? .left : .drag)))
    }
    try expectSnapshot(render(state), "selecting-line", styles: true)
    _ = update(&state, .mouse(Mouse(place: Cursor(x: 0, y: 0), action: .release)))
    let rows = try #require(state.explore.selection.group?.rows)
    let points = try #require(state.explore.shownPoints)
    #expect(!rows.isEmpty && rows.count < 48)
    // The triangle above the diagonal.
    for row in rows { #expect(points[row].x + points[row].y * 1.5 > -1.2, "row \(row)") }
  }

  @Test func insideAFreehandLine() {
    var selecting = Selecting(Cursor(x: 0, y: 0), shape: .freehand)
    for cell in [(10, 0), (10, 10), (0, 10)] { selecting.move(to: Cursor(x: cell.0, y: cell.1)) }
    #expect(selecting.contains(SIMD2(5, 5)) && !selecting.contains(SIMD2(11.5, 5)))
    #expect(selecting.contains(SIMD2(10.9, 10.9)), "the cells of the line are inside")
    let dot = Selecting(Cursor(x: 3, y: 3), shape: .freehand)
    #expect(dot.contains(SIMD2(3.5, 3.5)) && !dot.contains(SIMD2(4.5, 3.5)))
  }

  @Test func nothingInside() {
    let state = Fixture.app(80, 24).after("v", "K", "K", "K", "K", "H", "H", "H", "H", "H", "H")
    let empty = state.after("H", "H", "H", "Space", "Enter")
    #expect(empty.explore.selection.group == nil && empty.message != nil)
  }

  @Test func hiddenRowsAreNotSelected() throws {
    let all = Fixture.app(80, 24).after(
      "2", "v", "H", "H", "H", "H", "H", "H", "H", "H", "H", "H", "H", "K", "K", "K", "K", "K",
      "Space", "L", "L", "L", "L", "L", "L", "L", "L", "L", "L", "L", "J", "J", "J", "J", "J",
      "Enter")
    let rows = try #require(all.explore.selection.group?.rows)
    #expect(rows.count == 40 && rows.allSatisfy { $0 % 6 != 1 })
  }

  @Test func groupsAreNamedComparedAndSaved() throws {
    var state = Fixture.app(110, 30)
    ExploreScreen.setGroup([0, 1, 6, 7], &state)
    state = state.after("S", "n").typing("pale, odd/\u{1B} one").after("Enter")
    #expect(state.explore.selection.groups.map(\.name) == ["pale, odd/\u{1B} one"])
    #expect(state.explore.selection.group == nil && state.context == .list)
    ExploreScreen.setGroup([2, 3, 8], &state)
    state.message = nil
    state = state.after("Esc", "S", "Space")
    let effects = update(&state, .key(.character("j")))
    let pair = GroupPair(first: [2, 3, 8], second: [0, 1, 6, 7], layer: 23)
    #expect(effects == [.explore(.compareGroups(pair))])
    let states = Matrix(rows: 48, columns: 3) { row, column in row % 3 == column ? 1 : 0.25 }
    _ = update(
      &state,
      .explore(.groupsCompared(pair, GroupComparison(pair.first, pair.second, of: states))))
    #expect(state.explore.currentComparison != nil && !state.explore.selection.isComparing)
    try expectSnapshot(render(state), "groups-compared")
    let unnamed = update(&state, .key(.character("s")))
    #expect(
      unnamed == [
        .saveText(
          "seer-selection.csv",
          CSV.line(["prompt", "value"])
            + [2, 3, 8].map {
              CSV.line([Fixture.texts[$0 % 4], Fixture.names[$0 % 6]])
            }.joined())
      ])
    _ = update(&state, .key(.character("k")))
    let named = update(&state, .key(.character("s")))
    guard case .saveText(let name, let text)? = named.first else {
      Issue.record("nothing was saved: \(named)")
      return
    }
    #expect(name == "seer-pale-odd-one.csv")
    #expect(text.contains("\"pale, odd/"), "the group's name is the concept")
    #expect(state.after("d").explore.selection.groups.isEmpty)
  }
}
