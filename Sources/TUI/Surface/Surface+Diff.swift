/// A cell to be sent to the terminal.
package struct CellChange: Equatable, Sendable {
  package let x: Int
  package let y: Int
  package let cell: Cell
}

extension Cell {
  /// Whether nothing but the ground is seen of it: no matter what colour or weight letters would have.
  package var isEmpty: Bool {
    scalar == " " && firstMark == 0 && !style.attributes.contains(.reverse)
  }

  /// Whether it is empty on the terminal's own ground.
  package var isClear: Bool { isEmpty && style.background == .standard }

  /// Whether nobody can tell the two apart.
  package func looks(like other: Cell) -> Bool {
    if self == other { return true }
    return isEmpty && other.isEmpty && style.background == other.style.background
  }
}

extension Surface {
  /// Whether a cell must be sent where `old`, of the same size, is shown. A wide character counts once,
  /// at its left half.
  package func differs(_ x: Int, _ y: Int, from old: Surface) -> Bool {
    let cell = self[x, y]
    return !cell.isRightHalf && !cell.looks(like: old[x, y])
  }

  /// Calls `body` for each cell that must be sent to turn `old` into what looks like this, row by row,
  /// left to right. All cells, where the sizes differ.
  func forEachChange(from old: Surface?, _ body: (CellChange) -> Void) {
    let known = old?.size == size ? old : nil
    for y in 0..<size.height {
      for x in 0..<size.width where !self[x, y].isRightHalf {
        if let known, !differs(x, y, from: known) { continue }
        body(CellChange(x: x, y: y, cell: self[x, y]))
      }
    }
  }

  package func changes(from old: Surface?) -> [CellChange] {
    var result: [CellChange] = []
    forEachChange(from: old) { result.append($0) }
    return result
  }

  /// Applies a change as a terminal would: half a wide character that is overwritten goes blank.
  package mutating func apply(_ change: CellChange) {
    put(change.cell.scalar, change.x, change.y, change.cell.style)
    for mark in [change.cell.firstMark, change.cell.secondMark] where mark != 0 {
      if let scalar = Unicode.Scalar(mark) { addMark(scalar, change.x, change.y) }
    }
  }
}
