/// The points of a map as pixels beneath the cells of a panel.
///
/// Two layers of the same arrays compare at once.
package struct PixelLayer: Equatable, Sendable {
  /// How a group looks.
  package struct Ink: Equatable, Sendable {
    /// The number of its mark; nil: a disc.
    package var mark: Int?
    /// 0xRRGGBB
    package var color: UInt32

    package init(mark: Int?, color: UInt32) {
      self.mark = mark
      self.color = color
    }
  }

  package var panel: Rect
  package var points: [SIMD2<Float>]
  package var viewport: Viewport
  /// The group of each point, -1 where it is not drawn.
  package var groups: [Int32]
  /// Groups of points that are drawn faintly, below the others; empty: none are.
  package var rest: [Int32]
  package var inks: [Ink]
  package var faint: UInt32
  /// What text stands on, 0xRRGGBB.
  package var ground: UInt32
  /// Whether all points are drawn faintly.
  package var isFaint: Bool

  package init(
    panel: Rect, points: [SIMD2<Float>], viewport: Viewport, groups: [Int32], rest: [Int32],
    inks: [Ink], faint: UInt32, ground: UInt32, isFaint: Bool
  ) {
    self.panel = panel
    self.points = points
    self.viewport = viewport
    self.groups = groups
    self.rest = rest
    self.inks = inks
    self.faint = faint
    self.ground = ground
    self.isFaint = isFaint
  }
}
