/// A drawing of shapes on a coloured ground, in points with y downwards; the same picture becomes
/// an SVG document or a PNG file.
///
///     var picture = Picture(width: 200, height: 100)
///     picture.add(.mark(.disc, x: 20, y: 20, radius: 3, color: 0x1F78B4))
///     picture.add(.text("violence", x: 30, y: 24, size: 11))
///     try Data(picture.png()).write(to: url)
package struct Picture: Equatable, Sendable {
  package let width: Double
  package let height: Double
  /// 0xRRGGBB
  package let ground: UInt32
  package private(set) var shapes: [Shape] = []

  package init(width: Double, height: Double, ground: UInt32 = 0xFFFFFF) {
    self.width = width
    self.height = height
    self.ground = ground
  }

  package mutating func add(_ shape: Shape) { shapes.append(shape) }
}

/// One shape of a picture. Colours are 0xRRGGBB.
package enum Shape: Equatable, Sendable {
  package enum Anchor: String, Sendable { case start, middle, end }

  /// A mark of a group; `opacity` 0...1.
  case mark(Mark, x: Double, y: Double, radius: Double, color: UInt32, opacity: Double = 1)
  case line(
    x1: Double, y1: Double, x2: Double, y2: Double, color: UInt32, width: Double = 1)
  /// Straight lines from point to point.
  case curve([SIMD2<Double>], color: UInt32, width: Double = 1)
  /// The outline of a rectangle.
  case frame(
    x: Double, y: Double, width: Double, height: Double, color: UInt32, lineWidth: Double = 1)
  /// Text whose baseline is at y; `size` is the height of a line. The width of text is that of
  /// ``StrokeFont``.
  case text(
    String, x: Double, y: Double, size: Double, anchor: Anchor = .start, color: UInt32 = 0x1F2328,
    isBold: Bool = false)
}
