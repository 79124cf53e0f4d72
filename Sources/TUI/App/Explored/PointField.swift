import SeerWidgets

/// Points of rows on a panel of cells: searched ones over the rest, the cursor over all.
package struct PointField {
  private let points: [SIMD2<Float>]
  private let viewport: Viewport
  private let paint: PointPaint
  private let panel: Rect
  private let isFaint: Bool
  private let mayBePixels: Bool

  /// - Parameter mayBePixels: whether it is drawn by pixels where the terminal has them.
  package init(
    points: [SIMD2<Float>], viewport: Viewport, paint: PointPaint, panel: Rect,
    isFaint: Bool = false, mayBePixels: Bool = true
  ) {
    self.points = points
    self.viewport = viewport
    self.paint = paint
    self.panel = panel
    self.isFaint = isFaint
    self.mayBePixels = mayBePixels
  }

  package func draw(_ state: AppState, into surface: inout Surface) {
    guard !panel.isEmpty else { return }
    let explore = state.explore
    let theme = state.theme
    if mayBePixels, state.drawsPixels {
      surface.layers.append(
        paint.layer(points, viewport, panel, ground: state.ground, isFaint: isFaint))
      return drawCursor(explore, theme, &surface)
    }
    let trail = TokenTrail(explore)
    let isFaint = isFaint || trail != nil
    let asDots = usesDots(explore, theme)
    let painting = paint.painting
    for isFound in painting.rest.isEmpty ? [true] : [false, true] {
      let groups = isFound ? painting.groups : painting.rest
      let scatter = Scatter(
        points: points, groups: groups, groupCount: painting.groupCount, viewport: viewport,
        grid: DotGrid(theme.glyphs.level))
      for y in 0..<panel.height {
        for x in 0..<panel.width {
          let index = y * panel.width + x
          let group = Int(scatter.majority[index])
          guard group >= 0 else { continue }
          let isBright = isFound && !isFaint
          var style = isBright ? paint.style(group) : theme.style(.faint)
          if isBright && !asDots && scatter.count(x, y) > 2 { style = style.with(.bold) }
          let glyph =
            asDots
            ? scatter.grid.glyph(scatter.bits[index])
            : isFound ? paint.glyph(group) : theme.glyphs.hiddenConcept
          surface.put(glyph, panel.x + x, panel.y + y, style)
        }
      }
    }
    trail?.draw(points, viewport, panel, paint, theme, withTexts: false, into: &surface)
    drawCursor(explore, theme, &surface)
  }

  private func usesDots(_ explore: ExploreState, _ theme: Theme) -> Bool {
    switch explore.look.marks {
    case .glyphs: false
    case .dots: true
    case .density: true
    case .automatic:
      theme.depth != .mono && !theme.glyphs.isASCII
        && explore.run.rows.count > 4 * panel.width * panel.height
    }
  }

  package func drawCursor(_ explore: ExploreState, _ theme: Theme, _ surface: inout Surface) {
    guard let row = explore.cursor, points.indices.contains(row), explore.isVisible(row),
      let cell = viewport.cell(points[row])
    else { return }
    let place = Cursor(x: panel.x + cell.x, y: panel.y + cell.y)
    surface.put(paint.glyph(paint.group(row)), place.x, place.y, theme.style(.cursor))
    surface.cursor = place
  }

  /// A dotted way with a head, from one place of the map to another.
  package func drawArrow(
    from start: SIMD2<Float>, to end: SIMD2<Float>, _ style: Style, _ glyphs: Glyphs,
    into surface: inout Surface
  ) {
    let a = viewport.place(start)
    let b = viewport.place(end)
    Way(start: a, end: b).draw(glyphs.hiddenConcept, style, panel, into: &surface)
    guard abs(b.x - a.x) > 1 || abs(b.y - a.y) > 0.5, let cell = viewport.cell(end) else { return }
    let isLevel = abs(b.x - a.x) > abs(b.y - a.y) * 2
    let head =
      isLevel
      ? (b.x > a.x ? glyphs.tickRight : glyphs.tickLeft)
      : (b.y > a.y ? glyphs.arrowDown : glyphs.arrowUp)
    surface.put(head, panel.x + cell.x, panel.y + cell.y, style.with(.bold))
  }
}
