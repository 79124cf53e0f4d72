/// The map itself.
struct MapPane {
  private let state: ExploreState
  private let theme: Theme
  private let layout: ExploreLayout

  init(_ state: AppState, _ layout: ExploreLayout) {
    self.state = state.explore
    theme = state.theme
    self.layout = layout
  }

  func draw(into surface: inout Surface) {
    if layout.mapHasBorder {
      Frame(title: title, note: note).draw(layout.map, theme, into: &surface)
    }
    if state.rows.isEmpty {
      Notice(
        title: "This run has no rows.",
        lines: ["Extract a concept file with rows into it: seer extract --concepts FILE --run DIR"]
      ).draw(layout.mapInside, theme, into: &surface)
      return
    }
    drawPoints(into: &surface)
    drawStatus(into: &surface)
  }

  private var title: String {
    var parts = ["map"]
    if state.view != .whole { parts.append("\(Numbers.short(state.view.zoom))x") }
    if state.colorMode != .concept { parts.append(state.colorMode.rawValue) }
    if let search = state.search, !search.isEditing {
      let query = Text.visible(search.query, ascii: theme.glyphs.isASCII)
      parts.append("/\(query)  \(Numbers.grouped(search.count)) found")
    }
    return parts.joined(separator: theme.glyphs.separator)
  }

  /// What this map can be trusted with, the most telling first.
  private var note: String {
    guard state.shownLayer == state.layer, let map = state.maps[state.layer].map else { return "" }
    var parts: [String] = []
    if let embedding = state.embedding {
      if let kept = state.trust?.neighboursKept {
        parts.append("neighbours kept \(Numbers.percent(kept))")
      }
      parts.append("cluster distances mean little")
      if let trust = state.trust?.trustworthiness {
        parts.append("trustworthiness \(Numbers.share(trust))")
      }
      parts.append("KL \(Numbers.short(embedding.divergence))")
    } else if map.explained.count == 2 {
      parts.append("shows \(Numbers.percent(map.explained[0] + map.explained[1])) of the variance")
      if let kept = state.trust?.neighboursKept {
        parts.append("neighbours kept \(Numbers.percent(kept))")
      }
      if let trust = state.trust?.trustworthiness {
        parts.append("trustworthiness \(Numbers.share(trust))")
      }
    }
    var note = ""
    for part in parts {
      let longer = note.isEmpty ? part : note + theme.glyphs.separator + part
      if DisplayWidth.of(longer) > layout.map.width - 6 { break }
      note = longer
    }
    return note
  }

  private func drawPoints(into surface: inout Surface) {
    let panel = layout.mapInside
    guard let points = state.shownPoints, let bounds = WorldBounds(points), !panel.isEmpty
    else { return }
    let viewport = Viewport(bounds: bounds, view: state.view, size: panel.size)
    let isStale = state.shownLayer != state.layer
    let paint = PointPaint(state, theme)
    let asDots = usesDots(panel.size)
    let rows = points.indices
    // What is searched for lies over what is not, whatever the majority.
    for layer in state.search == nil ? [true] : [false, true] {
      let groups = rows.map { row in
        state.isVisible(row) && state.isMatch(row) == layer ? paint.group(row) : -1
      }
      let scatter = Scatter(
        points: points, groups: groups, groupCount: paint.count, viewport: viewport,
        grid: DotGrid(theme.glyphs.level))
      for y in 0..<panel.height {
        for x in 0..<panel.width {
          let index = y * panel.width + x
          let group = scatter.majority[index]
          guard group >= 0 else { continue }
          var style = isStale || !layer ? theme.style(.faint) : paint.style(Int(group))
          // A glyph stands for one point or for many: weight tells.
          if layer && !asDots && scatter.count(x, y) > 2 && !isStale { style = style.with(.bold) }
          let glyph =
            asDots
            ? scatter.grid.glyph(scatter.bits[index])
            : layer ? paint.glyph(Int(group)) : theme.glyphs.hiddenConcept
          surface.put(glyph, panel.x + x, panel.y + y, style)
        }
      }
    }
    if !isStale { drawNeighbours(points, viewport, paint, into: &surface) }
    drawCursor(points, viewport, into: &surface)
  }

  /// Glyphs tell concepts apart by shape; dots show more of where points are.
  private func usesDots(_ panel: Size) -> Bool {
    switch state.marks {
    case .glyphs: false
    case .dots: true
    case .automatic:
      // In mono and ASCII a dot says nothing about its concept.
      theme.depth != .mono && !theme.glyphs.isASCII
        && state.rows.count > 4 * panel.width * panel.height
    }
  }

  private func drawNeighbours(
    _ points: [SIMD2<Float>], _ viewport: Viewport, _ paint: PointPaint, into surface: inout Surface
  ) {
    guard state.showsNeighbours, let nearest = state.currentNearest else { return }
    let selected = theme.style(.selection)
    for row in nearest.rows where state.isVisible(row) {
      guard let cell = viewport.cell(points[row]) else { continue }
      let group = Int(paint.group(row))
      let style =
        theme.depth == .mono || theme.depth == .ansi16
        ? paint.style(group).with(.reverse) : paint.style(group).on(selected).with(.bold)
      let place = Cursor(x: layout.mapInside.x + cell.x, y: layout.mapInside.y + cell.y)
      surface.put(paint.glyph(group), place.x, place.y, style)
    }
  }

  private func drawCursor(
    _ points: [SIMD2<Float>], _ viewport: Viewport, into surface: inout Surface
  ) {
    let panel = layout.mapInside
    guard let row = state.cursor, state.isVisible(row), let cell = viewport.cell(points[row])
    else { return }
    let x = panel.x + cell.x
    let y = panel.y + cell.y
    let paint = PointPaint(state, theme)
    surface.put(paint.glyph(Int(paint.group(row))), x, y, theme.style(.cursor))
    if layout.mapHasBorder {
      let style = theme.style(.accent)
      // The title stays readable.
      if surface[x, layout.map.y].scalar == theme.glyphs.box[4] {
        surface.put(theme.glyphs.tickDown, x, layout.map.y, style)
      }
      surface.put(theme.glyphs.tickRight, layout.map.x, y, style)
    }
  }

  private func drawStatus(into surface: inout Surface) {
    guard state.maps.indices.contains(state.layer) else { return }
    let panel = layout.mapInside
    switch state.maps[state.layer] {
    case .ready: break
    case .missing, .computing:
      if state.shownPoints == nil {
        Notice(
          title: "Reading layer \(state.layerNumber)",
          lines: ["\(Numbers.grouped(state.rows.count)) rows, then their principal components"]
        ).draw(panel, theme, into: &surface)
      } else {
        surface.write(
          " layer \(state.layerNumber) is being computed ", panel.x + 1, panel.y,
          theme.style(.warning))
      }
    case .failed(let problem):
      surface.fill(panel, .plain)
      Notice(
        title: "Layer \(state.layerNumber) cannot be shown", lines: [problem.text], isError: true
      ).draw(panel, theme, into: &surface)
    }
  }
}
