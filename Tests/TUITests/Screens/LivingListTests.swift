import SeerApp
import SeerWidgets
import Testing

/// Lists that lead the cursor, and the way back.
@Suite struct LivingListTests {
  @Test func theCursorGoesWithTheListAndBack() throws {
    let start = Fixture.app(110, 30).after("j", "j")
    #expect(start.explore.cursor == 2)
    let open = start.after("i", "j")
    let entries = try #require(open.explore.lists.open?.entries)
    #expect(open.explore.cursor == entries[1].rows[0])
    #expect(open.after("Esc").explore.cursor == 2, "Esc leaves everything as it was")
    let gone = open.after("Enter")
    #expect(gone.explore.cursor == entries[1].rows[0])
    #expect(gone.after("Backspace").explore.cursor == 2)
    #expect(gone.after("Backspace", "Backspace").explore.cursor == 2)
  }

  @Test func aListKeepsItsPlace() {
    let left = Fixture.app(110, 30).after("i", "j", "j", "j", "Esc")
    #expect(left.after("i").explore.lists.open?.index == 3)
    #expect(left.after("i", "Tab", "Esc", "i").explore.lists.open?.index == 3)
    #expect(left.after("i", "Tab").explore.lists.open?.index == 0, "each its own")
  }

  @Test func nearestRowsAreAList() throws {
    var state = Fixture.app(110, 30)
    state.explore.neighbours.keep(
      NearestRows(row: 0, layer: 23, rows: [6, 12, 3], values: [0.98, 0.97, 0.9]))
    let open = state.after("I")
    #expect(open.explore.lists.open?.entries.map { $0.rows[0] } == [6, 12, 3])
    #expect(open.explore.cursor == 6)
    try expectSnapshot(render(open), "list-nearest")
    try expectSnapshot(render(state.after("I").resized(40, 12)), "list-nearest-40x12")
    #expect(open.after("j", "Enter").explore.cursor == 12)
    // Asked for where they are not known yet.
    var waiting = Fixture.app(80, 24)
    let effects = update(&waiting, .key(.character("I")))
    #expect(effects.contains(.explore(.findNearest(row: 0, index: 23, .cosine))))
    #expect(waiting.explore.cursor == 0)
    _ = update(
      &waiting,
      .explore(
        .nearest(.success(NearestRows(row: 0, layer: 23, rows: [7], values: [0.5])))))
    #expect(waiting.explore.lists.open?.entries.count == 1 && waiting.explore.cursor == 7)
    #expect(waiting.after("Esc").explore.cursor == 0)
  }

  @Test func aClickOnANeighbourGoesThere() throws {
    var state = Fixture.app(110, 40)
    state.explore.neighbours.keep(
      NearestRows(row: 0, layer: 23, rows: [6, 12, 3], values: [0.98, 0.97, 0.9]))
    let lines = render(state).text.split(separator: "\n", omittingEmptySubsequences: false)
    let y = try #require(lines.firstIndex { $0.contains("nearest, by cosine") }) + 2
    let layout = ExploreLayout(state)
    _ = update(
      &state, .mouse(Mouse(place: Cursor(x: layout.legend.x + 6, y: y), action: .left)))
    #expect(state.explore.cursor == 12)
    #expect(state.after("Backspace").explore.cursor == 0)
  }

  /// Of a pair only the rows that were judged count.
  @Test func confusionsCountHeldOutRows() throws {
    let entries = try #require(
      Fixture.app(110, 30).after("i", "Tab").explore.lists.open?.entries)
    let explore = Fixture.app(110, 30).explore
    let predicted = try #require(explore.separation?.predicted)
    for entry in entries {
      let judged = predicted.indices.count {
        predicted[$0] >= 0 && Int(explore.run.conceptOfRow[$0]) == entry.concepts[0]
      }
      #expect(entry.value == "\(entry.rows.count) of \(judged)")
    }
  }
}

extension AppState {
  func resized(_ width: Int, _ height: Int) -> AppState {
    var state = self
    _ = update(&state, .resize(Size(width: width, height: height)))
    return state
  }
}
