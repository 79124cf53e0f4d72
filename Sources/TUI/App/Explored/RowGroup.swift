import SeerAnalysis
import SeerWidgets

/// Rows that the user has put together.
package struct RowGroup: Equatable, Sendable, Codable {
  package var name: String
  /// Ascending.
  package var rows: [Int]

  package init(name: String, rows: [Int]) {
    self.name = name
    self.rows = rows
  }

  /// How many of its rows every concept has.
  package func counts(_ conceptOfRow: [Int32], concepts: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: concepts)
    for row in rows { counts[Int(conceptOfRow[row])] += 1 }
    return counts
  }

  /// A concept file of its rows; a group with a name is a concept of that name.
  package func csv(_ texts: (Int) -> (text: String, concept: String)) -> [[String]] {
    [["prompt", "value"]]
      + rows.map { row in
        let (text, concept) = texts(row)
        return [text, name.isEmpty ? concept : name]
      }
  }
}

/// A selection on the map while it is made, in cells of the panel.
package struct Selecting: Equatable, Sendable {
  package enum Shape: String, Sendable { case box, freehand }

  package var shape = Shape.box
  /// Where it began, and every place a freehand line went on to.
  package var path: [Cursor]
  package var end: Cursor
  /// Whether a mouse button is down.
  package var isDragged = false

  package init(_ start: Cursor, shape: Shape = .box) {
    self.shape = shape
    path = [start]
    end = start
  }

  package mutating func move(to cell: Cursor) {
    guard cell != end else { return }
    end = cell
    if shape == .freehand { path.append(cell) }
  }

  /// Whether a place in columns and rows lies inside; the cells of the line itself do.
  package func contains(_ place: SIMD2<Float>) -> Bool {
    let start = path[0]
    switch shape {
    case .box:
      return place.x >= Float(min(start.x, end.x)) && place.x < Float(max(start.x, end.x) + 1)
        && place.y >= Float(min(start.y, end.y)) && place.y < Float(max(start.y, end.y) + 1)
    case .freehand:
      let cell = Cursor(x: Int(place.x.rounded(.down)), y: Int(place.y.rounded(.down)))
      return isInside(place) || path.contains(cell)
    }
  }

  /// Even-odd rule over the closed line through the middles of the cells.
  private func isInside(_ place: SIMD2<Float>) -> Bool {
    var inside = false
    var previous = path.count - 1
    for index in path.indices {
      let a = SIMD2(Float(path[index].x) + 0.5, Float(path[index].y) + 0.5)
      let b = SIMD2(Float(path[previous].x) + 0.5, Float(path[previous].y) + 0.5)
      if (a.y > place.y) != (b.y > place.y),
        place.x < (b.x - a.x) * (place.y - a.y) / (b.y - a.y) + a.x
      {
        inside.toggle()
      }
      previous = index
    }
    return inside
  }
}

/// A selection being made, the rows of the last one, and those with a name.
package struct Selection: Sendable {
  package var selecting: Selecting?
  package var group: RowGroup?
  package var groups: [RowGroup] = []
  /// The name being typed for a group.
  package var naming: String?
  package var comparison: (pair: GroupPair, result: GroupComparison?)?
  package var isComparing = false

  /// The named groups, then the selection.
  package var allGroups: [RowGroup] {
    groups + (group.map { [RowGroup(name: "selection", rows: $0.rows)] } ?? [])
  }
}

/// Two groups at a layer, by its index.
package struct GroupPair: Equatable, Sendable {
  package var first: [Int]
  package var second: [Int]
  package var layer: Int

  package init(first: [Int], second: [Int], layer: Int) {
    self.first = first
    self.second = second
    self.layer = layer
  }
}
