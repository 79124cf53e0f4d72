import SeerApp
import Testing

/// The walk through the layers.
@Suite struct PlayTests {
  private func ticks(_ count: Int, _ state: AppState) -> AppState {
    var state = state
    for _ in 0..<count { _ = update(&state, .tick) }
    return state
  }

  private var step: Int { Play.stillFrames + Play.glideFrames }

  @Test func mapsGlideFromLayerToLayer() throws {
    let start = Fixture.app(80, 24).after("P")
    #expect(start.tick != nil)
    let half = ticks(Play.stillFrames + Play.glideFrames / 2, start)
    let from = try #require(half.explore.chart.maps[23].map?.points)
    let to = try #require(half.explore.chart.maps[24].map?.points)
    let points = try #require(half.explore.shownPoints)
    for row in points.indices {
      let middle = (from[row] + to[row]) / 2
      #expect(abs(points[row].x - middle.x) < 1e-5 && abs(points[row].y - middle.y) < 1e-5)
    }
    try expectSnapshot(render(half), "playing")
    let next = ticks(step, start)
    #expect(next.explore.layer == 24 && next.explore.shownPoints == to)
    #expect(next.explore.walk.play != nil)
  }

  @Test func itTurnsRoundAtTheEnds() {
    let end = ticks(7 * step, Fixture.app(80, 24).after("P"))
    #expect(end.explore.layer == 30)
    #expect(ticks(step, end).explore.layer == 29)
    #expect(ticks(step, Fixture.app(80, 24).after("G", "P")).explore.layer == 29)
  }

  @Test func pauseAndInterruption() throws {
    let half = ticks(step - 4, Fixture.app(80, 24).after("P"))
    let paused = half.after("Space")
    #expect(paused.tick == nil && ticks(50, paused).explore.shownPoints == half.explore.shownPoints)
    try expectSnapshot(render(paused), "playing-paused")
    #expect(ticks(4, paused.after("Space")).explore.layer == 24)
    for key in ["h", "P", "Esc", "g", "p", "A", "]"] {
      let stopped = half.after(key)
      #expect(stopped.explore.walk.play == nil && stopped.explore.walk.morph == nil, "\(key)")
      #expect(stopped.tick == nil)
    }
    #expect(half.after("j").explore.walk.play != nil, "the cursor may move meanwhile")
  }

  @Test func itWaitsForMaps() {
    var state = Fixture.app(80, 24)
    state.explore.chart.maps[24] = .computing
    let waiting = ticks(200, state.after("P"))
    #expect(waiting.explore.layer == 23 && waiting.explore.walk.morph == nil)
  }

  @Test func withoutLayersThereIsNothingToPlay() {
    let state = Fixture.app(80, 24, Fixture.explore(layers: 1))
    #expect(state.after("P").explore.walk.play == nil)
    #expect(ticks(100, state).explore.layer == 0)
  }
}
