import SeerApp
import SeerProjection
import SeerWidgets

/// A ``RowList`` over the panels beside the map, or over the map where there are none.
struct RowListPane {
  private let state: ExploreState
  private let theme: Theme
  private let rect: Rect
  private let list: RowList
  private let isWide: Bool

  init?(_ state: AppState, _ layout: ExploreLayout) {
    guard let list = state.explore.lists.open else { return nil }
    self.list = list
    self.state = state.explore
    theme = state.theme
    isWide = layout.isWide
    rect =
      layout.isWide
      ? Rect(
        x: layout.legend.x, y: layout.legend.y, width: layout.legend.width,
        height: layout.legend.height + layout.detail.height)
      : layout.map
  }

  /// Lines for the entries, those for the group or the text below them taken off.
  private var rows: Int { max(1, rect.inside.height - 1 - factLines - textLines) }

  /// Lines for the row's text, with the line above it; below the map there is one already.
  private var textLines: Int {
    let height = rect.inside.height
    return isWide && list.kind != .groups && height >= 10 ? min(9, height * 2 / 5) : 0
  }
  private var factLines: Int {
    list.kind == .groups && rect.inside.height >= 10 ? min(9, rect.inside.height / 2) : 0
  }
  private var first: Int { max(0, min(list.entries.count - rows, list.index - rows / 2)) }

  func contains(_ place: Cursor) -> Bool { rect.contains(place) }

  /// The entry at a place, for the mouse.
  func entry(at place: Cursor) -> Int? {
    guard rect.inside.contains(place) else { return nil }
    let index = first + place.y - rect.inside.y - 1
    return list.entries.indices.contains(index) && place.y - rect.inside.y <= rows ? index : nil
  }

  func draw(into surface: inout Surface) {
    surface.fill(rect, .plain)
    let count = list.entries.count
    Frame(
      title: list.kind.rawValue, note: count > rows ? "\(list.index + 1) of \(count)" : "",
      isFocused: true
    ).draw(rect, theme, into: &surface)
    let inside = rect.inside
    surface.write(
      Text.cut(
        list.kind.explanation, to: inside.width - 1, ellipsis: theme.glyphs.ellipsis),
      inside.x + 1, inside.y, theme.style(.faint))
    if list.entries.isEmpty {
      surface.write(
        Text.cut(nothing, to: inside.width - 1, ellipsis: theme.glyphs.ellipsis), inside.x + 1,
        inside.y + 1, theme.style(.warning))
      return
    }
    for (offset, entry) in list.entries.dropFirst(first).prefix(rows).enumerated() {
      draw(entry, first + offset, y: inside.y + 1 + offset, &surface)
    }
    if factLines > 0 { drawFacts(into: &surface) }
    if textLines > 0 { drawText(into: &surface) }
  }

  /// The text of the row that the list is at.
  private func drawText(into surface: inout Surface) {
    guard let row = state.cursor, state.run.rows.indices.contains(row) else { return }
    let inside = rect.inside
    let top = inside.maxY - textLines
    for x in inside.x..<inside.maxX {
      surface.put(theme.glyphs.box[4], x, top, theme.style(.border))
    }
    surface.write(
      " row \(Numbers.grouped(state.run.rows[row].row)) ", inside.x + 1, top, theme.style(.title))
    let text = Text.visible(state.run.rows[row].text, ascii: theme.glyphs.isASCII)
    let lines = Text.wrap(text, width: inside.width - 2)
    for (offset, line) in lines.prefix(textLines - 1).enumerated() {
      surface.write(line, inside.x + 1, top + 1 + offset, theme.style(.text))
    }
  }

  private var nothing: String {
    switch list.kind {
    case .outliers, .confusions: "Nothing to show at this layer yet."
    case .bookmarks: "No bookmarks yet."
    case .groups: "No groups yet."
    case .nearest: "Looking for them."
    }
  }

  private func draw(_ entry: RowList.Entry, _ index: Int, y: Int, _ surface: inout Surface) {
    let inside = rect.inside
    let ascii = theme.glyphs.isASCII
    let mark = index == list.marked ? "+" : " "
    var x = surface.write(mark, inside.x, y, theme.style(.accent))
    x = surface.write(entry.value, x, y, theme.style(.faint), width: 10) + 1
    for (number, concept) in entry.concepts.enumerated() {
      if number > 0 { x = surface.write(ascii ? ">" : "→", x, y, theme.style(.faint)) }
      surface.put(theme.glyphs.mark(concept), x, y, theme.concept(concept))
      x += 1
    }
    if !entry.concepts.isEmpty { x += 1 }
    let room = inside.maxX - x
    let text = Text.visible(String(entry.text.prefix(2 * max(1, room))), ascii: ascii)
      .replacing("\n", with: " ")
    surface.write(
      Text.cut(text, to: room, ellipsis: theme.glyphs.ellipsis), x, y, theme.style(.text),
      width: room)
    guard index == list.index else { return }
    surface.cursor = Cursor(x: inside.x + 1, y: y)
    let selected = theme.style(.selection)
    surface.restyle(Rect(x: inside.x, y: y, width: inside.width, height: 1)) {
      theme.depth == .mono || theme.depth == .ansi16 ? $0.with(.reverse) : $0.on(selected)
    }
  }

  /// The concepts of the chosen group, beside those of the marked one.
  private func drawFacts(into surface: inout Surface) {
    let groups = state.selection.allGroups
    guard groups.indices.contains(list.index) else { return }
    let inside = rect.inside
    var y = inside.maxY - factLines
    let other = list.marked.flatMap {
      $0 != list.index && groups.indices.contains($0) ? groups[$0] : nil
    }
    let counts = groups[list.index].counts(
      state.run.conceptOfRow, concepts: state.run.concepts.count)
    let others = other?.counts(state.run.conceptOfRow, concepts: state.run.concepts.count)
    let name =
      other.map {
        "this, and + " + Text.visible($0.name, ascii: theme.glyphs.isASCII)
      } ?? "its concepts"
    surface.write(
      Text.cut(name, to: inside.width - 1, ellipsis: theme.glyphs.ellipsis), inside.x + 1, y,
      theme.style(.faint))
    y += 1
    let lastLine = inside.maxY - (other == nil ? 0 : 1)
    let order = counts.indices.filter { counts[$0] > 0 || (others?[$0] ?? 0) > 0 }.sorted {
      (-counts[$0], $0) < (-counts[$1], $1)
    }
    for concept in order where y < lastLine {
      surface.put(theme.glyphs.mark(concept), inside.x + 1, y, theme.concept(concept))
      var numbers = Numbers.grouped(counts[concept])
      if let others { numbers += "  \(Numbers.grouped(others[concept]))" }
      let room = inside.width - 5 - numbers.count
      let text = Text.cut(
        Text.visible(state.run.concepts[concept].name, ascii: theme.glyphs.isASCII), to: room,
        ellipsis: theme.glyphs.ellipsis)
      surface.write(text, inside.x + 3, y, theme.style(.text), width: room)
      surface.write(numbers, inside.maxX - 1 - numbers.count, y, theme.style(.text))
      y += 1
    }
    guard other != nil, let comparison = state.currentComparison else { return }
    let facts =
      "cosine \(Numbers.fine(comparison.between))\(theme.glyphs.separator)within "
      + "\(Numbers.fine(comparison.withinFirst)), \(Numbers.fine(comparison.withinSecond))"
    surface.write(
      Text.cut(facts, to: inside.width - 1, ellipsis: theme.glyphs.ellipsis), inside.x + 1,
      inside.maxY - 1, theme.style(.text))
  }
}
