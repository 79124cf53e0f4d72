import SeerApp
import SeerProjection
import SeerWidgets

/// The concepts with their marks and counts: a list beside the map, or one line below it.
struct LegendPane {
  private let state: ExploreState
  private let theme: Theme
  private let layout: ExploreLayout

  init(_ state: AppState, _ layout: ExploreLayout) {
    self.state = state.explore
    theme = state.theme
    self.layout = layout
  }

  private var isFocused: Bool { state.panels.focus == .concepts }

  /// The concept that should be in sight: the one chosen in the list, else the cursor's.
  private var anchor: Int {
    if isFocused { return state.panels.legendIndex }
    return state.cursor.map { Int(state.run.conceptOfRow[$0]) } ?? 0
  }

  /// The first concept of the list on screen; it moves only as far as it must.
  private var first: Int {
    let height = layout.legend.inside.height
    return max(0, min(state.run.concepts.count - height, anchor - height / 2))
  }

  func concept(at place: Cursor) -> Int? {
    guard layout.legend.contains(place), experts == nil else { return nil }
    if layout.isWide {
      guard layout.legend.inside.contains(place) else { return nil }
      let index = first + place.y - layout.legend.inside.y
      return state.run.concepts.indices.contains(index) ? index : nil
    }
    return entries().first { place.x >= $0.x && place.x < $0.x + $0.width }?.concept
  }

  /// Experts where they are what colours say; keys of the list are about concepts.
  private var experts: RowExperts? { isFocused ? nil : state.painted.inputs.experts }

  func draw(into surface: inout Surface) {
    if let experts { return ExpertLegend(experts, theme, layout).draw(into: &surface) }
    if layout.isWide { drawList(into: &surface) } else { drawLine(into: &surface) }
  }

  private func markStyle(_ concept: Int) -> Style {
    state.filter.hidden.contains(concept) ? theme.style(.faint) : theme.concept(concept)
  }

  private func mark(_ concept: Int) -> Unicode.Scalar {
    state.filter.hidden.contains(concept) ? theme.glyphs.hiddenConcept : theme.glyphs.mark(concept)
  }

  private func drawList(into surface: inout Surface) {
    let rect = layout.legend
    let inside = rect.inside
    let hiddenCount = state.filter.hidden.count
    var note = hiddenCount > 0 ? "\(hiddenCount) hidden" : ""
    if state.run.concepts.count > inside.height {
      let range =
        "\(first + 1)-\(min(state.run.concepts.count, first + inside.height)) of \(state.run.concepts.count)"
      note = note.isEmpty ? range : range + theme.glyphs.separator + note
    }
    if note.isEmpty && barWidth(inside) > 0 && state.separation?.nearestPrototype != nil {
      note = "bars: held-out recall"
    }
    Frame(title: "concepts", note: note, isFocused: isFocused).draw(rect, theme, into: &surface)
    let recalls: [Float?] =
      state.separation?.recalls(state.run.concepts.count, conceptOfRow: state.run.conceptOfRow)
      ?? Array(repeating: nil, count: state.run.concepts.count)
    for offset in 0..<inside.height {
      let concept = first + offset
      guard state.run.concepts.indices.contains(concept) else { break }
      let group = state.run.concepts[concept]
      let y = inside.y + offset
      let isHidden = state.filter.hidden.contains(concept)
      let count = Numbers.grouped(group.count)
      if concept < 9 { surface.write("\(concept + 1)", inside.x, y, theme.style(.faint)) }
      surface.put(mark(concept), inside.x + 2, y, markStyle(concept))
      let recall = isHidden ? nil : recalls[concept]
      let barWidth = barWidth(inside)
      let room = inside.width - 5 - count.count - 1 - (barWidth > 0 ? barWidth + 6 : 0)
      let name = Text.cut(
        Text.visible(group.name.isEmpty ? "(no concept)" : group.name, ascii: theme.glyphs.isASCII),
        to: room, ellipsis: theme.glyphs.ellipsis)
      let nameStyle = theme.style(isHidden ? .faint : .text)
      surface.write(name, inside.x + 4, y, nameStyle, width: room)
      var x = inside.x + 4 + room + 1
      x = surface.write(count, x, y, theme.style(isHidden ? .faint : .text)) + 1
      if let recall, barWidth > 0 {
        surface.write(theme.glyphs.bar(recall, width: barWidth), x, y, markStyle(concept))
        surface.write(Numbers.share(recall), x + barWidth + 1, y, theme.style(.text))
      }
      if isFocused && concept == state.panels.legendIndex {
        let selected = theme.style(.selection)
        surface.restyle(Rect(x: inside.x, y: y, width: inside.width, height: 1)) {
          theme.depth == .mono || theme.depth == .ansi16
            ? $0.with(.reverse) : $0.on(selected)
        }
      }
    }
  }

  /// Columns of the bars of held-out recall; 0 where there is no room for them.
  private func barWidth(_ inside: Rect) -> Int {
    inside.width >= 32 ? min(14, inside.width - 24) : 0
  }

  private struct Entry {
    var concept: Int
    var x: Int
    var width: Int
    var text: String
  }

  /// The concepts of the one-line legend that fit, from the anchor's page on.
  private func entries() -> [Entry] {
    let rect = layout.legend
    var pages: [[Entry]] = [[]]
    var x = rect.x + 1
    for (concept, group) in state.run.concepts.enumerated() {
      let name = Text.cut(
        Text.visible(group.name, ascii: theme.glyphs.isASCII), to: 14,
        ellipsis: theme.glyphs.ellipsis)
      let text = "\(name) \(Numbers.grouped(group.count))"
      let width = DisplayWidth.of(text) + 2
      if x + width > rect.maxX - 1 && x > rect.x + 1 {
        pages.append([])
        x = rect.x + 1
      }
      pages[pages.count - 1].append(Entry(concept: concept, x: x, width: width, text: text))
      x += width + 2
    }
    return pages.first { page in page.contains { $0.concept == anchor } } ?? pages[0]
  }

  private func drawLine(into surface: inout Surface) {
    let rect = layout.legend
    for entry in entries() {
      surface.put(mark(entry.concept), entry.x, rect.y, markStyle(entry.concept))
      let isHidden = state.filter.hidden.contains(entry.concept)
      var style = theme.style(isHidden ? .faint : .text)
      if isFocused && entry.concept == state.panels.legendIndex { style = style.with(.reverse) }
      surface.write(entry.text, entry.x + 2, rect.y, style, width: rect.maxX - entry.x - 2)
    }
  }
}
