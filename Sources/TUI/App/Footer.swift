/// One line that tells what can be done now, or the last message.
enum Footer {
  static func draw(_ rect: Rect, _ state: AppState, into surface: inout Surface) {
    let theme = state.theme
    if let message = state.message {
      let style = theme.style(message.isError ? .error : .good)
      let text = Text.cut(
        Text.visible(message.text, ascii: theme.glyphs.isASCII), to: rect.width - 2,
        ellipsis: theme.glyphs.ellipsis)
      surface.write(text, rect.x + 1, rect.y, style)
      return
    }
    if let name = state.explore.naming {
      var x = surface.write("name ", rect.x + 1, rect.y, theme.style(.key))
      let typed = Text.tail(
        Text.visible(name, ascii: theme.glyphs.isASCII),
        to: max(8, rect.width - (rect.width >= 60 ? 30 : 10)), ellipsis: theme.glyphs.ellipsis)
      x = surface.write(typed, x, rect.y, theme.style(.strong))
      surface.put(" ", x, rect.y, theme.style(.cursor))
      let hints = Command.hints(state, ascii: theme.glyphs.isASCII)
      draw(fitting(hints, width: rect.maxX - x - 4), x + 3, rect.y, theme, &surface)
      return
    }
    if state.screen == .explore, let exporting = state.explore.exporting {
      draw(exporting, rect, state, into: &surface)
      return
    }
    if let search = state.explore.search, search.isEditing {
      draw(search, rect, state, into: &surface)
      return
    }
    let hints = Command.hints(state, ascii: theme.glyphs.isASCII)
    draw(fitting(hints, width: rect.width - 2), rect.x + 1, rect.y, theme, &surface)
  }

  /// The name of the file, its end where there is no room for all of it, and what Enter does.
  private static func draw(
    _ exporting: Exporting, _ rect: Rect, _ state: AppState, into surface: inout Surface
  ) {
    let theme = state.theme
    let ascii = theme.glyphs.isASCII
    let isWide = rect.width >= 76
    let warning = isWide ? "is there: Enter writes over it" : "is there: Enter?"
    var x = surface.write(isWide ? "export to " : "to ", rect.x + 1, rect.y, theme.style(.key))
    let rest = exporting.existing != nil ? warning.count + 4 : isWide ? 36 : 2
    let path = Text.tail(
      Text.visible(exporting.path, ascii: ascii), to: max(1, rect.maxX - x - rest),
      ellipsis: theme.glyphs.ellipsis)
    x = surface.write(path, x, rect.y, theme.style(.strong))
    surface.put(" ", x, rect.y, theme.style(.cursor))
    x += 3
    if exporting.existing != nil {
      surface.write(warning, x, rect.y, theme.style(.warning), width: rect.maxX - x)
      return
    }
    let hints = Command.hints(state, ascii: ascii)
    draw(fitting(hints, width: rect.maxX - x - 1), x, rect.y, theme, &surface)
  }

  /// What is typed, and what it finds or why it cannot be read.
  private static func draw(
    _ search: Search, _ rect: Rect, _ state: AppState, into surface: inout Surface
  ) {
    let theme = state.theme
    let ascii = theme.glyphs.isASCII
    let start = search.isExpression ? "expression /" : "/"
    var x = surface.write(start, rect.x + 1, rect.y, theme.style(.key))
    let query = Text.visible(search.query, ascii: ascii)
    x = surface.write(query, x, rect.y, theme.style(.strong), width: max(1, rect.width - 40))
    surface.put(" ", x, rect.y, theme.style(.cursor))
    x += 3
    if let problem = search.problem {
      let text = Text.cut(problem, to: max(0, rect.maxX - 1 - x), ellipsis: theme.glyphs.ellipsis)
      surface.write(text, x, rect.y, theme.style(.error))
      return
    }
    let found = search.count == 1 ? "1 row" : "\(Numbers.grouped(search.count)) rows"
    x = surface.write(found, x, rect.y, theme.style(search.count == 0 ? .warning : .faint)) + 3
    let hints = Command.hints(state, ascii: ascii)
    draw(fitting(hints, width: rect.maxX - x - 1), x, rect.y, theme, &surface)
  }

  private static func draw(
    _ hints: [Command.Hint], _ x: Int, _ y: Int, _ theme: Theme, _ surface: inout Surface
  ) {
    var x = x
    for hint in hints {
      x = surface.write(hint.keys, x, y, theme.style(.key))
      x = surface.write(" " + hint.word, x, y, theme.style(.faint)) + 2
    }
  }

  /// The hints that fit, in order; the last two (quit and help) before all others.
  static func fitting(_ hints: [Command.Hint], width: Int) -> [Command.Hint] {
    func columns(_ hint: Command.Hint) -> Int { DisplayWidth.of(hint.keys + hint.word) + 3 }
    var room = width + 2
    var chosen = Set<Int>()
    for index in Array(hints.indices.suffix(2).reversed()) + Array(hints.indices.dropLast(2)) {
      guard columns(hints[index]) <= room else { continue }
      room -= columns(hints[index])
      chosen.insert(index)
    }
    return hints.indices.filter(chosen.contains).map { hints[$0] }
  }
}
