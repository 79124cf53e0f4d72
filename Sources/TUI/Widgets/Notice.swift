/// A few lines in the middle of a panel: empty, loading and error states.
package struct Notice {
  package var title: String
  package var lines: [String] = []
  package var isError = false

  package init(title: String, lines: [String] = [], isError: Bool = false) {
    self.title = title
    self.lines = lines
    self.isError = isError
  }

  package func draw(_ rect: Rect, _ theme: Theme, into surface: inout Surface) {
    let width = max(1, min(60, rect.width - 2))
    let body = lines.flatMap {
      Text.wrap(Text.visible($0, ascii: theme.glyphs.isASCII), width: width)
    }
    let all = Text.wrap(title, width: width) + (body.isEmpty || rect.height < 4 ? [] : [""]) + body
    let shown = all.prefix(max(0, rect.height))
    let y = rect.y + (rect.height - shown.count) / 2
    let titleLines = Text.wrap(title, width: width).count
    for (offset, line) in shown.enumerated() {
      let style = theme.style(
        offset < titleLines ? (isError ? .error : .strong) : isError ? .text : .faint)
      let x = rect.x + max(0, (rect.width - DisplayWidth.of(line)) / 2)
      surface.write(line, x, y + offset, style, width: rect.maxX - x)
    }
  }

  /// What a terminal too small for the screen shows; it fits 10 x 3.
  package static func tooSmall(
    _ size: Size, wanted: Size, _ theme: Theme, into surface: inout Surface
  ) {
    let lines = [
      "too small", "need \(wanted.width)x\(wanted.height)", "have \(size.width)x\(size.height)",
    ]
    let y = max(0, (size.height - lines.count) / 2)
    for (offset, line) in lines.enumerated() {
      surface.write(
        line, max(0, (size.width - line.count) / 2), y + offset,
        theme.style(offset == 0 ? .warning : .text))
    }
  }
}
