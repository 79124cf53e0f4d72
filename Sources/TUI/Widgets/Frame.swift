/// A border with a title at its top and a note at its bottom.
package struct Frame {
  package var title = ""
  package var note = ""
  package var isFocused = false

  package init(title: String = "", note: String = "", isFocused: Bool = false) {
    self.title = title
    self.note = note
    self.isFocused = isFocused
  }

  package func draw(_ rect: Rect, _ theme: Theme, into surface: inout Surface) {
    guard rect.width >= 2, rect.height >= 2 else { return }
    let style = theme.style(isFocused ? .focusedBorder : .border)
    let box = theme.glyphs.box
    for x in rect.x + 1..<rect.maxX - 1 {
      surface.put(box[4], x, rect.y, style)
      surface.put(box[4], x, rect.maxY - 1, style)
    }
    for y in rect.y + 1..<rect.maxY - 1 {
      surface.put(box[5], rect.x, y, style)
      surface.put(box[5], rect.maxX - 1, y, style)
    }
    surface.put(box[0], rect.x, rect.y, style)
    surface.put(box[1], rect.maxX - 1, rect.y, style)
    surface.put(box[2], rect.x, rect.maxY - 1, style)
    surface.put(box[3], rect.maxX - 1, rect.maxY - 1, style)
    write(title, y: rect.y, rect, theme.style(isFocused ? .accent : .title), theme, &surface)
    write(note, y: rect.maxY - 1, rect, theme.style(.faint), theme, &surface)
  }

  private func write(
    _ text: String, y: Int, _ rect: Rect, _ style: Style, _ theme: Theme,
    _ surface: inout Surface
  ) {
    guard !text.isEmpty, rect.width >= 7 else { return }
    let line = Text.cut(text, to: rect.width - 6, ellipsis: theme.glyphs.ellipsis)
    surface.write(" \(line) ", rect.x + 2, y, style)
  }
}
