/// A size in character cells.
package struct Size: Equatable, Sendable {
  package var width: Int
  package var height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}

/// A place in character cells, counted from 0 at the top left.
package struct Cursor: Equatable, Hashable, Sendable {
  package var x: Int
  package var y: Int

  package init(x: Int, y: Int) {
    self.x = x
    self.y = y
  }
}

/// A rectangle of character cells.
package struct Rect: Equatable, Sendable {
  package var x = 0
  package var y = 0
  package var width = 0
  package var height = 0

  package init(x: Int = 0, y: Int = 0, width: Int = 0, height: Int = 0) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  package var maxX: Int { x + width }
  package var maxY: Int { y + height }
  package var isEmpty: Bool { width <= 0 || height <= 0 }
  package var size: Size { Size(width: width, height: height) }

  package func contains(_ place: Cursor) -> Bool {
    place.x >= x && place.x < maxX && place.y >= y && place.y < maxY
  }

  /// The rectangle inside a one-cell border.
  package var inside: Rect { inset(1, 1) }

  package func inset(_ dx: Int, _ dy: Int) -> Rect {
    Rect(x: x + dx, y: y + dy, width: max(0, width - 2 * dx), height: max(0, height - 2 * dy))
  }

  /// Cuts off `count` rows from the top and returns them.
  package mutating func takeTop(_ count: Int) -> Rect {
    let taken = Rect(x: x, y: y, width: width, height: max(0, min(count, height)))
    y += taken.height
    height -= taken.height
    return taken
  }

  package mutating func takeBottom(_ count: Int) -> Rect {
    let rows = max(0, min(count, height))
    height -= rows
    return Rect(x: x, y: y + height, width: width, height: rows)
  }

  package mutating func takeRight(_ count: Int) -> Rect {
    let columns = max(0, min(count, width))
    width -= columns
    return Rect(x: x + width, y: y, width: columns, height: height)
  }
}
