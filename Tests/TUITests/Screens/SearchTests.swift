import SeerApp
import Testing

/// Searches by expression, and what becomes of the rows that were not found.
@Suite struct SearchTests {
  private func search(_ text: String, _ width: Int = 80, _ height: Int = 24) -> AppState {
    Fixture.app(width, height).after("/", "Ctrl-r").typing(text)
  }

  @Test func anExpressionFindsRows() throws {
    let state = search("^he .*postman|ledger")
    #expect(state.explore.filter.search?.count == 24)
    #expect(state.explore.cursor == 1)
    try expectSnapshot(render(state), "search-expression")
    let kept = state.after("Enter", "n")
    #expect(kept.explore.cursor == 2)
    #expect(state.after("Ctrl-r").explore.filter.search?.count == 0, "the same as words")
  }

  @Test func anErrorKeepsTheRowsFoundLast() throws {
    let state = search("ledger(")
    #expect(state.explore.filter.search?.count == 12)
    #expect(state.explore.filter.search?.problem?.contains("character 8") == true)
    try expectSnapshot(render(state), "search-error")
    try expectSnapshot(render(search("ledger(", 40, 12)), "search-error-40x12")
    #expect(state.after("Backspace").explore.filter.search?.problem == nil)
  }

  @Test func filtering() throws {
    let state = search("ledger").after("Tab", "Enter")
    #expect(state.explore.isVisible(2) && !state.explore.isVisible(3))
    #expect(state.after("j").explore.cursor == 6)
    try expectSnapshot(render(state), "filter")
    let dimmed = state.after("F")
    #expect(dimmed.explore.isVisible(3))
    #expect(render(dimmed) != render(state))
    #expect(state.after("Esc").explore.isVisible(3))
  }

  @Test func filteringToNothing() throws {
    let state = search("zzz").after("Tab", "Enter")
    try expectSnapshot(render(state), "filter-nothing")
    try expectSnapshot(
      render(Fixture.app(40, 12).after("/").typing("zzz").after("Tab", "Enter")),
      "filter-nothing-40x12")
  }
}
