import SeerWidgets

/// The cursor and what it can stand on.
extension ExploreState {
  package mutating func move(to row: Int?) {
    if row != cursor { panels.detailScroll = 0 }
    cursor = row
  }

  package mutating func step(_ direction: Int, sameConcept: Bool = false) {
    guard let row = row(direction, sameConcept: sameConcept) else { return }
    move(to: row)
  }

  package mutating func toggle(_ concept: Int) {
    guard run.concepts.indices.contains(concept) else { return }
    if filter.hidden.remove(concept) == nil { filter.hidden.insert(concept) }
    keepCursorVisible()
  }

  package mutating func keepCursorVisible() {
    if let cursor, isVisible(cursor) { return }
    let start = cursor ?? 0
    let rows = run.rows.indices
    let next = rows[start...].first { isVisible($0) } ?? rows.first { isVisible($0) }
    // With everything hidden the cursor stays where it was and is not drawn.
    if let next { move(to: next) }
  }

  /// Looks up what is typed so far and goes to the first row that has it.
  package mutating func find() {
    filter.search?.find(in: filter.searchTexts)
    if let cursor, !isMatch(cursor) { step(1) }
  }

  /// The visible point nearest to a place of a panel, within four columns of it.
  package func nearest(
    _ place: SIMD2<Float>, _ points: [SIMD2<Float>], _ viewport: Viewport
  ) -> Int? {
    var best: (row: Int, distance: Float)?
    for row in points.indices where isVisible(row) && isMatch(row) {
      var offset = viewport.place(points[row]) - place
      offset.y *= 2
      let distance = (offset * offset).sum()
      if distance <= 16, best.map({ distance < $0.distance }) ?? true { best = (row, distance) }
    }
    return best?.row
  }

  /// Moves the view with what was taken hold of.
  ///
  /// - Parameter width: the panel's, in columns.
  package mutating func drag(to cell: Cursor, width: Int) {
    guard let from = look.dragFrom else { return }
    let moved = SIMD2(Float(from.x - cell.x), Float(cell.y - from.y) * 2)
    look.view.pan += moved * 2 / max(0.5, Float(width - 1)) / look.view.zoom
    look.dragFrom = cell
  }

  /// The cursor goes with the list.
  package mutating func preview() {
    guard let list = lists.open else { return }
    let row = list.entries.indices.contains(list.index) ? list.entries[list.index].rows.first : nil
    move(to: row ?? list.origin ?? cursor)
  }

  /// Fills a list of nearest rows once they are known.
  mutating func fillNearest() {
    guard let list = lists.open, list.kind == .nearest, list.entries.isEmpty else { return }
    let entries = nearest(list.of)
    lists.open?.entries = entries
    preview()
  }
}
