import SeerWidgets

extension ExploreScreen {
  package static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect] {
    if state.explore.multiples != nil { return chooseMultiple(&state, mouse) }
    let layout = ExploreLayout(state)
    let place = mouse.place
    if state.explore.lists.open != nil, chooseInList(&state, mouse, layout) { return [] }
    if layout.mapInside.contains(place) || state.explore.selection.selecting?.isDragged ?? false
      || state.explore.look.dragFrom != nil
    {
      return updateMap(&state, mouse, layout)
    }
    switch mouse.action {
    case .left:
      if let concept = LegendPane(state, layout).concept(at: place) {
        toggle(concept, &state.explore)
      } else if let row = DetailPane(state, layout).neighbour(at: place) {
        jump(to: row, &state.explore)
      } else if let layer = LayerStrip(state, layout).layer(at: place) {
        return show(layer: layer, &state.explore)
      } else {
        explain(place, &state)
      }
    case .wheelDown, .wheelUp:
      let direction = mouse.action == .wheelDown ? 1 : -1
      if layout.strip.contains(place) {
        return show(layer: state.explore.layer + direction, &state.explore)
      }
      if layout.detail.contains(place) {
        let last = DetailPane(state, layout).lastScroll
        state.explore.panels.detailScroll = max(
          0, min(last, state.explore.panels.detailScroll + direction))
      } else if layout.legend.contains(place) {
        state.explore.panels.legendIndex = max(
          0, min(state.explore.run.concepts.count - 1, state.explore.panels.legendIndex + direction)
        )
      }
    default: break
    }
    return []
  }

  /// What a word on the screen means.
  static func explain(_ place: Cursor, _ state: inout AppState) {
    state.message = Glossary.explanation(at: place, state).map {
      AppState.Message(text: $0, isError: false)
    }
  }

  /// - Returns: whether the mouse was for the list.
  private static func chooseInList(
    _ state: inout AppState, _ mouse: Mouse, _ layout: ExploreLayout
  ) -> Bool {
    guard let pane = RowListPane(state, layout), pane.contains(mouse.place) else { return false }
    switch mouse.action {
    case .left:
      guard let index = pane.entry(at: mouse.place) else { break }
      // A second click goes there, as Enter does.
      if state.explore.lists.open?.index == index {
        go(&state)
      } else {
        state.explore.lists.open?.index = index
        preview(&state.explore)
      }
    case .wheelDown: moveInList(1, &state.explore)
    case .wheelUp: moveInList(-1, &state.explore)
    default: break
    }
    return true
  }

  private static func updateMap(
    _ state: inout AppState, _ mouse: Mouse, _ layout: ExploreLayout
  ) -> [Effect] {
    let panel = layout.mapInside
    let cell = Cursor(x: mouse.place.x - panel.x, y: mouse.place.y - panel.y)
    let middle = SIMD2(Float(cell.x) + 0.5, Float(cell.y) + 0.5)
    if select(&state, mouse.action, at: cell, in: panel.size) { return [] }
    switch mouse.action {
    case .left:
      state.explore.panels.focus = .map
      state.explore.look.dragFrom = cell
      if let row = nearest(middle, state.explore, panel.size) { move(to: row, &state.explore) }
    case .drag:
      drag(to: cell, width: panel.width, &state.explore)
    case .release: state.explore.look.dragFrom = nil
    case .wheelUp: zoom(1.25, around: middle, &state)
    case .wheelDown: zoom(1 / 1.25, around: middle, &state)
    default: break
    }
    return []
  }

  /// Moves the view with what was taken hold of.
  ///
  /// - Parameter width: the panel's, in columns.
  static func drag(to cell: Cursor, width: Int, _ state: inout ExploreState) {
    guard let from = state.look.dragFrom else { return }
    let moved = SIMD2(Float(from.x - cell.x), Float(cell.y - from.y) * 2)
    state.look.view.pan += moved * 2 / max(0.5, Float(width - 1)) / state.look.view.zoom
    state.look.dragFrom = cell
  }

  /// The visible point nearest to a place of the panel, within four columns of it.
  package static func nearest(_ place: SIMD2<Float>, _ state: ExploreState, _ panel: Size) -> Int? {
    guard let points = state.shownPoints, let bounds = state.bounds(points) else { return nil }
    let viewport = Viewport(bounds: bounds, view: state.look.view, size: panel)
    return nearest(place, points, viewport, state)
  }

  package static func nearest(
    _ place: SIMD2<Float>, _ points: [SIMD2<Float>], _ viewport: Viewport, _ state: ExploreState
  ) -> Int? {
    var best: (row: Int, distance: Float)?
    for row in points.indices where state.isVisible(row) && state.isMatch(row) {
      var offset = viewport.place(points[row]) - place
      offset.y *= 2
      let distance = (offset * offset).sum()
      if distance <= 16, best.map({ distance < $0.distance }) ?? true { best = (row, distance) }
    }
    return best?.row
  }
}
