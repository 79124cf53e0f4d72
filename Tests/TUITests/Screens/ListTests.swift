import SeerApp
import SeerWidgets
import Testing

/// Lists of rows, pairs, bookmarks and groups.
@Suite struct ListTests {
  @Test func outliers() throws {
    let state = Fixture.app(110, 30).after("i")
    let entries = try #require(state.explore.lists.open?.entries)
    #expect(entries.count == 48)
    let values = try #require(state.explore.separation?.typical)
    #expect(
      zip(entries, entries.dropFirst()).allSatisfy { values[$0.rows[0]] <= values[$1.rows[0]] })
    try expectSnapshot(render(state), "list-outliers")
    try expectSnapshot(render(Fixture.app(40, 12).after("i", "j")), "list-outliers-40x12")
    let gone = state.after("j", "j", "Enter")
    #expect(gone.explore.cursor == entries[2].rows[0] && gone.explore.lists.open == nil)
  }

  @Test func confusedPairs() throws {
    let state = Fixture.app(110, 30).after("i", "Tab")
    let entries = try #require(state.explore.lists.open?.entries)
    #expect(!entries.isEmpty)
    #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.rows.count >= $1.rows.count })
    let separation = try #require(state.explore.separation)
    for entry in entries {
      for row in entry.rows {
        #expect(Int(state.explore.run.conceptOfRow[row]) == entry.concepts[0])
        #expect(Int(separation.predicted[row]) == entry.concepts[1])
      }
    }
    try expectSnapshot(render(state), "list-confusions")
    try expectSnapshot(
      render(Fixture.app(80, 24, glyphs: .ascii).after("i", "Tab")), "list-confusions-ascii")
    let gone = state.after("Enter")
    #expect(gone.explore.selection.group?.rows == entries[0].rows)
    #expect(gone.explore.cursor == entries[0].rows[0])
  }

  @Test func goingToAHiddenRowShowsItsConcept() throws {
    let state = Fixture.app(80, 24).after("i")
    let row = try #require(state.explore.lists.open?.entries[0].rows[0])
    let concept = Int(state.explore.run.conceptOfRow[row])
    var hidden = state
    hidden.explore.filter.hidden = [concept]
    #expect(hidden.after("Enter").explore.filter.hidden.isEmpty)
    #expect(hidden.after("Enter").explore.cursor == row)
  }

  @Test func bookmarks() throws {
    let state = Fixture.app(80, 24).after("j", "B", "j", "j", "B", "i", "Tab", "Tab")
    #expect(state.explore.lists.bookmarks == [1, 3])
    try expectSnapshot(render(state), "list-bookmarks")
    #expect(state.after("j", "Enter").explore.cursor == 3)
    #expect(state.after("d").explore.lists.bookmarks == [3])
    #expect(state.after("Esc", "B").explore.lists.bookmarks == [1], "a second time takes it off")
    try expectSnapshot(
      render(Fixture.app(80, 24).after("i", "Tab", "Tab", "Tab")), "list-groups-empty")
  }

  @Test func emptyListsDoNothing() {
    let state = Fixture.app(80, 24).after("i", "Tab", "Tab")
    for key in ["Enter", "d", "j", "k", "n", "s", "Space"] {
      #expect(state.after(key).explore.lists.open?.index == 0, "\(key)")
    }
  }

  @Test func theMouseChooses() throws {
    var state = Fixture.app(80, 24).after("i")
    let layout = ExploreLayout(state)
    _ = update(
      &state,
      .mouse(Mouse(place: Cursor(x: layout.legend.x + 4, y: layout.legend.y + 5), action: .left)))
    #expect(state.explore.lists.open?.index == 3)
    #expect(state.explore.filter.hidden.isEmpty, "the legend below it was not meant")
  }
}
