import SeerWidgets

/// The tokens of one text on a map, joined in the order of reading: with the layers, the way that a
/// text goes through the model.
package struct TokenTrail {
  private let explore: ExploreState
  /// The rows of the text's tokens.
  private let rows: Range<Int>

  /// Nil where it is not asked for, or where rows are whole texts.
  package init?(_ explore: ExploreState) {
    guard explore.look.showsTokens, let cursor = explore.cursor,
      let rows = explore.tokens(of: cursor)
    else { return nil }
    self.explore = explore
    self.rows = rows
  }

  /// Draws the way and the tokens' marks, and, where there is room beside them, the tokens.
  package func draw(
    _ points: [SIMD2<Float>], _ viewport: Viewport, _ panel: Rect, _ paint: PointPaint,
    _ theme: Theme, withTexts: Bool, into surface: inout Surface
  ) {
    for row in rows.dropLast() {
      Way(start: viewport.place(points[row]), end: viewport.place(points[row + 1]))
        .draw(theme.glyphs.way, theme.style(.bar), panel, into: &surface)
    }
    let cells = rows.map { viewport.cell(points[$0]) }
    var taken = Set(cells.compactMap { $0 })
    for (row, cell) in zip(rows, cells) {
      guard let cell else { continue }
      let group = paint.group(row)
      surface.put(
        paint.glyph(group), panel.x + cell.x, panel.y + cell.y,
        row == explore.cursor ? theme.style(.cursor) : paint.style(group).with(.bold))
    }
    guard withTexts else { return }
    for (row, cell) in zip(rows, cells) {
      guard let cell else { continue }
      let text = text(row, theme)
      let width = DisplayWidth.of(text)
      let places = [Cursor(x: cell.x + 2, y: cell.y), Cursor(x: cell.x - width - 1, y: cell.y)]
      let free = places.first { place in
        place.x >= 0 && place.x + width <= panel.width
          && (place.x..<place.x + width).allSatisfy { !taken.contains(Cursor(x: $0, y: cell.y)) }
      }
      guard let free, width > 0 else { continue }
      for x in free.x..<free.x + width { taken.insert(Cursor(x: x, y: cell.y)) }
      surface.write(
        text, panel.x + free.x, panel.y + free.y,
        theme.style(row == explore.cursor ? .accent : .strong))
    }
  }

  private func text(_ row: Int, _ theme: Theme) -> String {
    let token = Text.visible(explore.run.rows[row].token ?? "", ascii: theme.glyphs.isASCII)
    let line = token.replacing("\n", with: theme.glyphs.lineEnd)
    // What vocabularies begin a word with.
    let marks: Set<Character> = [" ", "Ġ", "▁"]
    return Text.cut(
      line.drop { marks.contains($0) }, to: 14, ellipsis: theme.glyphs.ellipsis)
  }
}

extension ExploreState {
  /// The rows of the text that a row is a token of; nil where rows are whole texts.
  func tokens(of row: Int) -> Range<Int>? {
    guard !run.positions.isEmpty, run.rows.indices.contains(row) else { return nil }
    let number = run.rows[row].row
    var (low, high) = (row, row + 1)
    while low > 0, run.rows[low - 1].row == number { low -= 1 }
    while high < run.rows.count, run.rows[high].row == number { high += 1 }
    return low..<high
  }
}
