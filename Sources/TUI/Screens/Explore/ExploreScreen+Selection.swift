import SeerApp
import SeerWidgets

extension ExploreScreen {
  /// The cell of the cursor's point, or the middle of the panel where it is not on it.
  static func cursorCell(_ state: AppState) -> Cursor {
    let panel = ExploreLayout(state).mapInside.size
    let middle = Cursor(x: panel.width / 2, y: panel.height / 2)
    guard let row = state.explore.cursor, let points = state.explore.shownPoints,
      let bounds = state.explore.bounds(points)
    else { return middle }
    return Viewport(bounds: bounds, view: state.explore.look.view, size: panel).cell(points[row])
      ?? middle
  }

  static func moveSelection(
    _ x: Int, _ y: Int, _ key: Key, _ state: inout AppState
  ) -> [Effect] {
    let isFar: Bool
    switch key {
    case .shiftLeft, .shiftRight, .shiftUp, .shiftDown: isFar = true
    case .character(let scalar): isFar = scalar.properties.isUppercase
    default: isFar = false
    }
    guard var selecting = state.explore.selection.selecting else { return [] }
    let panel = ExploreLayout(state).mapInside.size
    // Far steps go cell by cell, so that a freehand line has no gaps.
    for _ in 0..<(isFar ? 5 : 1) {
      selecting.move(
        to: Cursor(
          x: max(0, min(panel.width - 1, selecting.end.x + x)),
          y: max(0, min(panel.height - 1, selecting.end.y + y))))
    }
    state.explore.selection.selecting = selecting
    return []
  }

  /// Puts the rows inside together, those that a filter or the list of concepts hides left out.
  static func finishSelection(_ state: inout AppState) {
    guard let selecting = state.explore.selection.selecting else { return }
    state.explore.selection.selecting = nil
    guard let points = state.explore.shownPoints, let bounds = state.explore.bounds(points) else {
      return
    }
    let viewport = Viewport(
      bounds: bounds, view: state.explore.look.view, size: ExploreLayout(state).mapInside.size)
    let rows = points.indices.filter {
      state.explore.isVisible($0) && state.explore.isMatch($0)
        && selecting.contains(viewport.place(points[$0]))
    }
    guard !rows.isEmpty else {
      state.message = AppState.Message(text: "No row lies in there.", isError: false)
      return
    }
    setGroup(rows, &state)
  }

  package static func setGroup(_ rows: [Int], name: String = "", _ state: inout AppState) {
    let group = RowGroup(name: name, rows: rows)
    state.explore.selection.group = group
    let counts = group.counts(
      state.explore.run.conceptOfRow, concepts: state.explore.run.concepts.count)
    let largest = counts.indices.filter { counts[$0] > 0 }.sorted {
      (-counts[$0], $0) < (-counts[$1], $1)
    }
    let names = largest.prefix(3).map { "\(counts[$0]) \(state.explore.run.concepts[$0].name)" }
    state.message = AppState.Message(
      text: "\(Numbers.grouped(rows.count)) rows: " + names.joined(separator: ", ")
        + (largest.count > 3 ? " and others" : "") + ". S names, compares and saves them.",
      isError: false)
  }

  static func stepInGroup(_ direction: Int, _ state: inout ExploreState) {
    guard let rows = state.selection.group?.rows, let cursor = state.cursor else { return }
    let next =
      direction > 0
      ? rows.first { $0 > cursor } ?? rows.first : rows.last { $0 < cursor } ?? rows.last
    state.move(to: next)
  }

  /// A selection by the mouse: in the selecting state any drag, else one with the right button.
  ///
  /// - Returns: whether the mouse was for it.
  package static func select(
    _ state: inout AppState, _ action: Mouse.Action, at cell: Cursor, in panel: Size
  ) -> Bool {
    let inside = Cursor(
      x: max(0, min(panel.width - 1, cell.x)), y: max(0, min(panel.height - 1, cell.y)))
    switch action {
    case .right:
      state.explore.selection.selecting = Selecting(inside)
      state.explore.selection.selecting?.isDragged = true
    case .left:
      guard let old = state.explore.selection.selecting else { return false }
      state.explore.selection.selecting = Selecting(inside, shape: old.shape)
      state.explore.selection.selecting?.isDragged = true
    case .drag:
      guard state.explore.selection.selecting?.isDragged ?? false else { return false }
      state.explore.selection.selecting?.move(to: inside)
    case .release:
      guard state.explore.selection.selecting?.isDragged ?? false else { return false }
      state.explore.selection.selecting?.move(to: inside)
      finishSelection(&state)
    default: return false
    }
    return true
  }
}
