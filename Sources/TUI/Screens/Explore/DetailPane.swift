import SeerApp
import SeerProjection
import SeerWidgets

/// The row under the cursor: its full text, and the figures that belong to it.
struct DetailPane {
  private let state: ExploreState
  private let theme: Theme
  private let layout: ExploreLayout
  private let lines: [String]
  private let marks: SearchMarks

  init(_ state: AppState, _ layout: ExploreLayout) {
    self.state = state.explore
    theme = state.theme
    self.layout = layout
    let ascii = state.theme.glyphs.isASCII
    if let cursor = state.explore.cursor, state.explore.run.rows.indices.contains(cursor) {
      let text = Text.visible(state.explore.run.rows[cursor].text, ascii: ascii)
      lines = Text.wrap(text, width: Self.inside(layout).width)
      marks = SearchMarks(state.explore.filter.search, text, lines: lines)
    } else {
      lines = []
      marks = SearchMarks(nil, "", lines: [])
    }
  }

  private static func inside(_ layout: ExploreLayout) -> Rect {
    if layout.isWide {
      return Rect(
        x: layout.detail.x + 2, y: layout.detail.y + 1, width: max(0, layout.detail.width - 4),
        height: max(0, layout.detail.height - 2))
    }
    return Rect(
      x: layout.detail.x + 1, y: layout.detail.y + 1, width: max(0, layout.detail.width - 2),
      height: max(0, layout.detail.height - 1))
  }

  /// Lines below the text that hold figures: none in the small layout, where they are in the title.
  private var factLines: Int { layout.isWide && Self.inside(layout).height >= 5 ? 2 : 0 }

  /// Lines above the text that tell what the row was taken for.
  private var verdictLines: Int {
    guard layout.isWide, state.run.concepts.count > 1 else { return 0 }
    let height = Self.inside(layout).height
    return height >= 10 ? 3 : height >= 7 ? 1 : 0
  }

  /// Lines of the list of nearest rows, its title and the blank line above it included.
  private var nearestLines: Int {
    let height = Self.inside(layout).height
    guard layout.isWide, height >= 13, state.run.rows.count > 1 else { return 0 }
    let room = min(7, height - factLines - verdictLines - 4)
    return room >= 4 ? room : 0
  }

  /// Whether the pane has room for the nearest rows: only then are they computed.
  static func hasNeighbours(_ state: AppState) -> Bool {
    DetailPane(state, ExploreLayout(state)).nearestLines > 0
  }

  private func tokens(_ count: Int) -> [String] { count > 0 ? ["\(count) tokens"] : [] }

  var visibleLines: Int {
    max(0, Self.inside(layout).height - verdictLines - factLines - nearestLines)
  }
  var lastScroll: Int { max(0, lines.count - visibleLines) }

  func draw(into surface: inout Surface) {
    let rect = layout.detail
    guard let cursor = state.cursor, state.run.rows.indices.contains(cursor) else {
      if layout.isWide { Frame(title: "row").draw(rect, theme, into: &surface) }
      return
    }
    let glyphs = theme.glyphs
    let row = state.run.rows[cursor]
    let scroll = min(state.panels.detailScroll, lastScroll)
    let below = lines.count - scroll - visibleLines
    var title = "\(glyphs.cursor) row \(Numbers.grouped(row.row))"
    if layout.isWide {
      var note = ""
      if below > 0 {
        note = "\(glyphs.arrowDown) \(below) more" + (below == 1 ? " line" : " lines")
      }
      if scroll > 0 {
        note += (note.isEmpty ? "" : glyphs.separator) + "\(glyphs.arrowUp) \(scroll)"
      }
      Frame(title: title, note: note).draw(rect, theme, into: &surface)
      drawConcept(cursor, rect.x + 3 + DisplayWidth.of(title), rect.y, rect.maxX - 3, &surface)
    } else {
      title += " "
      let x = surface.write(title, rect.x + 1, rect.y, theme.style(.accent))
      let after = drawConcept(cursor, x - 1, rect.y, rect.maxX - 1, &surface)
      let facts =
        taken(cursor) + expert(cursor) + (norm(cursor).map { ["norm \($0)"] } ?? [])
        + tokens(row.tokens)
      surface.write(
        Text.cut(
          glyphs.separator + facts.joined(separator: glyphs.separator), to: rect.maxX - after - 1,
          ellipsis: ""), after, rect.y, theme.style(.faint))
    }
    let inside = Self.inside(layout)
    for (offset, line) in lines.dropFirst(scroll).prefix(visibleLines).enumerated() {
      let y = inside.y + verdictLines + offset
      surface.write(line, inside.x, y, theme.style(.text), width: inside.width)
      marks.draw(scroll + offset, inside.x, y, theme, into: &surface)
    }
    if verdictLines > 0 { drawVerdict(cursor, inside, &surface) }
    if nearestLines > 0 { drawNearest(inside, &surface) }
    if factLines > 0 { drawFacts(cursor, row.tokens, inside, &surface) }
  }

  @discardableResult
  private func drawConcept(
    _ cursor: Int, _ x: Int, _ y: Int, _ end: Int, _ surface: inout Surface
  ) -> Int {
    let concept = Int(state.run.conceptOfRow[cursor])
    let style = theme.concept(concept)
    var x = surface.write(theme.glyphs.separator, x, y, theme.style(.faint), width: end - x)
    guard x + 2 < end else { return x }
    surface.put(theme.glyphs.mark(concept), x, y, style)
    surface.put(" ", x + 1, y, style)
    x += 2
    let name = Text.visible(state.run.concepts[concept].name, ascii: theme.glyphs.isASCII)
    let cut = Text.cut(name, to: end - x, ellipsis: theme.glyphs.ellipsis)
    x = surface.write(cut, x, y, theme.style(.strong), width: end - x)
    if layout.isWide { x = surface.write(" ", x, y, theme.style(.strong)) }
    return x
  }

  private func verdict(_ row: Int) -> RowVerdict? {
    state.separation?.verdict(row, own: Int(state.run.conceptOfRow[row]))
  }

  private func name(_ concept: Int) -> String {
    let name = state.run.concepts[concept].name
    return Text.visible(name.isEmpty ? "(no concept)" : name, ascii: theme.glyphs.isASCII)
  }

  /// The concept that the row was taken for, where that is another one.
  private func taken(_ row: Int) -> [String] {
    guard let verdict = verdict(row), !verdict.isRight else { return [] }
    return ["taken for \(name(verdict.taken))"]
  }

  /// The expert that weighs most for the row, where that is what colours say.
  private func expert(_ row: Int) -> [String] {
    state.painted.inputs.experts?.expert(ofRow: row).map { ["expert \($0)"] } ?? []
  }

  /// What the row was taken for when it was held out, by how much, and the two cosines as bars.
  private func drawVerdict(_ row: Int, _ inside: Rect, _ surface: inout Surface) {
    guard let separation = state.separation else { return }
    let own = Int(state.run.conceptOfRow[row])
    guard let verdict = verdict(row) else {
      surface.write(
        Text.cut(
          "a training row: it is not judged", to: inside.width, ellipsis: theme.glyphs.ellipsis),
        inside.x, inside.y, theme.style(.faint))
      if verdictLines > 1, separation.typical.indices.contains(row),
        separation.typical[row].isFinite
      {
        drawBar(own, separation.typical[row], inside, inside.y + 1, &surface)
      }
      return
    }
    let glyphs = theme.glyphs
    let isRight = verdict.isRight
    surface.put(
      isRight ? glyphs.checked : glyphs.wrong, inside.x, inside.y,
      theme.style(isRight ? .good : .error))
    var x = surface.write(" taken for ", inside.x + 1, inside.y, theme.style(.faint))
    surface.put(glyphs.mark(verdict.taken), x, inside.y, theme.concept(verdict.taken))
    let margin = verdict.margin.map { "margin \(Numbers.fine($0))" } ?? ""
    let room = inside.maxX - x - 2
    let name = Text.cut(self.name(verdict.taken), to: room, ellipsis: glyphs.ellipsis)
    x = surface.write(name, x + 2, inside.y, theme.style(.strong)) + 2
    if x + DisplayWidth.of(margin) <= inside.maxX {
      surface.write(margin, x, inside.y, theme.style(.faint))
    }
    guard verdictLines > 1, let cosines = verdict.cosines, let rival = verdict.rival else { return }
    drawBar(own, cosines.own, inside, inside.y + 1, &surface)
    drawBar(rival, cosines.rival, inside, inside.y + 2, &surface)
  }

  /// A cosine to a concept's prototype.
  private func drawBar(
    _ concept: Int, _ cosine: Float, _ rect: Rect, _ y: Int, _ surface: inout Surface
  ) {
    surface.put(theme.glyphs.mark(concept), rect.x, y, theme.concept(concept))
    let x = surface.write(Numbers.fine(cosine), rect.x + 2, y, theme.style(.text)) + 1
    surface.write(
      theme.glyphs.bar(max(0, cosine), width: rect.maxX - x), x, y, theme.concept(concept))
  }

  /// The first line of the list of nearest rows.
  private func nearestTop(_ inside: Rect) -> Int { inside.maxY - factLines - nearestLines + 1 }

  /// The row of the list of nearest rows at a place.
  func neighbour(at place: Cursor) -> Int? {
    let inside = Self.inside(layout)
    guard nearestLines > 0, inside.contains(place), let nearest = state.currentNearest else {
      return nil
    }
    let index = place.y - nearestTop(inside) - 1
    return index < nearestLines - 2 && nearest.rows.indices.contains(index)
      ? nearest.rows[index] : nil
  }

  private func drawNearest(_ inside: Rect, _ surface: inout Surface) {
    var y = nearestTop(inside)
    surface.write(
      "nearest, by \(state.neighbours.metric.rawValue)", inside.x, y, theme.style(.faint),
      width: inside.width)
    guard let nearest = state.currentNearest else { return }
    for (row, value) in zip(nearest.rows, nearest.values).prefix(nearestLines - 2) {
      y += 1
      let concept = Int(state.run.conceptOfRow[row])
      let x =
        surface.write(
          state.neighbours.metric == .cosine ? Numbers.fine(value) : Numbers.short(value), inside.x,
          y,
          theme.style(.faint)) + 1
      surface.put(theme.glyphs.mark(concept), x, y, theme.concept(concept))
      let text = Text.visible(state.run.rows[row].text, ascii: theme.glyphs.isASCII)
        .replacing("\n", with: " ")
      let room = inside.maxX - x - 2
      surface.write(
        Text.cut(text.prefix(2 * room), to: room, ellipsis: theme.glyphs.ellipsis), x + 2, y,
        theme.style(.text), width: room)
    }
  }

  private func norm(_ cursor: Int) -> String? {
    guard state.chart.maps.indices.contains(state.layer),
      let map = state.chart.maps[state.layer].map
    else { return nil }
    return Numbers.short(map.norms[cursor])
  }

  private func drawFacts(
    _ cursor: Int, _ tokens: Int, _ inside: Rect, _ surface: inout Surface
  ) {
    let separator = theme.glyphs.separator
    let y = inside.maxY - 1
    var facts: [String] = []
    if let norm = norm(cursor), let map = state.chart.maps[state.layer].map {
      facts.append("norm \(norm)")
      if map.medianNorm > 0 {
        facts.append("\(Numbers.short(map.norms[cursor] / map.medianNorm)) x median")
      }
    }
    // Of states from elsewhere nobody counted them.
    if tokens > 0 { facts.append("\(tokens) " + (tokens == 1 ? "token" : "tokens")) }
    if let split = state.run.rows[cursor].split { facts.append(split) }
    facts += expert(cursor)
    if let token = state.run.rows[cursor].token { facts.append("'\(Text.visible(token))'") }
    var line = ""
    for fact in facts {
      let longer = line.isEmpty ? fact : line + separator + fact
      if DisplayWidth.of(longer) > inside.width { break }
      line = longer
    }
    surface.write(line, inside.x, y, theme.style(.faint), width: inside.width)
  }
}
