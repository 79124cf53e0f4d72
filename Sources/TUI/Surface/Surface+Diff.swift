/// A cell to be sent to the terminal.
package struct CellChange: Equatable, Sendable {
  package let x: Int
  package let y: Int
  package let cell: Cell
}

extension Surface {
  /// Calls `body` for each cell that must be sent to turn `old` into this, row by row, left to
  /// right. A wide character counts once, at its left half. All cells, where the sizes differ.
  func forEachChange(from old: Surface?, _ body: (CellChange) -> Void) {
    let isComparable = old?.size == size
    for y in 0..<size.height {
      for x in 0..<size.width {
        let cell = self[x, y]
        if cell.isRightHalf { continue }
        if isComparable, let old, old[x, y] == cell { continue }
        body(CellChange(x: x, y: y, cell: cell))
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
