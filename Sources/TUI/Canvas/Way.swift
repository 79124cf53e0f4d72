/// A line of marks between two places of a panel, in its cells that are empty.
package struct Way {
  /// In columns and rows of the panel, fractions included.
  package let start: SIMD2<Float>
  package let end: SIMD2<Float>

  package init(start: SIMD2<Float>, end: SIMD2<Float>) {
    self.start = start
    self.end = end
  }

  package func draw(
    _ mark: Unicode.Scalar, _ style: Style, _ panel: Rect, into surface: inout Surface
  ) {
    let length = max(abs(end.x - start.x), abs(end.y - start.y) * 2)
    guard length > 1, length < 10_000 else { return }
    let steps = Int(length.rounded(.up))
    for step in 0..<steps {
      let place = start + (end - start) * (Float(step) / Float(steps))
      guard place.x >= 0, place.y >= 0, place.x < Float(panel.width),
        place.y < Float(panel.height)
      else { continue }
      let x = panel.x + Int(place.x)
      let y = panel.y + Int(place.y)
      if surface[x, y].scalar == " " { surface.put(mark, x, y, style) }
    }
  }
}
