import SeerApp
import SeerWidgets
import Testing

/// Where the terminal's own cursor stands: on the map's, or in what is written.
@Suite struct CursorTests {
  private func isDrawn(_ state: AppState) -> Bool {
    let surface = render(state)
    guard let place = surface.cursor, surface.bounds.contains(place) else { return false }
    return surface[place.x, place.y].style == state.theme.style(.cursor)
  }

  @Test(arguments: [(40, 12), (80, 24), (120, 40)]) func itStandsWhereOneIsDrawn(
    width: Int, height: Int
  ) {
    let explore = Fixture.app(width, height)
    for keys in [[], ["j"], ["v"], ["v", "l"]] {
      #expect(isDrawn(keys.reduce(explore) { $0.after($1) }), "\(keys)")
    }
    #expect(isDrawn(Fixture.compare(width, height)))
    for keys in [["/"], ["X"], [":"]] {
      let state = keys.reduce(explore) { $0.after($1) }.typing("ab")
      #expect(isDrawn(state), "\(keys)")
      let before = keys.reduce(explore) { $0.after($1) }
      guard let start = render(before).cursor, let end = render(state).cursor else { continue }
      #expect(end == Cursor(x: start.x + 2, y: start.y), "it goes with what is typed")
    }
    let list = explore.after("i")
    let entry = render(list).cursor
    #expect(entry.map { $0.y + 1 } == render(list.after("j")).cursor?.y, "on the list's entry")
    let form = Fixture.form(width, height).after("Up", "Up")
    #expect(isDrawn(form))
    #expect(render(explore.after("?")).cursor == nil, "nothing is written in the help")
    #expect(render(Fixture.training(width, height)).cursor == nil)
  }

  /// The caret stands behind a wide character's two columns, and in the middle of a line.
  @Test func theCaretOfALine() {
    var state = Fixture.form(80, 24)
    state.train?.field = .rank
    state.train?.form[.rank] = Editor("東1")
    let end = render(state).cursor
    let middle = render(state.after("Left")).cursor
    #expect(end.map { $0.x } == middle.map { $0.x + 1 })
    #expect(render(state.after("Left", "Left")).cursor.map { $0.x + 3 } == end?.x)
  }

  @Test func theLastPlaceOfAStyle() {
    var surface = Surface(Size(width: 4, height: 2))
    let style = Style(attributes: .reverse)
    #expect(surface.lastPlace(of: style) == nil)
    surface.put("a", 3, 0, style)
    surface.put("b", 1, 1, style)
    #expect(surface.lastPlace(of: style) == Cursor(x: 1, y: 1))
  }
}
