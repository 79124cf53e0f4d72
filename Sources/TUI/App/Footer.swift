import SeerWidgets

/// One line that tells what can be done now, or the last message: as many lines as that needs, over
/// what is typed.
package enum Footer {
  package static func draw(_ rect: Rect, _ state: AppState, into surface: inout Surface) {
    let isTyping = state.front.drawFooter(rect, state, into: &surface)
    if let message = state.message {
      draw(message, above: isTyping ? rect.y : rect.maxY, state, into: &surface)
    } else if !isTyping {
      let theme = state.theme
      let hints = Command.hints(state, ascii: theme.glyphs.isASCII)
      HintLine.draw(hints, rect.x + 1, rect.y, width: rect.width - 2, theme, into: &surface)
    }
  }

  private static func draw(
    _ message: AppState.Message, above end: Int, _ state: AppState, into surface: inout Surface
  ) {
    let theme = state.theme
    let width = max(1, state.size.width - 2)
    let text = Text.visible(message.text, ascii: theme.glyphs.isASCII)
    var lines = Text.wrap(text, width: width)
    let most = max(1, state.size.height / 3)
    if lines.count > most {
      let rest = lines[(most - 1)...].joined(separator: " ")
      lines =
        lines.prefix(most - 1) + [
          Text.cut(rest, to: width, ellipsis: theme.glyphs.ellipsis)
        ]
    }
    let top = end - lines.count
    surface.fill(
      Rect(x: 0, y: top, width: state.size.width, height: lines.count), .plain)
    let style = theme.style(message.isError ? .error : .good)
    for (offset, line) in lines.enumerated() { surface.write(line, 1, top + offset, style) }
  }
}
