import SeerApp
import SeerExploreScreen
import SeerWidgets
import Testing

/// What a map is fitted by, and what is told of the rows beyond.
@Suite struct FitTests {
  /// A hundred points in the unit square, and some far off.
  private func points(_ strays: [SIMD2<Float>]) -> [SIMD2<Float>] {
    (0..<100).map { SIMD2(Float($0 % 10) / 9, Float($0 / 10) / 9) } + strays
  }

  @Test func aFewStrayPointsShrinkNothing() throws {
    let bounds = try #require(WorldBounds.ofMap(points([SIMD2(40, 0.5), SIMD2(0.5, -60)])))
    #expect(bounds.low.x == 0 && bounds.high.y == 1)
    #expect(bounds.high.x == 1.25 && bounds.low.y == -0.25)
    let near = try #require(WorldBounds.ofMap(points([SIMD2(1.2, 0.5)])))
    #expect(near.high.x == 1.2, "what is near enough stays on the map")
    let few = try #require(WorldBounds.ofMap([SIMD2(0, 0), SIMD2(1, 1), SIMD2(99, 0)]))
    #expect(few.high.x == 99, "three points have no bulk")
    let line = try #require(WorldBounds.ofMap((0..<50).map { SIMD2(Float($0 / 49), 0) }))
    #expect(line.high.x == 1, "points in one place tell nothing of far")
  }

  @Test func arrowsCountWhatIsBeyondAndASecondFitShowsAll() throws {
    let rows = Fixture.rows(60)
    var explore = Fixture.explore(rows: rows)
    var map = try #require(explore.chart.maps[explore.layer].map)
    map.points[3].x = 30
    map.points[4].y = 30
    explore.chart.maps[explore.layer] = .ready(map)
    let state = Fixture.app(80, 24, explore)
    let text = render(state).text
    #expect(text.contains("1 row ▸") && text.contains("▲ 1 row"))
    try expectSnapshot(render(state), "fit-strays")
    let all = state.after("f")
    #expect(all.explore.look.fitsAll && !render(all).text.contains("1 row ▸"))
    #expect(!all.after("f").explore.look.fitsAll)
    let moved = state.after("L", "f")
    #expect(moved.explore.look.view == .whole && !moved.explore.look.fitsAll)
  }

  @Test func namesStandOnTheMap() throws {
    let state = Fixture.app(80, 24).after("W")
    for name in Fixture.names {
      #expect(render(state).text.ranges(of: name).count >= 2, "in the list and on the map")
    }
    try expectSnapshot(render(state), "names")
    try expectSnapshot(render(state.resized(40, 12)), "names-40x12")
    try expectSnapshot(render(Fixture.app(80, 24, glyphs: .ascii).after("W")), "names-ascii")
    #expect(render(state.after("W")) == render(Fixture.app(80, 24)))
    try expectSnapshot(render(Fixture.compare(110, 30).after("W")), "compare-names")
  }

  /// The verdict with its two bars, and a training row, which has none.
  @Test func verdicts() throws {
    var explore = Fixture.explore()
    var separation = try #require(explore.separation)
    separation.ownCosines = explore.run.rows.indices.map { _ in 0.5 }
    separation.rivals = explore.run.rows.indices.map { Int32(($0 + 1) % 6) }
    separation.margins[10] = -0.0625
    explore.figures.separations[explore.layer] = .ready(separation)
    explore.cursor = 10
    let wrong = Fixture.app(80, 24, explore)
    #expect(render(wrong).text.contains("✗ taken for"))
    try expectSnapshot(render(wrong), "verdict-wrong")
    try expectSnapshot(render(wrong.resized(120, 40)), "verdict-120x40")
    try expectSnapshot(render(wrong.resized(40, 12)), "verdict-40x12")
    #expect(render(wrong.after("j")).text.contains("a training row"))
  }

  /// Small maps of many layers: chosen by keys and by the mouse.
  @Test func multiples() throws {
    let state = Fixture.app(80, 24).after("Z")
    #expect(state.context == .multiples)
    let layout = MultiplesLayout(state)
    #expect(layout.layers.first == 0 && layout.layers.last == 30)
    #expect(zip(layout.layers, layout.layers.dropFirst()).allSatisfy { $0 < $1 })
    try expectSnapshot(render(state), "multiples")
    try expectSnapshot(render(state.onLight), "multiples-light", styles: true)
    try expectSnapshot(render(state.resized(40, 12)), "multiples-40x12")
    try expectSnapshot(render(Fixture.app(120, 40, glyphs: .ascii).after("Z")), "multiples-ascii")
    let next = state.after("l", "Enter")
    #expect(next.explore.multiples == nil && next.explore.layer > state.explore.layer)
    #expect(state.after("Esc").explore.layer == state.explore.layer)
    var clicked = state
    let place = layout.frame(1)
    _ = update(
      &clicked, .mouse(Mouse(place: Cursor(x: place.x + 3, y: place.y + 2), action: .left)))
    #expect(clicked.explore.layer == layout.layers[1] && clicked.explore.multiples == nil)
    #expect(MultiplesLayout(Rect(width: 10, height: 3), layers: 1).layers == [0])
    #expect(MultiplesLayout(Rect(width: 80, height: 20), layers: 2).layers == [0, 1])
  }
}
