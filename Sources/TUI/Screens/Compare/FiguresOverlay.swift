import SeerAnalysis
import SeerApp
import SeerProjection
import SeerWidgets

/// All figures of the layer, base and tuned with their nulls, and beneath them what the chosen one
/// means: its text is that of docs/metrics.md.
package struct FiguresOverlay {
  /// The figure that is read in full, and how far.
  package struct Place: Equatable, Sendable {
    package var index = 0
    package var scroll = 0

    package init(index: Int = 0, scroll: Int = 0) {
      self.index = index
      self.scroll = scroll
    }
  }

  private enum Entry {
    case metric(SeparationMetric)
    case note(title: String, text: String)
  }

  private static let entries: [Entry] =
    SeparationMetric.allCases.map(Entry.metric)
    + SeparationMetric.notes.map { .note(title: $0.title, text: $0.text) }

  private let theme: Theme
  private let figures: PairFigures?
  private let title: String
  private let index: Int
  private let rect: Rect
  private let list: Rect
  private let page: Rect
  private let lines: [(text: String, role: Theme.Role)]

  package init?(_ state: AppState, index: Int) {
    guard let compare = state.compare, Self.entries.indices.contains(index) else { return nil }
    theme = state.theme
    figures = compare.figures[state.explore.layer]
    title = "figures of layer \(state.explore.layerNumber)"
    self.index = index
    let size = state.size
    let width = min(size.width - 2, 112)
    let height = min(size.height - 2, Self.entries.count + 17)
    rect = Rect(
      x: (size.width - width) / 2, y: max(0, (size.height - height) / 2), width: width,
      height: height)
    var rest = rect.inside
    page = rest.takeBottom(min(13, max(4, rest.height / 2))).inset(1, 0)
    _ = rest.takeBottom(1)
    list = rest
    lines = Self.lines(
      Self.entries[index], figures, width: page.width, ascii: theme.glyphs.isASCII)
  }

  var lastScroll: Int { max(0, lines.count - page.height) }

  /// Another figure.
  package static func move(by step: Int, _ state: inout AppState) -> [Effect] {
    guard let place = state.compare?.explained else { return [] }
    state.compare?.explained = Place(index: max(0, min(entries.count - 1, place.index + step)))
    return []
  }

  /// More of a figure's text.
  package static func scroll(by step: Int, _ state: inout AppState) -> [Effect] {
    guard let place = state.compare?.explained else { return [] }
    let last = FiguresOverlay(state, index: place.index)?.lastScroll ?? 0
    state.compare?.explained?.scroll = max(0, min(last, place.scroll + step))
    return []
  }

  /// Gives the chosen figure's text to the clipboard.
  static func copy(_ state: inout AppState) -> [Effect] {
    guard let place = state.compare?.explained, entries.indices.contains(place.index) else {
      return []
    }
    let name: String
    switch entries[place.index] {
    case .metric(let metric): name = metric.title
    case .note(let title, _): name = title
    }
    let figures = state.compare?.figures[state.explore.layer]
    let text = lines(entries[place.index], figures, width: .max, ascii: false).map(\.text)
    return state.copy(
      "\(name), layer \(state.explore.layerNumber)\n" + text.joined(separator: "\n"), name)
  }

  package static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect] {
    switch mouse.action {
    case .wheelDown: return move(by: 1, &state)
    case .wheelUp: return move(by: -1, &state)
    case .left: state.compare?.explained = nil
    default: break
    }
    return []
  }

  private static func lines(
    _ entry: Entry, _ figures: PairFigures?, width: Int, ascii: Bool
  ) -> [(text: String, role: Theme.Role)] {
    var lines: [(text: String, role: Theme.Role)] = []
    func add(_ text: String, _ role: Theme.Role) {
      var text = text.replacing("`", with: "")
      if ascii { text = text.replacing("²", with: "^2") }
      lines += Text.wrap(text, width: width).map { ($0, role) }
    }
    switch entry {
    case .metric(let metric):
      if let figures {
        add("base  " + metric.sentence(figures.base[metric]), .text)
        add("tuned " + metric.sentence(figures.tuned[metric]), .text)
      }
      add(metric.definition, .strong)
      add("Range: \(metric.range). \(metric.direction)", .text)
      add("Pitfall: \(metric.pitfall)", .warning)
    case .note(let title, let text):
      add(title, .strong)
      add(text, .text)
    }
    return lines
  }

  package func draw(scroll: Int, into surface: inout Surface) {
    surface.fill(rect, .plain)
    surface.cursor = nil
    let scroll = max(0, min(scroll, lastScroll))
    let note =
      lastScroll == 0
      ? "" : "\(scroll + 1)-\(scroll + page.height) of \(lines.count)"
    Frame(title: title, note: note, isFocused: true).draw(rect, theme, into: &surface)
    drawHead(&surface)
    let room = list.height - 1
    let first = max(0, min(Self.entries.count - room, index - room / 2))
    for (offset, entry) in Self.entries.dropFirst(first).prefix(room).enumerated() {
      let y = list.y + 1 + offset
      draw(entry, y, &surface)
      guard first + offset == index else { continue }
      let selected = theme.style(.selection)
      surface.restyle(Rect(x: list.x, y: y, width: list.width, height: 1)) {
        theme.depth == .mono || theme.depth == .ansi16 ? $0.with(.reverse) : $0.on(selected)
      }
    }
    for x in rect.x + 1..<rect.maxX - 1 {
      surface.put(theme.glyphs.box[4], x, list.maxY, theme.style(.border))
    }
    for (offset, line) in lines.dropFirst(scroll).prefix(page.height).enumerated() {
      surface.write(line.text, page.x, page.y + offset, theme.style(line.role), width: page.width)
    }
  }

  /// Where the columns end: base, its null, tuned, its null; nil where there is no room.
  private var columns: (base: Int, baseNull: Int?, tuned: Int, tunedNull: Int?) {
    let x = list.x + 1 + (list.width >= 60 ? 22 : max(8, list.width - 20))
    if list.width >= 98 { return (x + 9, x + 34, x + 45, x + 70) }
    if list.width >= 68 { return (x + 9, nil, x + 20, x + 44) }
    return (x + 8, nil, x + 17, nil)
  }

  private func right(_ text: String, _ end: Int, _ y: Int, _ style: Style, _ s: inout Surface) {
    s.write(text, end - DisplayWidth.of(text), y, style)
  }

  private func drawHead(_ surface: inout Surface) {
    let columns = columns
    let faint = theme.style(.faint)
    right("base", columns.base, list.y, faint, &surface)
    right("tuned", columns.tuned, list.y, faint, &surface)
    for end in [columns.baseNull, columns.tunedNull] {
      if let end { right("shuffled, 95 %", end, list.y, faint, &surface) }
    }
  }

  private func draw(_ entry: Entry, _ y: Int, _ surface: inout Surface) {
    let x = list.x + 1
    switch entry {
    case .note(let title, _):
      surface.write("how: " + title, x, y, theme.style(.faint), width: list.width - 2)
    case .metric(let metric):
      let columns = columns
      surface.write(metric.title, x, y, theme.style(.text), width: columns.base - x - 7)
      for (side, end, nullEnd) in [
        (figures?.base, columns.base, columns.baseNull),
        (figures?.tuned, columns.tuned, columns.tunedNull),
      ] {
        guard let figure = side?[metric] else {
          right(theme.glyphs.ellipsis, end, y, theme.style(.faint), &surface)
          continue
        }
        right(metric.text(figure.value), end, y, theme.style(.strong), &surface)
        if metric.isOutside(figure) { surface.put("*", end, y, theme.style(.good)) }
        if let nullEnd, let null = metric.nulls(figure, room: 23) {
          right(null, nullEnd, y, theme.style(.faint), &surface)
        }
      }
    }
  }
}

extension SeparationMetric {
  /// A value as tables show it.
  package func text(_ value: Double?) -> String {
    guard let value else { return "-" }
    switch unit {
    case .share: return Numbers.fine(Float(value))
    case .degrees: return Numbers.degrees(Float(value))
    case .number:
      return abs(value) < 1 ? Numbers.fine(Float(value)) : Numbers.short(Float(value))
    }
  }

  /// Whether labels that mean nothing would hardly give this.
  func isOutside(_ figure: SeparationFigure) -> Bool {
    figure.isOutsideNull == true && !ignoresLabels
  }

  /// Mean and band over permuted labels, the band alone where there is less room; nil where it was
  /// not measured or has no room.
  package func nulls(_ figure: SeparationFigure, room: Int) -> String? {
    guard let mean = figure.nullMean, let low = figure.nullLow, let high = figure.nullHigh else {
      return nil
    }
    if ignoresLabels { return room >= 9 ? "no labels" : nil }
    let band = "\(text(low)) to \(text(high))"
    let whole = "\(text(mean)) (\(band))"
    return whole.count <= room ? whole : band.count <= room ? band : nil
  }

  /// Everything known of a figure.
  package func sentence(_ figure: SeparationFigure) -> String {
    var said = text(figure.value)
    if let low = figure.low, let high = figure.high {
      said += " (95 %: \(text(low)) to \(text(high)))"
    }
    guard let null = nulls(figure, room: .max), !ignoresLabels else { return said }
    return said + ", shuffled labels \(null)" + (isOutside(figure) ? ": outside" : ": inside")
  }
}
