import SeerWidgets
import Testing

@Suite struct CanvasTests {
  private func bounds(_ points: [SIMD2<Float>]) throws -> WorldBounds {
    try #require(WorldBounds(points))
  }

  @Test func circlesStayCircles() throws {
    let viewport = Viewport(
      bounds: try bounds([SIMD2(-1, -1), SIMD2(1, 1)]), view: .whole,
      size: Size(width: 80, height: 20))
    let right = viewport.place(SIMD2(1, 0)).x - viewport.place(SIMD2(0, 0)).x
    let up = viewport.place(SIMD2(0, 0)).y - viewport.place(SIMD2(0, 1)).y
    #expect(right == 2 * up, "a row is as high as two columns are wide")
    #expect(up == 9.5, "the height decides here; half a row stays free above and below")
  }

  @Test(arguments: [
    Size(width: 80, height: 20), Size(width: 7, height: 3), Size(width: 1, height: 1),
  ])
  func fitShowsEveryPoint(size: Size) throws {
    let points: [SIMD2<Float>] = [SIMD2(-3, 2), SIMD2(5, -1), SIMD2(0, 7), SIMD2(2, 2)]
    let viewport = Viewport(bounds: try bounds(points), view: .whole, size: size)
    for point in points { #expect(viewport.cell(point) != nil) }
  }

  @Test func worldAndPlaceAreInverse() throws {
    var view = View.whole
    view.zoom = 3
    view.pan = SIMD2(0.25, -0.5)
    let viewport = Viewport(
      bounds: try bounds([SIMD2(-3, 2), SIMD2(5, -1)]), view: view,
      size: Size(width: 61, height: 17))
    let back = viewport.world(viewport.place(SIMD2(1.5, -0.25)))
    #expect(abs(back.x - 1.5) < 1e-4 && abs(back.y + 0.25) < 1e-4)
  }

  @Test func boundsLeaveOutWhatIsNotFinite() throws {
    let bounds = try bounds([SIMD2(.nan, 0), SIMD2(1, 2), SIMD2(3, .infinity), SIMD2(-1, 0)])
    #expect(bounds.low == SIMD2(-1, 0) && bounds.high == SIMD2(1, 2))
    #expect(WorldBounds([]) == nil)
    #expect(WorldBounds([SIMD2(.nan, .nan)]) == nil)
  }

  @Test func brailleBits() {
    let grid = DotGrid(.braille)
    #expect(grid.glyph(grid.bit(0, 0)) == "⠁")
    #expect(grid.glyph(grid.bit(1, 3)) == "⢀")
    var all: UInt8 = 0
    for x in 0..<2 { for y in 0..<4 { all |= grid.bit(x, y) } }
    #expect(all == 0xFF)
    #expect(grid.glyph(all) == "⣿")
    let half = DotGrid(.blocks)
    #expect(half.glyph(half.bit(0, 0)) == "▀" && half.glyph(half.bit(0, 1)) == "▄")
    #expect(half.glyph(3) == "█")
  }

  @Test func cellsKnowTheirPointsAndTakeTheMajority() throws {
    // One column, one row a cell: columns are x, the viewport spans 0...3.
    let points: [SIMD2<Float>] = [
      SIMD2(0, 0), SIMD2(0, 0), SIMD2(0, 0), SIMD2(3, 0), SIMD2(3, 0), SIMD2(1, 0),
    ]
    let viewport = Viewport(
      bounds: try bounds(points), view: .whole, size: Size(width: 4, height: 1))
    let scatter = Scatter(
      points: points, groups: [1, 0, 1, 2, 0, -1], groupCount: 3, viewport: viewport,
      grid: DotGrid(.braille))
    #expect(scatter.points(in: Cursor(x: 0, y: 0)) == [0, 1, 2])
    #expect(scatter.majority == [1, -1, -1, 0], "a tie goes to the lower group; -1 is left out")
    #expect(scatter.points(in: Cursor(x: 1, y: 0)).isEmpty)
    #expect(scatter.points(in: Cursor(x: 9, y: 0)).isEmpty)
    #expect(scatter.count(3, 0) == 2)
  }

  @Test func pointsOutsideOrNotFiniteAreNotDrawn() throws {
    let points: [SIMD2<Float>] = [SIMD2(0, 0), SIMD2(1, 0), SIMD2(.nan, 0), SIMD2(.infinity, 0)]
    var view = View.whole
    view.zoom = 4
    let viewport = Viewport(
      bounds: try bounds(points), view: view, size: Size(width: 9, height: 3))
    let scatter = Scatter(
      points: points, groups: [0, 0, 0, 0], groupCount: 1, viewport: viewport,
      grid: DotGrid(.ascii))
    #expect(scatter.majority.allSatisfy { $0 == -1 })
  }
}
