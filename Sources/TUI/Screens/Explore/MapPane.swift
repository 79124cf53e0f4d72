import Foundation
import SeerApp
import SeerProjection
import SeerWidgets

/// The map itself.
struct MapPane {
  private let state: ExploreState
  private let theme: Theme
  private let layout: ExploreLayout
  private let paint: PointPaint
  private let run: Int
  private let runs: Int
  private let drawsPixels: Bool
  private let ground: UInt32

  init(_ state: AppState, _ layout: ExploreLayout) {
    self.state = state.explore
    theme = state.theme
    self.layout = layout
    run = state.run
    runs = state.runs
    drawsPixels = state.drawsPixels
    ground = state.ground
    paint = PointPaint(state.explore, state.theme)
  }

  func draw(into surface: inout Surface) {
    let field = field
    if layout.mapHasBorder {
      Frame(title: title(field), note: note).draw(layout.map, theme, into: &surface)
    }
    if state.run.rows.isEmpty {
      Notice(
        title: "This run has no rows.",
        lines: ["Extract a concept file with rows into it: seer extract --concepts FILE --run DIR"]
      ).draw(layout.mapInside, theme, into: &surface)
      return
    }
    if let field {
      draw(field, into: &surface)
      if field.isEmpty { drawNothing(into: &surface) }
    }
    drawScale(into: &surface)
    drawStatus(into: &surface)
  }

  /// The points of the map, laid out on the panel.
  private struct Field {
    var points: [SIMD2<Float>]
    var viewport: Viewport
    /// What a search has not found, where it is shown, then the rest over it.
    var rest: Scatter?
    var found: Scatter
    var isEmpty: Bool
  }

  private var field: Field? {
    let panel = layout.mapInside
    guard let points = state.shownPoints, let bounds = state.bounds(points), !panel.isEmpty
    else { return nil }
    let viewport = Viewport(bounds: bounds, view: state.look.view, size: panel.size)
    let painting = paint.painting
    func scatter(_ groups: [Int32]) -> Scatter {
      Scatter(
        points: points, groups: groups, groupCount: painting.groupCount, viewport: viewport,
        grid: DotGrid(theme.glyphs.level))
    }
    return Field(
      points: points, viewport: viewport,
      rest: painting.rest.isEmpty ? nil : scatter(painting.rest),
      found: scatter(painting.groups),
      isEmpty: painting.rest.isEmpty && !painting.groups.contains { $0 >= 0 })
  }

  private func title(_ field: Field?) -> String {
    var parts = ["map"]
    if state.look.view != .whole { parts.append("\(Numbers.short(state.look.view.zoom))x") }
    if let play = state.walk.play {
      parts.append(play.isPaused ? "paused" : "playing")
      if let morph = state.walk.morph {
        parts[parts.count - 1] +=
          " \(state.run.layers[morph.from]) to \(state.run.layers[morph.to])"
      }
    }
    parts += axisTitles
    if let group = state.selection.group {
      parts.append("\(Numbers.grouped(group.rows.count)) selected")
    }
    if state.look.marks == .density, let field {
      parts.append("up to \(Numbers.grouped(field.found.largest)) a cell")
    }
    if state.look.colorMode != .concept { parts.append(state.look.colorMode.name(state)) }
    if let search = state.filter.search, !search.isEditing {
      let query = Text.visible(search.query, ascii: theme.glyphs.isASCII)
      parts.append(
        "/\(query)\(search.isExpression ? "/" : "")  \(place(in: search))")
    }
    if parts.count == 1 { parts += headless }
    return parts.joined(separator: theme.glyphs.separator)
  }

  /// What the map is drawn along, where that is of concepts.
  private var axisTitles: [String] {
    func name(_ concept: Int) -> String {
      Text.cut(
        Text.visible(state.run.concepts[concept].name, ascii: theme.glyphs.isASCII), to: 16,
        ellipsis: theme.glyphs.ellipsis)
    }
    // Of two concepts the second axis is what varies across the first.
    func second(_ concept: Int) -> String {
      state.run.concepts.count > 2 ? name(concept) : "first component"
    }
    switch state.chart.axes {
    case .components: return []
    case .concepts(let x, let y): return ["x \(name(x))", "y \(second(y))"]
    case .chosen(.plane(let a, let b, let c)):
      return ["plane of \(name(a)), \(name(b)), \(name(c))"]
    case .chosen:
      let (x, y) = (state.chart.conceptAxes.x, state.chart.conceptAxes.y)
      return [
        "x probe \(name(x))", "y " + (state.run.concepts.count > 2 ? "probe " : "") + second(y),
      ]
    }
  }

  /// What the first line has no room for.
  private var headless: [String] {
    guard layout.header.width < 100 else { return [] }
    let run = runs > 1 ? ["run \(run + 1)/\(runs)"] : []
    return run + [Text.visible(state.run.model, ascii: theme.glyphs.isASCII)].filter { !$0.isEmpty }
  }

  private func drawNothing(into surface: inout Surface) {
    let isSearch = (state.filter.search?.hidesRest ?? false) && state.filter.search?.count == 0
    Notice(
      title: isSearch ? "No row has this." : "Every row is hidden.",
      lines: [isSearch ? "F dims the rest in place of hiding it." : "0 shows all concepts."]
    ).draw(layout.mapInside, theme, into: &surface)
  }

  /// What the colours of numbers stand for, at the top right.
  private func drawScale(into surface: inout Surface) {
    guard case .number(let column) = paint.painting.inputs.mode,
      let range = paint.painting.range
    else { return }
    let panel = layout.mapInside
    let y = layout.mapHasBorder ? layout.map.y : panel.y
    let name = Text.cut(
      Text.visible(column.name(state), ascii: theme.glyphs.isASCII), to: 16,
      ellipsis: theme.glyphs.ellipsis)
    let low = " \(name) \(Numbers.short(range.lowerBound)) "
    let high = " \(Numbers.short(range.upperBound)) "
    let width = DisplayWidth.of(low + high) + Painting.steps
    guard width + 8 < panel.width else { return }
    var x = surface.write(low, panel.maxX - width - 1, y, theme.style(.faint))
    for step in 0..<Painting.steps {
      surface.put(paint.glyph(step), x, y, paint.style(step))
      x += 1
    }
    surface.write(high, x, y, theme.style(.faint))
  }

  /// What this map can be trusted with, the most telling first.
  private var note: String {
    guard state.chart.shownLayer == state.layer, let map = state.chart.maps[state.layer].map else {
      return ""
    }
    var parts: [[String]] = []
    if let embedding = state.embedding {
      parts = MapLine.parts(
        state.trust, cautions: MapLine.cautions(embedding.kind.layout, embedding.settings),
        advice: state.trustAdvice?.wordings ?? [])
      for (figure, value) in zip(embedding.kind.layout.layout.figures, embedding.figures) {
        parts.append(["\(figure.label) \(value.text)"])
      }
    } else if map.explained.count == 2 {
      parts.append([
        "shows \(Numbers.percent(map.explained[0] + map.explained[1])) of the variance"
      ])
      if !map.axes.areComponents {
        parts.append(["cosine of the axes \(Numbers.share(map.cosine))"])
      }
      parts += MapLine.parts(state.trust, advice: state.trustAdvice?.wordings ?? [])
    }
    return MapLine.fit(parts, width: layout.map.width - 6, theme.glyphs)
  }

  /// `2/5`, where the cursor is on the second of five rows found, else `5 found`.
  private func place(in search: Search) -> String {
    let all = Numbers.grouped(search.count)
    guard let cursor = state.cursor, search.matches.indices.contains(cursor),
      search.matches[cursor]
    else { return "\(all) found" }
    return "\(Numbers.grouped(search.matches[...cursor].count { $0 }))/\(all)"
  }

  private func draw(_ field: Field, into surface: inout Surface) {
    let trail = TokenTrail(state)
    let isStale = isStale || trail != nil
    let style = theme.style(.faint)
    if drawsPixels {
      surface.layers.append(
        paint.layer(
          field.points, field.viewport, layout.mapInside, ground: ground, isFaint: isStale))
    } else {
      if let rest = field.rest { draw(rest, isBright: false, faint: style, into: &surface) }
      draw(field.found, isBright: !isStale, faint: style, into: &surface)
    }
    drawGroup(field, into: &surface)
    if state.look.showsNames {
      ClusterNames(field.points, state).draw(
        field.viewport, layout.mapInside, theme, into: &surface)
    }
    if !isStale { drawNeighbours(field, into: &surface) }
    drawOutside(field, into: &surface)
    trail?.draw(
      field.points, field.viewport, layout.mapInside, paint, theme, withTexts: true, into: &surface)
    drawCursor(field, into: &surface)
    drawSelecting(into: &surface)
  }

  /// Whether the points on screen are not the current map's.
  private var isStale: Bool {
    state.chart.shownLayer != state.layer || state.chart.maps[state.layer].map == nil
  }

  /// Where rows lie that are too far off to fit the rest by, and how many.
  private func drawOutside(_ field: Field, into surface: inout Surface) {
    guard state.look.view == .whole, field.found.outside > 0 else { return }
    let panel = layout.mapInside
    let size = SIMD2(Float(panel.width), Float(panel.height))
    var counts = (left: 0, right: 0, up: 0, down: 0)
    for (row, group) in paint.painting.groups.enumerated() where group >= 0 {
      let place = field.viewport.place(field.points[row])
      if place.x < 0 {
        counts.left += 1
      } else if place.x >= size.x {
        counts.right += 1
      } else if place.y < 0 {
        counts.up += 1
      } else if place.y >= size.y {
        counts.down += 1
      }
    }
    let glyphs = theme.glyphs
    let style = theme.style(.accent)
    func write(_ text: String, _ x: Int, _ y: Int) { surface.write(text, x, y, style) }
    let middle = panel.y + panel.height / 2
    func rows(_ count: Int) -> String { Numbers.grouped(count) + (count == 1 ? " row" : " rows") }
    if counts.left > 0 { write("\(glyphs.tickLeft) \(rows(counts.left))", panel.x, middle) }
    if counts.right > 0 {
      let text = "\(rows(counts.right)) \(glyphs.tickRight)"
      write(text, panel.maxX - DisplayWidth.of(text), middle)
    }
    let x = panel.x + panel.width / 2 - 4
    if counts.up > 0 { write("\(glyphs.arrowUp) \(rows(counts.up))", x, panel.y) }
    if counts.down > 0 { write("\(glyphs.arrowDown) \(rows(counts.down))", x, panel.maxY - 1) }
  }

  /// The cells of the selected rows.
  private func drawGroup(_ field: Field, into surface: inout Surface) {
    guard let group = state.selection.group else { return }
    let panel = layout.mapInside
    var cells = Set<Cursor>()
    for row in group.rows where state.isVisible(row) {
      if let cell = field.viewport.cell(field.points[row]) { cells.insert(cell) }
    }
    for cell in cells {
      surface.restyle(
        Rect(x: panel.x + cell.x, y: panel.y + cell.y, width: 1, height: 1), theme.highlighted)
    }
  }

  /// The box or the line of a selection on its way.
  private func drawSelecting(into surface: inout Surface) {
    guard let selecting = state.selection.selecting else { return }
    let panel = layout.mapInside
    func restyle(_ cell: Cursor, _ change: (Style) -> Style) {
      guard panel.contains(Cursor(x: panel.x + cell.x, y: panel.y + cell.y)) else { return }
      surface.restyle(
        Rect(x: panel.x + cell.x, y: panel.y + cell.y, width: 1, height: 1), change)
    }
    switch selecting.shape {
    case .box:
      let start = selecting.path[0]
      for y in min(start.y, selecting.end.y)...max(start.y, selecting.end.y) {
        for x in min(start.x, selecting.end.x)...max(start.x, selecting.end.x) {
          restyle(Cursor(x: x, y: y), theme.highlighted)
        }
      }
    case .freehand: for cell in selecting.path { restyle(cell, theme.highlighted) }
    }
    let cursor = theme.style(.cursor)
    restyle(selecting.end) { _ in cursor }
    surface.cursor = Cursor(x: panel.x + selecting.end.x, y: panel.y + selecting.end.y)
  }

  private func draw(
    _ scatter: Scatter, isBright: Bool, faint: Style, into surface: inout Surface
  ) {
    let panel = layout.mapInside
    let isRest = !isBright && !isStale
    let asDots = usesDots(panel.size)
    let shades = theme.glyphs.shades
    let shadeOf = Float(shades.count) / log2(Float(max(2, scatter.largest)) + 1)
    for y in 0..<panel.height {
      for x in 0..<panel.width {
        let index = y * panel.width + x
        let group = Int(scatter.majority[index])
        guard group >= 0 else { continue }
        let count = scatter.count(x, y)
        var style = isBright ? paint.style(group) : faint
        let glyph: Unicode.Scalar
        if state.look.marks == .density {
          let shade = Int(log2(Float(count)) * shadeOf)
          glyph = shades[max(0, min(shades.count - 1, shade))]
        } else if asDots {
          glyph = scatter.grid.glyph(scatter.bits[index])
        } else {
          // A glyph stands for one point or for many: weight tells.
          if isBright && count > 2 { style = style.with(.bold) }
          glyph = isRest ? theme.glyphs.hiddenConcept : paint.glyph(group)
        }
        surface.put(glyph, panel.x + x, panel.y + y, style)
      }
    }
  }

  /// Glyphs tell concepts apart by shape; dots show more of where points are.
  private func usesDots(_ panel: Size) -> Bool {
    switch state.look.marks {
    case .glyphs: false
    case .dots: true
    case .density: false
    case .automatic:
      // In mono and ASCII a dot says nothing about its concept.
      theme.depth != .mono && !theme.glyphs.isASCII
        && state.run.rows.count > 4 * panel.width * panel.height
    }
  }

  private func drawNeighbours(_ field: Field, into surface: inout Surface) {
    guard state.neighbours.isShown, let nearest = state.currentNearest else { return }
    let selected = theme.style(.selection)
    for row in nearest.rows where state.isVisible(row) {
      guard let cell = field.viewport.cell(field.points[row]) else { continue }
      let group = paint.group(row)
      let style =
        theme.depth == .mono || theme.depth == .ansi16
        ? paint.style(group).with(.reverse) : paint.style(group).on(selected).with(.bold)
      let place = Cursor(x: layout.mapInside.x + cell.x, y: layout.mapInside.y + cell.y)
      surface.put(paint.glyph(group), place.x, place.y, style)
    }
  }

  private func drawCursor(_ field: Field, into surface: inout Surface) {
    let panel = layout.mapInside
    guard let row = state.cursor, state.isVisible(row),
      let cell = field.viewport.cell(field.points[row])
    else { return }
    let x = panel.x + cell.x
    let y = panel.y + cell.y
    surface.put(paint.glyph(paint.group(row)), x, y, theme.style(.cursor))
    surface.cursor = Cursor(x: x, y: y)
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
    guard state.chart.maps.indices.contains(state.layer) else { return }
    let panel = layout.mapInside
    switch state.chart.maps[state.layer] {
    case .ready: break
    case .missing, .computing:
      if state.shownPoints == nil {
        Notice(
          title: "Reading layer \(state.layerNumber)",
          lines: ["\(Numbers.grouped(state.run.rows.count)) rows, then their principal components"]
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
