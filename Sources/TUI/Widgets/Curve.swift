/// A line of values over steps, in dots.
package struct Curve {
  /// Nil where a step has none.
  package let values: [Double?]

  /// What is drawn from bottom to top covers this much at least: small changes look small.
  package let leastSpan: Double

  package init(values: [Double?], leastSpan: Double = 0) {
    self.values = values
    self.leastSpan = leastSpan
  }

  /// What the bottom and the top stand for; nil without values.
  package var range: ClosedRange<Double>? {
    let known = values.compactMap { $0 }.filter(\.isFinite)
    guard let low = known.min(), let high = known.max() else { return nil }
    // Not in the middle, which lies between two lines of dots: the least change would show.
    let missing = max(0, leastSpan - (high - low))
    return low - 0.4 * missing...high + 0.6 * missing
  }

  /// Values lie between the lowest and the highest; one column may hold many steps.
  package func draw(_ rect: Rect, _ style: Style, _ glyphs: Glyphs, into surface: inout Surface) {
    guard let range, !rect.isEmpty else { return }
    let (low, high) = (range.lowerBound, range.upperBound)
    let grid = DotGrid(glyphs.level)
    let columns = rect.width * grid.columns
    let rows = rect.height * grid.rows
    var bits = [UInt8](repeating: 0, count: rect.width * rect.height)
    func set(_ x: Int, _ y: Int) {
      bits[y / grid.rows * rect.width + x / grid.columns] |= grid.bit(
        x % grid.columns, y % grid.rows)
    }
    func row(_ value: Double) -> Int {
      let share = high > low ? (value - low) / (high - low) : 0.5
      return rows - 1 - Int((share * Double(rows - 1)).rounded())
    }
    var last: Int?
    for column in 0..<columns {
      // Where there are fewer steps than columns they are spread, else the last of a column counts.
      let end = (column + 1) * values.count / columns
      let start = min(column * values.count / columns, max(0, end - 1))
      guard end > 0, let value = values[start..<end].last(where: { $0?.isFinite ?? false }) ?? nil
      else { continue }
      let y = row(value)
      // Steep parts stay one line.
      let from = last.map { $0 < y ? $0 + 1 : $0 > y ? $0 - 1 : y } ?? y
      for between in min(from, y)...max(from, y) { set(column, between) }
      last = y
    }
    for y in 0..<rect.height {
      for x in 0..<rect.width where bits[y * rect.width + x] != 0 {
        surface.put(grid.glyph(bits[y * rect.width + x]), rect.x + x, rect.y + y, style)
      }
    }
  }
}
