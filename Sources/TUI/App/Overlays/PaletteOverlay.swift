import SeerProjection
import SeerWidgets

/// Commands found by their words.
struct PaletteOverlay {
  let query: String
  let index: Int

  func draw(_ state: AppState, into surface: inout Surface) {
    let theme = state.theme
    let found = Command.matching(query, state)
    let width = min(surface.size.width - 4, 64)
    let height = min(surface.size.height - 4, max(4, min(found.count, 12) + 3))
    let rect = Rect(
      x: (surface.size.width - width) / 2, y: max(1, surface.size.height / 6), width: width,
      height: height)
    surface.fill(rect, .plain)
    Frame(title: "commands", note: found.isEmpty ? "" : "\(found.count) found", isFocused: true)
      .draw(rect, theme, into: &surface)
    let inside = rect.inside
    var x = surface.write(": ", inside.x + 1, inside.y, theme.style(.key))
    let shown = Text.visible(query, ascii: theme.glyphs.isASCII)
    x = surface.write(shown, x, inside.y, theme.style(.strong), width: inside.maxX - x - 2)
    surface.put(" ", x, inside.y, theme.style(.cursor))
    surface.cursor = Cursor(x: x, y: inside.y)
    let rows = inside.height - 1
    if found.isEmpty {
      surface.write(
        "No command has these letters.", inside.x + 1, inside.y + 1, theme.style(.warning))
      return
    }
    let first = max(0, min(found.count - rows, index - rows / 2))
    for (offset, command) in found.dropFirst(first).prefix(rows).enumerated() {
      let y = inside.y + 1 + offset
      let keys = command.keys.first?.symbol(ascii: theme.glyphs.isASCII) ?? ""
      surface.write(keys, inside.maxX - 1 - DisplayWidth.of(keys), y, theme.style(.key))
      let help = Text.cut(
        command.help, to: inside.width - 12, ellipsis: theme.glyphs.ellipsis)
      surface.write(help, inside.x + 1, y, theme.style(.text))
      if first + offset == index {
        let selected = theme.style(.selection)
        surface.restyle(Rect(x: inside.x, y: y, width: inside.width, height: 1)) {
          theme.depth == .mono || theme.depth == .ansi16 ? $0.with(.reverse) : $0.on(selected)
        }
      }
    }
  }
}
