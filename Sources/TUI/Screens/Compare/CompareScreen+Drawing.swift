import SeerApp
import SeerProjection
import SeerWidgets

extension CompareScreen {
  package static func draw(_ state: AppState, into surface: inout Surface) {
    let theme = state.theme
    let layout = CompareLayout(state)
    guard let compare = state.compare else { return }
    if let problem = compare.problem {
      var rest = surface.bounds
      _ = rest.takeTop(1)
      Notice(
        title: "These two runs cannot be compared", lines: [problem.text], isError: true
      ).draw(rest, theme, into: &surface)
      return
    }
    if let view = RunPanelsView(state, layout) {
      view.draw(into: &surface)
    } else {
      drawMaps(state, compare, layout, &surface)
    }
    drawDetail(state, compare, layout, &surface)
    ComparePanels(state, layout)?.draw(into: &surface)
    PairStrip(state, layout).draw(into: &surface)
    if let place = compare.explained {
      FiguresOverlay(state, index: place.index)?.draw(scroll: place.scroll, into: &surface)
    }
  }

  package static func drawFooter(_ rect: Rect, _ state: AppState, into surface: inout Surface)
    -> Bool
  {
    SearchLine(state, rect).draw(into: &surface)
  }

  package static func heading(_ state: AppState) -> ScreenHeading {
    guard let compare = state.compare else { return ScreenHeading() }
    let explore = state.explore
    let separator = state.theme.glyphs.separator
    var right = LayerTitle.text(explore.layerNumber, of: explore.run.layers)
    let isJoint = compare.shownMap(explore.layer)?.isJoint ?? true
    if let kind = compare.kind {
      // Runs of two widths have no joint map.
      let made = isJoint ? kind : GrowingKind(kind.layout, .aligned)
      right +=
        separator
        + compare.growing.heading(
          kind, layer: explore.layer, titled: made.title, withOption: state.size.width >= 100,
          state.theme.glyphs)
    } else {
      right += separator + (isJoint ? "joint PCA" : "aligned PCA")
    }
    return ScreenHeading(
      parts: [
        compare.title(state.theme.glyphs), "\(Numbers.grouped(explore.run.rows.count)) rows",
        explore.run.conceptsName,
      ], right: right)
  }

  /// The names over the maps, left first.
  private static func titles(_ compare: CompareState, _ glyphs: Glyphs) -> [String] {
    switch compare.shown {
    case .both: compare.isSwapped ? ["tuned", "base"] : ["base", "tuned"]
    case .one(0): ["base"]
    case .one(1): ["tuned"]
    case .one(let share): ["base \(glyphs.becomes) tuned  \(Numbers.percent(share))"]
    }
  }

  /// How far apart the side is, where that is known.
  private static func verdict(
    _ title: String, _ state: AppState, _ compare: CompareState
  ) -> String {
    let separation =
      title == "base"
      ? state.explore.separation
      : title == "tuned" ? compare.separations[state.explore.layer]?.separation : nil
    guard let share = separation?.nearestPrototype, state.explore.run.concepts.count > 1 else {
      return ""
    }
    return state.theme.glyphs.separator + compare.word(share, state.explore) + " "
      + Numbers.share(share)
  }

  private static func drawMaps(
    _ state: AppState, _ compare: CompareState, _ layout: CompareLayout, _ surface: inout Surface
  ) {
    let theme = state.theme
    let explore = state.explore
    let titles = titles(compare, theme.glyphs)
    for (index, frame) in layout.frames.enumerated() {
      if layout.hasBorders(frame) {
        let room = frame.width - 6
        let caution =
          compare.kind.map {
            MapLine.fit(
              MapLine.cautions($0.layout, compare.growing.settings(of: $0.layout)), width: room,
              theme.glyphs)
          } ?? ""
        Frame(
          title: titles[index] + verdict(titles[index], state, compare),
          note: index == 0 ? note(state, compare, width: room) : caution
        ).draw(frame, theme, into: &surface)
      } else {
        surface.write(
          titles[index] + verdict(titles[index], state, compare), frame.x + 1, frame.y,
          theme.style(.title), width: frame.width - 1)
      }
    }
    if explore.run.rows.isEmpty {
      for panel in layout.panels {
        Notice(title: "This run has no rows.").draw(panel, theme, into: &surface)
      }
      return
    }
    if case .failed(let problem)? = compare.maps[explore.layer] {
      for panel in layout.panels {
        Notice(
          title: "Layer \(explore.layerNumber) cannot be shown", lines: [problem.text],
          isError: true
        ).draw(panel, theme, into: &surface)
      }
      return
    }
    guard let map = compare.shownMap(explore.layer) else {
      for panel in layout.panels {
        Notice(
          title: "Reading layer \(explore.layerNumber)",
          lines: ["of both runs, then their principal components together"]
        ).draw(panel, theme, into: &surface)
      }
      return
    }
    let isStale = compare.maps[explore.layer]?.map == nil
    for ((panel, points), title) in zip(zip(layout.panels, compare.sides(map)), titles) {
      guard let bounds = compare.bounds(of: points, map, explore) else { continue }
      let isBase = title == "base"
      // Predictions are those of the run on the map.
      var side = explore
      if !isBase {
        side.figures.separations[explore.layer] = compare.separations[explore.layer] ?? .missing
      }
      let viewport = Viewport(bounds: bounds, view: explore.look.view, size: panel.size)
      let field = PointField(
        points: points, viewport: viewport,
        paint: PointPaint(side, theme), panel: panel, isFaint: isStale)
      field.draw(state, into: &surface)
      if explore.look.showsNames {
        ClusterNames(points, explore).draw(viewport, panel, theme, into: &surface)
        field.drawCursor(explore, theme, &surface)
      }
      if compare.showsArrows && !isBase,
        let baseBounds = compare.bounds(of: map.base, map, explore)
      {
        // From where the base's map has the row.
        let before = Viewport(bounds: baseBounds, view: explore.look.view, size: panel.size)
        for row in arrowRows(explore) {
          field.drawArrow(
            from: viewport.world(before.place(map.base[row])), to: points[row],
            theme.concept(Int(explore.run.conceptOfRow[row])),
            theme.glyphs, into: &surface)
        }
      }
    }
  }

  /// The rows found, where there is a search of not too many, else the cursor's and its
  /// neighbours, where they are known.
  private static func arrowRows(_ explore: ExploreState) -> [Int] {
    if let search = explore.filter.search, !search.query.isEmpty, search.count <= 60 {
      return explore.run.rows.indices.filter { search.matches[$0] && explore.isVisible($0) }
    }
    let rows = explore.cursor.map { [$0] } ?? []
    return (rows + (explore.currentNearest?.rows ?? [])).filter(explore.isVisible)
  }

  /// What the maps can be trusted with.
  private static func note(_ state: AppState, _ compare: CompareState, width: Int) -> String {
    guard let map = compare.maps[state.explore.layer]?.map else { return "" }
    let isJoint = map.isJoint && compare.kind?.form != .aligned
    let axes =
      !compare.sharesAxes
      ? "each fills its panel"
      : isJoint ? "same axes" : "own axes each, turned to match"
    if compare.kind != nil {
      let trust = compare.embedding(state.explore.layer).flatMap { compare.trusts[$0.run] }
      return MapLine.fit([[axes]] + MapLine.parts(trust), width: width, state.theme.glyphs)
    }
    guard map.explained.count == 2 else { return axes }
    let variance = "\(Numbers.percent(map.explained[0] + map.explained[1])) of the variance"
    return MapLine.fit([[axes], [variance]], width: width, state.theme.glyphs)
  }

  private static func drawDetail(
    _ state: AppState, _ compare: CompareState, _ layout: CompareLayout, _ surface: inout Surface
  ) {
    let explore = state.explore
    let theme = state.theme
    guard let cursor = explore.cursor, explore.run.rows.indices.contains(cursor) else { return }
    let rect = layout.detail
    let concept = Int(explore.run.conceptOfRow[cursor])
    var x = surface.write(
      "\(theme.glyphs.cursor) \(Numbers.grouped(explore.run.rows[cursor].row)) ", rect.x + 1,
      rect.y,
      theme.style(.accent))
    surface.put(theme.glyphs.mark(concept), x, rect.y, theme.concept(concept))
    let name = Text.cut(
      Text.visible(explore.run.concepts[concept].name, ascii: theme.glyphs.isASCII), to: 16,
      ellipsis: theme.glyphs.ellipsis)
    x = surface.write(name + "  ", x + 2, rect.y, theme.style(.strong))
    let text = Text.visible(explore.run.rows[cursor].text, ascii: theme.glyphs.isASCII)
      .replacing("\n", with: " ")
    let first = Text.wrap(text, width: rect.maxX - 1 - x).first ?? ""
    let isWhole = first.count == text.count
    if rect.height == 1 {
      surface.write(
        Text.cut(text, to: rect.maxX - 1 - x, ellipsis: theme.glyphs.ellipsis), x, rect.y,
        theme.style(.text))
      return
    }
    surface.write(first, x, rect.y, theme.style(.text))
    guard !isWhole else { return }
    let rest = text.dropFirst(first.count).drop { $0 == " " }
    surface.write(
      Text.cut(rest, to: rect.width - 4, ellipsis: theme.glyphs.ellipsis), rect.x + 3, rect.y + 1,
      theme.style(.text))
  }
}
