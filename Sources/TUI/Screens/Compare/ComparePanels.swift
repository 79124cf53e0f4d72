import SeerAnalysis
import SeerApp
import SeerWidgets

/// The figures below the two maps: before and after.
struct ComparePanels {
  private let state: AppState
  private let compare: CompareState
  private let layout: CompareLayout
  private var theme: Theme { state.theme }
  private var explore: ExploreState { state.explore }
  private var figures: PairFigures? { compare.figures[explore.layer] }

  init?(_ state: AppState, _ layout: CompareLayout) {
    guard let compare = state.compare else { return nil }
    self.state = state
    self.compare = compare
    self.layout = layout
  }

  func draw(into surface: inout Surface) {
    guard !layout.figures.isEmpty else { return }
    guard explore.run.concepts.count > 1 else {
      surface.write(
        "One concept only: nothing to tell apart.", layout.figures.x + 1, layout.figures.y,
        theme.style(.faint), width: layout.figures.width - 2)
      return
    }
    switch compare.panel {
    case .summary: CompareSummary(state, layout)?.draw(into: &surface)
    case .figures: drawFigures(&surface)
    case .confusion: drawConfusions(&surface)
    case .moved: drawMoved(&surface)
    }
  }

  // MARK: figures

  /// Tables side by side that all figures need, where they are wide enough for that.
  static func tables(_ width: Int) -> Int { width >= 2 * bothBands ? 2 : 1 }

  /// Columns from which a table has room for the bands of both sides.
  private static let bothBands = 78

  private func drawFigures(_ surface: inout Surface) {
    let rect = layout.figures
    let tables = Self.tables(rect.width)
    let metrics = SeparationMetric.principal
    let height = tables == 1 ? rect.height - 1 : (metrics.count + tables - 1) / tables
    for table in 0..<tables {
      let width = rect.width / tables
      let part = Rect(x: rect.x + table * width, y: rect.y, width: width, height: rect.height)
      drawHead(part, isFirst: table == 0, &surface)
      let shown = metrics.dropFirst(table * height).prefix(min(height, rect.height - 1))
      for (line, metric) in shown.enumerated() { draw(metric, part, part.y + 1 + line, &surface) }
    }
  }

  /// Where the columns of a table are: where values end, and where bands begin and how wide they
  /// may be.
  private struct Columns {
    var name: Int
    var base: Int
    var baseBand: (x: Int, room: Int)?
    var arrow: Int
    var tuned: Int
    var tunedBand: (x: Int, room: Int)

    init(_ rect: Rect) {
      name = rect.width >= 44 ? 18 : max(10, rect.width - 24)
      let x = rect.x + 1 + name
      base = x + 8
      let hasBoth = rect.width >= ComparePanels.bothBands
      if hasBoth { baseBand = (x + 10, 15) }
      arrow = hasBoth ? x + 26 : x + 9
      tuned = hasBoth ? x + 35 : x + 19
      tunedBand = (tuned + 2, rect.maxX - 1 - tuned - 2)
    }
  }

  private func drawHead(_ rect: Rect, isFirst: Bool, _ surface: inout Surface) {
    let columns = Columns(rect)
    let faint = theme.style(.faint)
    if isFirst {
      Self.drawProgress(
        state, Rect(x: rect.x + 1, y: rect.y, width: columns.name, height: 1), into: &surface)
    }
    surface.write("base", columns.base - 4, rect.y, faint)
    surface.write("tuned", columns.tuned - 5, rect.y, faint)
    let isOne = columns.baseBand == nil
    if let band = columns.baseBand { surface.write("shuffled 95 %", band.x, rect.y, faint) }
    let words = [
      isOne
        ? "tuned, shuffled: mean (95 %); * outside its own" : "shuffled: mean (95 %); * outside it",
      isOne ? "tuned, shuffled 95 %; * outside" : "shuffled 95 %, * outside",
      isOne ? "tuned's shuffled" : "shuffled 95 %", "* no chance",
    ]
    if let word = words.first(where: { $0.count <= columns.tunedBand.room }) {
      surface.write(word, columns.tunedBand.x, rect.y, faint)
    }
  }

  /// How far the measuring is, or what can be done about it.
  static func drawProgress(_ state: AppState, _ rect: Rect, into surface: inout Surface) {
    guard let compare = state.compare else { return }
    let theme = state.theme
    let layer = state.explore.layer
    guard let measuring = compare.measuring, let share = compare.measuredShare else {
      let isMissing = compare.figures[layer]?.hasNulls != true
      let (word, role): (String, Theme.Role) =
        compare.unmeasurable.contains(layer)
        ? ("not measurable", .warning)
        : isMissing && !compare.isMeasuringWanted
          ? ("u measures", .accent) : ("i explains", .faint)
      surface.write(word, rect.x, rect.y, theme.style(role), width: rect.width)
      return
    }
    let name = measuring.withNulls ? "nulls " : "layers "
    let x = surface.write(name, rect.x, rect.y, theme.style(.faint))
    let room = max(3, rect.width - name.count - 2)
    for column in x..<x + room {
      surface.put(theme.glyphs.hiddenConcept, column, rect.y, theme.style(.faint))
    }
    surface.write(theme.glyphs.bar(Float(share), width: room), x, rect.y, theme.style(.bar))
  }

  private func draw(
    _ metric: SeparationMetric, _ rect: Rect, _ y: Int, _ surface: inout Surface
  ) {
    let columns = Columns(rect)
    surface.write(
      Text.cut(metric.title, to: columns.name - 1, ellipsis: theme.glyphs.ellipsis), rect.x + 1, y,
      theme.style(.text))
    func write(
      _ figure: SeparationFigure?, _ end: Int, _ role: Theme.Role, _ band: (x: Int, room: Int)?
    ) {
      let text = figure == nil ? theme.glyphs.ellipsis : metric.text(figure?.value)
      surface.write(text, end - DisplayWidth.of(text), y, theme.style(role))
      guard let figure else { return }
      if metric.isOutside(figure) { surface.put("*", end, y, theme.style(.good)) }
      guard let band, let null = metric.nulls(figure, room: band.room) else { return }
      surface.write(null, band.x, y, theme.style(.faint))
    }
    write(figures?.base[metric], columns.base, .text, columns.baseBand)
    surface.write(theme.glyphs.becomes, columns.arrow, y, theme.style(.faint))
    write(figures?.tuned[metric], columns.tuned, .strong, columns.tunedBand)
  }

  // MARK: rows that moved

  private func drawMoved(_ surface: inout Surface) {
    let rect = layout.figures
    guard let figures else {
      surface.write("being measured", rect.x + 1, rect.y, theme.style(.faint))
      return
    }
    var title = "moved most"
    if let kept = figures.neighboursKept {
      title += theme.glyphs.separator + "neighbours kept \(Numbers.percent(Float(kept)))"
    }
    if let cka = figures.cka { title += theme.glyphs.separator + "CKA \(Numbers.fine(Float(cka)))" }
    surface.write(
      Text.cut(title, to: rect.width - 2, ellipsis: theme.glyphs.ellipsis), rect.x + 1, rect.y,
      theme.style(.title))
    let shown = shownMoved
    for (line, moved) in figures.moved[shown].enumerated() {
      draw(moved, rect, rect.y + 1 + line, &surface)
    }
  }

  /// So that the cursor's row is among them, where it is one of them.
  private var shownMoved: Range<Int> {
    let moved = figures?.moved ?? []
    let room = max(0, layout.figures.height - 1)
    let current = moved.firstIndex { $0.row == explore.cursor } ?? 0
    let first = max(0, min(moved.count - room, current - room / 2))
    return first..<min(moved.count, first + room)
  }

  /// The row that is listed at a place.
  func movedRow(at place: Cursor) -> Int? {
    guard compare.panel == .moved, layout.figures.contains(place), let figures else { return nil }
    let index = shownMoved.lowerBound + place.y - layout.figures.y - 1
    return place.y > layout.figures.y && shownMoved.contains(index)
      ? figures.moved[index].row : nil
  }

  private func draw(
    _ moved: PairFigures.Moved, _ rect: Rect, _ y: Int, _ surface: inout Surface
  ) {
    guard explore.run.rows.indices.contains(moved.row) else { return }
    let concept = Int(explore.run.conceptOfRow[moved.row])
    let number = Numbers.grouped(explore.run.rows[moved.row].row)
    let isCurrent = moved.row == explore.cursor
    surface.put(theme.glyphs.mark(concept), rect.x + 1, y, theme.concept(concept))
    surface.write(
      number, rect.x + 9 - DisplayWidth.of(number), y, theme.style(isCurrent ? .accent : .text))
    var x = rect.x + 11
    if let distance = moved.distance {
      x = surface.write(Numbers.fine(Float(distance)), x, y, theme.style(.strong)) + 2
    }
    x =
      surface.write(
        "\(moved.stayed) of \(moved.neighbours) stayed", x, y, theme.style(.faint)) + 2
    let text = Text.visible(explore.run.rows[moved.row].text, ascii: theme.glyphs.isASCII)
      .replacing("\n", with: " ")
    surface.write(
      Text.cut(text, to: max(0, rect.maxX - 1 - x), ellipsis: theme.glyphs.ellipsis), x, y,
      theme.style(isCurrent ? .strong : .text))
  }

  // MARK: confusions

  /// Rows of each concept by the concept they were taken for when held out, base and tuned.
  private func drawConfusions(_ surface: inout Surface) {
    let separations = [explore.separation, compare.separations[explore.layer]?.separation]
    let whole = Rect(
      x: layout.figures.x, y: layout.figures.y, width: state.size.width,
      height: layout.figures.height)
    let half = whole.width / 2
    for (side, separation) in separations.enumerated() {
      let rect = Rect(
        x: whole.x + (side == 0 ? 0 : half), y: whole.y, width: half, height: whole.height)
      let title = side == 0 ? "base" : "tuned"
      guard let separation else {
        surface.write(
          "\(title): being measured", rect.x + 1, rect.y, theme.style(.faint), width: half - 2)
        continue
      }
      drawConfusion(separation, title, rect, &surface)
    }
  }

  private func drawConfusion(
    _ separation: LayerSeparation, _ title: String, _ rect: Rect, _ surface: inout Surface
  ) {
    let concepts = explore.run.concepts.count
    let counts = separation.confusion(conceptOfRow: explore.run.conceptOfRow, concepts: concepts)
    let largest = counts.joined().max() ?? 0
    let column = max(2, String(largest).count + 1)
    let nameWidth = max(3, min(14, rect.width - 3 - column * concepts))
    let x = rect.x + 1 + nameWidth
    let columns = min(concepts, max(0, (rect.maxX - 1 - x) / column))
    surface.write(
      Text.cut(title, to: nameWidth - 1, ellipsis: ""), rect.x + 1, rect.y, theme.style(.title))
    for guess in 0..<columns {
      surface.put(
        theme.glyphs.mark(guess), x + (guess + 1) * column - 1, rect.y, theme.concept(guess))
    }
    for concept in 0..<min(concepts, rect.height - 1) {
      let y = rect.y + 1 + concept
      surface.put(theme.glyphs.mark(concept), rect.x + 1, y, theme.concept(concept))
      let name = Text.visible(explore.run.concepts[concept].name, ascii: theme.glyphs.isASCII)
      surface.write(
        Text.cut(name, to: nameWidth - 3, ellipsis: theme.glyphs.ellipsis), rect.x + 3, y,
        theme.style(.text))
      for guess in 0..<columns {
        let count = counts[concept][guess]
        let text = count == 0 ? String(theme.glyphs.hiddenConcept) : String(count)
        let style =
          count == 0
          ? theme.style(.faint) : guess == concept ? theme.style(.good) : theme.style(.error)
        surface.write(text, x + (guess + 1) * column - text.count, y, style)
      }
    }
  }
}
