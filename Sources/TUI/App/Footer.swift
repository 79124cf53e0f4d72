import SeerWidgets

/// One line that tells what can be done now, or the last message.
package enum Footer {
  package static func draw(_ rect: Rect, _ state: AppState, into surface: inout Surface) {
    let theme = state.theme
    if let message = state.message {
      let style = theme.style(message.isError ? .error : .good)
      let text = Text.cut(
        Text.visible(message.text, ascii: theme.glyphs.isASCII), to: rect.width - 2,
        ellipsis: theme.glyphs.ellipsis)
      surface.write(text, rect.x + 1, rect.y, style)
      return
    }
    if state.front.drawFooter(rect, state, into: &surface) { return }
    let hints = Command.hints(state, ascii: theme.glyphs.isASCII)
    HintLine.draw(hints, rect.x + 1, rect.y, width: rect.width - 2, theme, into: &surface)
  }
}
