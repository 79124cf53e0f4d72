import SeerApp
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
        state.explore.toggle(concept)
      } else if let row = DetailPane(state, layout).neighbour(at: place) {
        jump(to: row, &state.explore)
      } else if let layer = LayerStrip(state, layout).layer(at: place) {
        return state.explore.show(layer: layer)
      } else {
        state.explain(place)
      }
    case .wheelDown, .wheelUp:
      let direction = mouse.action == .wheelDown ? 1 : -1
      if layout.strip.contains(place) {
        return state.explore.show(layer: state.explore.layer + direction)
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
        state.explore.preview()
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
      if let row = nearest(middle, state.explore, panel.size) { state.explore.move(to: row) }
    case .drag:
      state.explore.drag(to: cell, width: panel.width)
    case .release: state.explore.look.dragFrom = nil
    case .wheelUp: state.zoom(1.25, around: middle)
    case .wheelDown: state.zoom(1 / 1.25, around: middle)
    default: break
    }
    return []
  }

  /// The visible point nearest to a place of the panel, within four columns of it.
  package static func nearest(_ place: SIMD2<Float>, _ state: ExploreState, _ panel: Size) -> Int? {
    guard let points = state.shownPoints, let bounds = state.bounds(points) else { return nil }
    let viewport = Viewport(bounds: bounds, view: state.look.view, size: panel)
    return state.nearest(place, points, viewport)
  }
}
