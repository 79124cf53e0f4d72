import SeerWidgets

/// The last line while a search is typed: what is typed, and what it finds or why it cannot be read.
package struct SearchLine {
  private let state: AppState
  private let rect: Rect

  package init(_ state: AppState, _ rect: Rect) {
    self.state = state
    self.rect = rect
  }

  /// - Returns: false where no search is typed.
  package func draw(into surface: inout Surface) -> Bool {
    guard let search = state.explore.filter.search, search.isEditing else { return false }
    let theme = state.theme
    let start = search.isExpression ? "expression /" : "/"
    var x = surface.write(start, rect.x + 1, rect.y, theme.style(.key))
    // Its end is where it is written.
    let query = Text.tail(
      Text.visible(search.query, ascii: theme.glyphs.isASCII), to: max(12, rect.width - 40),
      ellipsis: theme.glyphs.ellipsis)
    x = surface.write(query, x, rect.y, theme.style(.strong))
    drawCaret(x, into: &surface)
    x += 3
    if let problem = search.problem {
      let text = Text.cut(problem, to: max(0, rect.maxX - 1 - x), ellipsis: theme.glyphs.ellipsis)
      surface.write(text, x, rect.y, theme.style(.error))
      return true
    }
    let found = search.count == 1 ? "1 row" : "\(Numbers.grouped(search.count)) rows"
    x = surface.write(found, x, rect.y, theme.style(search.count == 0 ? .warning : .faint)) + 3
    drawHints(x, into: &surface)
    return true
  }

  package func drawCaret(_ x: Int, into surface: inout Surface) {
    surface.put(" ", x, rect.y, state.theme.style(.cursor))
    surface.cursor = Cursor(x: x, y: rect.y)
  }

  package func drawHints(_ x: Int, into surface: inout Surface) {
    let hints = Command.hints(state, ascii: state.theme.glyphs.isASCII)
    HintLine.draw(
      hints, x, rect.y, width: rect.maxX - x - 1, state.theme, into: &surface)
  }
}
