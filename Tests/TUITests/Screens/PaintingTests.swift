import SeerApp
import SeerProjection
import SeerRuns
import Testing

/// What colours and marks say.
@Suite struct PaintingTests {
  @Test func modesGoRoundBothWays() {
    let state = Fixture.app(80, 24)
    let modes = ColorMode.all(state.explore)
    #expect(
      modes == [
        .concept, .predicted, .rightWrong, .number(.margin), .number(.tokens), .number(.norm),
      ])
    #expect(state.after("C").explore.look.colorMode == .number(.norm))
    #expect(state.after("C", "c").explore.look.colorMode == .concept)
  }

  @Test func numbers() throws {
    try expectSnapshot(
      render(Fixture.app(80, 24).after("c", "c", "c", "c")), "numbers-tokens", styles: true)
    try expectSnapshot(render(Fixture.app(80, 24).after("c", "c", "c")), "numbers-margin")
    try expectSnapshot(
      render(Fixture.app(80, 24, glyphs: .ascii).after("C")), "numbers-ascii")
    try expectSnapshot(
      render(Fixture.app(80, 24, depth: .mono).after("C")), "numbers-mono", styles: true)
    try expectSnapshot(render(Fixture.app(40, 12).after("C")), "numbers-40x12")
  }

  /// Cells of 1, 2, 4 ... 128 points.
  @Test func density() throws {
    let rows = Fixture.rows(255)
    var explore = Fixture.explore(rows: rows)
    let points = rows.indices.map { row in
      SIMD2(Float((row + 1).bitWidth - (row + 1).leadingZeroBitCount) / 4 - 1, 0)
    }
    explore.chart.maps[23] = .ready(
      LayerMap(points: points, norms: points.map { _ in 1 }, explained: [0.5, 0.25]))
    try expectSnapshot(render(Fixture.app(80, 24, explore).after("m", "m", "m")), "density")
    try expectSnapshot(
      render(Fixture.app(80, 24, explore, glyphs: .ascii).after("m", "m", "m")), "density-ascii")
  }

  private func inputs(_ values: [Float]) -> Painting.Inputs {
    Painting.Inputs(
      mode: .number(.tokens), conceptOfRow: values.map { _ in 0 }, concepts: 1, predicted: [],
      values: values, isConceptHidden: [false], matches: nil, hidesRest: false)
  }

  @Test func stepsGoFromTheSmallestToTheLargest() {
    let painting = Painting(inputs([0, 1, 2, 3, 4, 5, 6, 7, .nan]))
    #expect(painting.groups == [0, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(painting.range == 0...7)
    #expect(Painting(inputs([3, 3, 3])).groups == [4, 4, 4])
    #expect(Painting(inputs([.nan])).groups == [8])
    #expect(Painting(inputs([])).groups.isEmpty)
  }

  @Test func oneRowFarOffDoesNotMakeTheRestAlike() {
    let values = (0..<200).map { Float($0) } + [1e9]
    let painting = Painting(inputs(values))
    #expect(painting.groups[10] == 0 && painting.groups[100] == 4 && painting.groups[200] == 7)
  }

  /// What is kept between events is what would be worked out afresh.
  @Test func theKeptPaintingIsNeverStale() {
    var state = Fixture.app(80, 24)
    for keys in [
      ["2"], ["c"], ["c"], ["h"], ["/", "l", "e", "d", "Enter"], ["F"], ["c"], ["c"], ["l"], ["0"],
      ["Esc"], ["o"],
    ] {
      for name in keys { state = state.after(name) }
      var fresh = state
      fresh.explore.look.painting = nil
      #expect(state.explore.look.painting == fresh.explore.painted, "after \(keys)")
    }
  }

  @Test func tokensOfATextHavePositions() {
    let rows = [0, 0, 0, 1, 1].map {
      RunRow(row: $0, text: "t", concept: "a", tokens: 3, token: "t")
    }
    #expect(Fixture.explore(rows: rows, concepts: 1).run.positions == [0, 1, 2, 0, 1])
    #expect(Fixture.explore().run.positions.isEmpty)
  }
}
