/// The dots of a cell: 2 x 4 in braille, 1 x 2 in half blocks, 1 in ASCII.
struct DotGrid: Equatable, Sendable {
  let columns: Int
  let rows: Int

  init(_ level: GlyphLevel) {
    switch level {
    case .braille: (columns, rows) = (2, 4)
    case .blocks: (columns, rows) = (1, 2)
    case .ascii: (columns, rows) = (1, 1)
    }
  }

  /// The bit of the dot at (x, y) of a cell; in braille the bit of the Unicode pattern.
  func bit(_ x: Int, _ y: Int) -> UInt8 {
    guard columns == 2 else { return 1 << UInt8(y) }
    if y == 3 { return x == 0 ? 0x40 : 0x80 }
    return 1 << UInt8(x * 3 + y)
  }

  /// The character of a set of dots.
  func glyph(_ bits: UInt8) -> Unicode.Scalar {
    if columns == 2 { return Unicode.Scalar(0x2800 + UInt32(bits)) ?? " " }
    if rows == 2 { return bits == 0 ? " " : bits == 1 ? "▀" : bits == 2 ? "▄" : "█" }
    return bits == 0 ? " " : "."
  }
}

/// Points laid out on a panel of cells, each cell knowing which points are in it.
///
/// One counting sort over the points: O(points + cells).
struct Scatter: Sendable {
  let size: Size
  let grid: DotGrid
  /// Dots set in each cell, by ``DotGrid/bit(_:_:)``.
  private(set) var bits: [UInt8]
  /// The most frequent group of each cell; ties go to the lower number; -1: nothing there.
  private(set) var majority: [Int32]
  private var starts: [Int32]
  private var sorted: [Int32]

  /// - Parameters:
  ///   - groups: one for each point; points of a negative group are left out.
  init(
    points: [SIMD2<Float>], groups: [Int32], groupCount: Int, viewport: Viewport, grid: DotGrid
  ) {
    precondition(points.count == groups.count)
    size = viewport.size
    self.grid = grid
    let cells = max(0, size.width * size.height)
    bits = Array(repeating: 0, count: cells)
    majority = Array(repeating: -1, count: cells)
    starts = Array(repeating: 0, count: cells + 1)
    var cellOfPoint = [Int32](repeating: -1, count: points.count)
    for index in points.indices where groups[index] >= 0 {
      let place = viewport.place(points[index])
      guard place.x >= 0, place.y >= 0, place.x < Float(size.width), place.y < Float(size.height)
      else { continue }
      let x = Int(place.x)
      let y = Int(place.y)
      let cell = y * size.width + x
      cellOfPoint[index] = Int32(cell)
      starts[cell + 1] += 1
      let dotX = min(grid.columns - 1, Int((place.x - Float(x)) * Float(grid.columns)))
      let dotY = min(grid.rows - 1, Int((place.y - Float(y)) * Float(grid.rows)))
      bits[cell] |= grid.bit(dotX, dotY)
    }
    for cell in 0..<cells { starts[cell + 1] += starts[cell] }
    sorted = Array(repeating: 0, count: Int(starts[cells]))
    var next = starts
    for index in points.indices where cellOfPoint[index] >= 0 {
      let cell = Int(cellOfPoint[index])
      sorted[Int(next[cell])] = Int32(index)
      next[cell] += 1
    }
    var counts = [Int32](repeating: 0, count: max(1, groupCount))
    for cell in 0..<cells where starts[cell] < starts[cell + 1] {
      let members = sorted[Int(starts[cell])..<Int(starts[cell + 1])]
      for member in members { counts[Int(groups[Int(member)])] += 1 }
      var best: Int32 = -1
      for member in members {
        let group = groups[Int(member)]
        if best < 0 || counts[Int(group)] > counts[Int(best)]
          || (counts[Int(group)] == counts[Int(best)] && group < best)
        {
          best = group
        }
      }
      majority[cell] = best
      for member in members { counts[Int(groups[Int(member)])] = 0 }
    }
  }

  /// The points of a cell, in their order; none outside.
  func points(in cell: Cursor) -> [Int] {
    guard cell.x >= 0, cell.y >= 0, cell.x < size.width, cell.y < size.height else { return [] }
    let index = cell.y * size.width + cell.x
    return sorted[Int(starts[index])..<Int(starts[index + 1])].map { Int($0) }
  }

  func count(_ x: Int, _ y: Int) -> Int {
    let index = y * size.width + x
    return Int(starts[index + 1] - starts[index])
  }
}
