import LinearAlgebra
import SeerApp
import SeerRuns
import SeerScreens
import SeerSupport
import SeerWidgets
import TestSupport
import Testing

/// Rows coloured by the expert of the layer that weighs most for them.
@Suite struct ExpertColorTests {
  /// A run whose layers from 2 on have a router of 16 experts, seven of which rows go to.
  static func explore(rows count: Int = 48) -> ExploreState {
    let rows = Fixture.rows(count)
    var source = RunSource(
      model: "tiny-moe", concepts: "sample concepts", layers: Array(0..<31), rows: rows,
      states: { _ in Matrix(rows: 0, columns: 0) })
    source.routedLayers = Array(2..<31)
    var state = ExploreState(source)
    let ready = Fixture.explore(rows: rows)
    state.chart.maps = ready.chart.maps
    state.figures = ready.figures
    for layer in 2..<31 {
      state.experts[layer] = RowExperts(
        top: rows.indices.map { $0 == 7 ? -1 : Int32([3, 11, 3, 0, 15, 3, 8, 11, 5, 2][$0 % 10]) },
        count: 16)
    }
    return state
  }

  @Test(arguments: [(120, 40), (110, 30), (80, 24), (40, 12)])
  func sizes(width: Int, height: Int) throws {
    try expectSnapshot(
      render(Fixture.app(width, height, Self.explore()).after("E")), "experts-\(width)x\(height)")
  }

  @Test func asciiAndMono() throws {
    let ascii = render(Fixture.app(110, 30, Self.explore(), glyphs: .ascii).after("E"))
    #expect(ascii.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(ascii, "experts-ascii")
    try expectSnapshot(
      render(Fixture.app(80, 24, Self.explore(), depth: .mono).after("E")), "experts-mono",
      styles: true)
  }

  @Test func itIsAModeAmongTheOthers() {
    let state = Fixture.app(80, 24, Self.explore())
    #expect(ColorMode.all(state.explore).contains(.expert))
    let experts = state.after("c", "c", "c")
    #expect(experts.explore.look.colorMode == .expert)
    #expect(experts.explore.painted.inputs.mode == .expert)
    #expect(state.after("E").explore.look.colorMode == .expert)
    #expect(state.after("E", "E").explore.look.colorMode == .concept)
    #expect(state.after("E").message?.text == "colour: the expert that weighs most")
    // Kept and taken up again.
    var again = Self.explore()
    let restored = again.restore(state.after("E").explore.savedView)
    #expect(restored && again.look.colorMode == .expert)
  }

  @Test func theRowsOfMostFirst() throws {
    let experts = RowExperts(top: [4, 9, 4, -1, 1, 9, 4], count: 12)
    #expect(experts.experts.map(\.id) == [4, 9, 1] && experts.experts.map(\.rows) == [3, 2, 1])
    #expect(experts.ofRow == [0, 1, 0, -1, 2, 1, 0])
    #expect(experts.expert(ofRow: 5) == 9 && experts.expert(ofRow: 3) == nil)
    #expect(experts.expert(ofRow: 99) == nil)
    let painting = Self.explore().after(mode: .expert).painted
    // Expert 3 is of three rows in ten: the first group; the row that went to none is the last one.
    #expect(painting.groups[0] == 0 && painting.groups[2] == 0 && painting.groups[7] == 7)
    #expect(painting.groupCount == 8)
  }

  @Test func aRunWithoutRoutingSaysWhy() throws {
    let state = Fixture.app(80, 24).after("E")
    #expect(state.explore.look.colorMode == .concept)
    #expect(
      state.message?.text
        == "This run keeps no routing: extract a mixture of experts with --routing.")
    #expect(!ColorMode.all(state.explore).contains(.expert))
    try expectSnapshot(render(state), "experts-none")
  }

  @Test func aLayerWithoutRouterSaysSo() throws {
    let state = Fixture.app(80, 24, Self.explore()).after("g", "E")
    #expect(state.message?.text == "Layer 0 has no router; layers with one: 2 to 30")
    // Concepts are shown, and the title says why.
    #expect(state.explore.painted.inputs.mode == .concept)
    try expectSnapshot(render(state), "experts-layer-without")
    let routed = state.after("l", "l")
    #expect(routed.explore.painted.inputs.mode == .expert)
  }

  /// Keys and clicks in the list are about concepts.
  @Test func theFocusedListHasConcepts() {
    let state = Fixture.app(110, 30, Self.explore()).after("E")
    #expect(render(state).text.contains("expert 11"))
    let focused = state.after("Tab")
    #expect(render(focused).text.contains("honesty") && !render(focused).text.contains("expert 11"))
  }

  @Test func theyAreReadWithTheMap() throws {
    let folder = try TemporaryFolder()
    var builder = RunBuilder.clusters()
    builder.routing = RunBuilder.Routing(layers: [1, 2], experts: 6) { layer, row in
      [Int32((row + layer) % 3), Int32(3 + row % 3)]
    }
    let run = try Run.open(builder.write(to: folder("run")))
    let source = RunSource(run)
    #expect(source.routedLayers == [1, 2])
    let session = Session(
      AppState(
        Screens.registry, size: Size(width: 80, height: 24), theme: Theme(depth: .mono),
        explore: ExploreState(source)), Workspace(run: source), engine: Engine(),
      mailbox: try Mailbox())
    session.waitUntilIdle()
    #expect(session.state.explore.experts[0] == nil)
    for layer in 1...2 {
      let experts = try #require(session.state.explore.experts[layer])
      #expect(experts.count == 6 && experts.experts.map(\.id).sorted() == [0, 1, 2])
      #expect(experts.expert(ofRow: 4) == (4 + layer) % 3)
    }
  }
}

extension ExploreState {
  fileprivate func after(mode: ColorMode) -> ExploreState {
    var state = self
    state.look.colorMode = mode
    return state
  }
}
