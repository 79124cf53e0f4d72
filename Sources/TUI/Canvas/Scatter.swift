/// The dots of a cell: 2 x 4 in braille, 1 x 2 in half blocks, 1 in ASCII.
package struct DotGrid: Equatable, Sendable {
  package let columns: Int
  package let rows: Int

  package init(_ level: GlyphLevel) {
    switch level {
    case .braille: (columns, rows) = (2, 4)
    case .blocks: (columns, rows) = (1, 2)
    case .ascii: (columns, rows) = (1, 1)
    }
  }

  /// The bit of the dot at (x, y) of a cell; in braille the bit of the Unicode pattern.
  package func bit(_ x: Int, _ y: Int) -> UInt8 {
    guard columns == 2 else { return 1 << UInt8(y) }
    if y == 3 { return x == 0 ? 0x40 : 0x80 }
    return 1 << UInt8(x * 3 + y)
  }

  /// The character of a set of dots.
  package func glyph(_ bits: UInt8) -> Unicode.Scalar {
    if columns == 2 { return Unicode.Scalar(0x2800 + UInt32(bits)) ?? " " }
    if rows == 2 { return bits == 0 ? " " : bits == 1 ? "▀" : bits == 2 ? "▄" : "█" }
    return bits == 0 ? " " : "."
  }
}

/// Points laid out on a panel of cells, each cell knowing which points are in it.
///
/// One counting sort over the points: O(points + cells), without an allocation a point.
package struct Scatter: Sendable {
  package let size: Size
  package let grid: DotGrid
  /// Dots set in each cell, by ``DotGrid/bit(_:_:)``.
  package private(set) var bits: [UInt8]
  /// The most frequent group of each cell; ties go to the lower number; -1: nothing there.
  package private(set) var majority: [Int32]
  /// Points of a group that lie outside the panel.
  package private(set) var outside = 0
  /// The most points in one cell.
  package private(set) var largest = 0
  private var starts: [Int32]
  private var sorted: [Int32]

  /// - Parameters:
  ///   - groups: one for each point; points of a negative group are left out.
  package init(
    points: [SIMD2<Float>], groups: [Int32], groupCount: Int, viewport: Viewport, grid: DotGrid
  ) {
    precondition(points.count == groups.count)
    size = viewport.size
    self.grid = grid
    let cells = max(0, size.width * size.height)
    bits = Array(repeating: 0, count: cells)
    majority = Array(repeating: -1, count: cells)
    starts = Array(repeating: 0, count: cells + 1)
    sorted = []
    let cellOfPoint = place(points, groups, viewport)
    for cell in 0..<cells {
      largest = max(largest, Int(starts[cell + 1]))
      starts[cell + 1] += starts[cell]
    }
    sort(cellOfPoint)
    vote(groups, groupCount: groupCount)
  }

  /// Sets the dots, counts every cell's points into `starts`, and tells every point's cell.
  private mutating func place(
    _ points: [SIMD2<Float>], _ groups: [Int32], _ viewport: Viewport
  ) -> [Int32] {
    let width = Float(size.width)
    let height = Float(size.height)
    let columns = size.width
    let dots = SIMD2(Float(grid.columns), Float(grid.rows))
    // The bits of a cell's dots, row by row.
    var bitOfDot = [UInt8](repeating: 0, count: 8)
    for y in 0..<grid.rows {
      for x in 0..<grid.columns { bitOfDot[y * grid.columns + x] = grid.bit(x, y) }
    }
    let gridColumns = grid.columns
    var missed = 0
    let cellOfPoint = [Int32](unsafeUninitializedCapacity: points.count) { cellOfPoint, count in
      count = points.count
      bits.withUnsafeMutableBufferPointer { bits in
        starts.withUnsafeMutableBufferPointer { starts in
          points.withUnsafeBufferPointer { points in
            groups.withUnsafeBufferPointer { groups in
              for index in 0..<points.count {
                cellOfPoint[index] = -1
                guard groups[index] >= 0 else { continue }
                let place = viewport.place(points[index])
                guard place.x >= 0, place.y >= 0, place.x < width, place.y < height else {
                  missed &+= 1
                  continue
                }
                let x = Int(place.x)
                let y = Int(place.y)
                let cell = y &* columns &+ x
                cellOfPoint[index] = Int32(truncatingIfNeeded: cell)
                starts[cell &+ 1] &+= 1
                let dot = (place - SIMD2(Float(x), Float(y))) * dots
                bits[cell] |= bitOfDot[Int(dot.y) &* gridColumns &+ Int(dot.x)]
              }
            }
          }
        }
      }
    }
    outside = missed
    return cellOfPoint
  }

  private mutating func sort(_ cellOfPoint: [Int32]) {
    var next = starts
    let count = Int(starts.last ?? 0)
    sorted = [Int32](unsafeUninitializedCapacity: count) { sorted, initialized in
      initialized = count
      next.withUnsafeMutableBufferPointer { next in
        cellOfPoint.withUnsafeBufferPointer { cellOfPoint in
          for index in 0..<cellOfPoint.count where cellOfPoint[index] >= 0 {
            let cell = Int(cellOfPoint[index])
            sorted[Int(next[cell])] = Int32(truncatingIfNeeded: index)
            next[cell] &+= 1
          }
        }
      }
    }
  }

  private mutating func vote(_ groups: [Int32], groupCount: Int) {
    var counts = [Int32](repeating: 0, count: max(1, groupCount))
    counts.withUnsafeMutableBufferPointer { counts in
      majority.withUnsafeMutableBufferPointer { majority in
        starts.withUnsafeBufferPointer { starts in
          sorted.withUnsafeBufferPointer { sorted in
            groups.withUnsafeBufferPointer { groups in
              for cell in 0..<majority.count where starts[cell] < starts[cell &+ 1] {
                let members = Int(starts[cell])..<Int(starts[cell &+ 1])
                var best: Int32 = -1
                var most: Int32 = 0
                for member in members {
                  let group = groups[Int(sorted[member])]
                  let count = counts[Int(group)] &+ 1
                  counts[Int(group)] = count
                  if count > most || (count == most && group < best) {
                    best = group
                    most = count
                  }
                }
                majority[cell] = best
                for member in members { counts[Int(groups[Int(sorted[member])])] = 0 }
              }
            }
          }
        }
      }
    }
  }

  /// The points of a cell, in their order; none outside.
  package func points(in cell: Cursor) -> [Int] {
    guard cell.x >= 0, cell.y >= 0, cell.x < size.width, cell.y < size.height else { return [] }
    let index = cell.y * size.width + cell.x
    return sorted[Int(starts[index])..<Int(starts[index + 1])].map { Int($0) }
  }

  package func count(_ x: Int, _ y: Int) -> Int {
    let index = y * size.width + x
    return Int(starts[index + 1] - starts[index])
  }
}
