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

  /// What this map can be trusted with.
  private var note: String {
    guard state.shownLayer == state.layer, let map = state.shownMap, map.explained.count == 2
    else { return "" }
    return "shows \(Numbers.percent(map.explained[0] + map.explained[1])) of the variance"
      + " (\(Numbers.percent(map.explained[0])) + \(Numbers.percent(map.explained[1])))"
      + (layout.map.width >= 70 ? "\(theme.glyphs.separator)axes turned with the layers" : "")
  }

  private func drawPoints(into surface: inout Surface) {
    let panel = layout.mapInside
    guard let map = state.shownMap, let bounds = WorldBounds(map.points), !panel.isEmpty
    else { return }
    let viewport = Viewport(bounds: bounds, view: state.view, size: panel.size)
    let isStale = state.shownLayer != state.layer
    let paint = PointPaint(state, theme)
    let asDots = usesDots(panel.size)
    let rows = map.points.indices
    // What is searched for lies over what is not, whatever the majority.
    for layer in state.search == nil ? [true] : [false, true] {
      let groups = rows.map { row in
        state.isVisible(row) && state.isMatch(row) == layer ? paint.group(row) : -1
      }
      let scatter = Scatter(
        points: map.points, groups: groups, groupCount: paint.count, viewport: viewport,
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
    if !isStale { drawNeighbours(map, viewport, paint, into: &surface) }
    drawCursor(map, viewport, into: &surface)
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
    _ map: LayerMap, _ viewport: Viewport, _ paint: PointPaint, into surface: inout Surface
  ) {
    guard state.showsNeighbours, let nearest = state.currentNearest else { return }
    let selected = theme.style(.selection)
    for row in nearest.rows where state.isVisible(row) {
      guard let cell = viewport.cell(map.points[row]) else { continue }
      let group = Int(paint.group(row))
      let style =
        theme.depth == .mono || theme.depth == .ansi16
        ? paint.style(group).with(.reverse) : paint.style(group).on(selected).with(.bold)
      let place = Cursor(x: layout.mapInside.x + cell.x, y: layout.mapInside.y + cell.y)
      surface.put(paint.glyph(group), place.x, place.y, style)
    }
  }

  private func drawCursor(_ map: LayerMap, _ viewport: Viewport, into surface: inout Surface) {
    let panel = layout.mapInside
    guard let row = state.cursor, state.isVisible(row), let cell = viewport.cell(map.points[row])
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
      if state.shownMap == nil {
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
