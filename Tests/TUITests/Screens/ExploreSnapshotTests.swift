import SeerApp
import SeerExploreScreen
import SeerSupport
import SeerWidgets
import Testing

@Suite struct ExploreSnapshotTests {
  @Test(arguments: [(80, 24), (110, 30), (120, 40), (40, 12), (60, 20), (76, 16), (200, 60)])
  func sizes(width: Int, height: Int) throws {
    try expectSnapshot(render(Fixture.app(width, height)), "explore-\(width)x\(height)")
  }

  @Test(arguments: [(39, 12), (40, 11), (10, 3), (3, 1)])
  func tooSmall(width: Int, height: Int) throws {
    try expectSnapshot(render(Fixture.app(width, height)), "too-small-\(width)x\(height)")
  }

  @Test func ascii() throws {
    let surface = render(Fixture.app(80, 24, glyphs: .ascii))
    #expect(surface.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(surface, "ascii-80x24")
  }

  @Test func asciiOfWideText() throws {
    let state = Fixture.explore(rows: Fixture.rows(6, text: ["naïve 日本語 text\u{7}"]))
    let surface = render(Fixture.app(40, 12, state, glyphs: .ascii))
    #expect(surface.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(surface, "ascii-wide-text-40x12")
  }

  @Test func linuxConsole() throws {
    try expectSnapshot(
      render(Fixture.app(80, 24, depth: .ansi16, glyphs: .blocks)), "blocks-80x24")
  }

  @Test(arguments: [ColorDepth.mono, .ansi16, .palette256, .direct])
  func colors(depth: ColorDepth) throws {
    let surface = render(Fixture.app(80, 24, depth: depth).after("2"))
    try expectSnapshot(surface, "colors-\(depth.rawValue)", styles: true)
  }

  @Test func wideGlyphs() throws {
    let text = "東京の天気は晴れです。朝は霧が出ますが、昼までには消えるでしょう。 e\u{301}te\u{301} 👩‍🚀 ok \u{1B}[31m"
    let rows = Fixture.rows(12, concepts: ["天気", "étés", "x"], text: [text])
    let state = Fixture.explore(rows: rows, concepts: 3)
    try expectSnapshot(render(Fixture.app(80, 24, state)), "wide-glyphs-80x24")
  }

  @Test func fiftyConcepts() throws {
    let names = (0..<50).map { "concept \($0) with a long name" }
    let state = Fixture.explore(rows: Fixture.rows(100, concepts: names), concepts: 50)
    try expectSnapshot(
      render(Fixture.app(80, 24, state).after("Tab", "j", "j", "Space")), "fifty-concepts-80x24")
    try expectSnapshot(render(Fixture.app(40, 12, state)), "fifty-concepts-40x12")
  }

  @Test func onePoint() throws {
    let rows = Fixture.rows(1)
    try expectSnapshot(
      render(Fixture.app(80, 24, Fixture.explore(rows: rows, concepts: 1, layers: 1))),
      "one-point-80x24")
  }

  @Test func empty() throws {
    let state = Fixture.explore(rows: [], concepts: 1)
    try expectSnapshot(render(Fixture.app(80, 24, state)), "empty-80x24")
    try expectSnapshot(render(Fixture.app(40, 12, state)), "empty-40x12")
  }

  @Test func loading() throws {
    var state = Fixture.explore(ready: false)
    _ = state.request()
    try expectSnapshot(render(Fixture.app(80, 24, state)), "loading-80x24")
    try expectSnapshot(render(Fixture.app(40, 12, state)), "loading-40x12")
  }

  @Test func loadingKeepsTheLastMap() throws {
    var state = Fixture.explore()
    state.chart.maps[24] = .computing
    state.layer = 24
    try expectSnapshot(render(Fixture.app(80, 24, state)), "loading-next-80x24")
  }

  @Test func error() throws {
    var state = Fixture.explore()
    let failure = Failure(
      .badData, file: "run/states.safetensors", place: "tensor states, offset 1024",
      found: "71 bytes", wanted: "20,480 bytes", advice: "Record the run again.")
    state.chart.maps[state.layer] = .failed(Problem(failure))
    try expectSnapshot(render(Fixture.app(80, 24, state)), "error-80x24")
    try expectSnapshot(render(Fixture.app(40, 12, state)), "error-40x12")
  }

  @Test func help() throws {
    try expectSnapshot(render(Fixture.app(80, 24).after("?")), "help-80x24")
    try expectSnapshot(render(Fixture.app(80, 24).after("?", "j", "j", "j")), "help-scrolled")
    try expectSnapshot(render(Fixture.app(120, 40).after("?")), "help-120x40")
    try expectSnapshot(render(Fixture.app(40, 12).after("?")), "help-40x12")
  }

  @Test func onlyOneConceptAndAMessage() throws {
    try expectSnapshot(render(Fixture.app(80, 24).after("o", "m")), "only-80x24")
  }

  @Test func everythingHidden() throws {
    try expectSnapshot(
      render(Fixture.app(80, 24).after("1", "2", "3", "4", "5", "6")), "all-hidden-80x24")
  }

  @Test func dots() throws {
    try expectSnapshot(render(Fixture.app(80, 24).after("m", "m")), "dots-80x24")
  }

  @Test func longTextScrolls() throws {
    let state = Fixture.app(80, 24).after("j", "PageDown")
    #expect(state.explore.panels.detailScroll > 0)
    try expectSnapshot(render(state), "scrolled-text-80x24")
  }

  /// A resize in the middle of things changes nothing but the size.
  @Test func resizeMidWay() throws {
    var state = Fixture.app(120, 40).after("l", "j", "j", "2", "+", "+")
    _ = update(&state, .resize(Size(width: 80, height: 24)))
    try expectSnapshot(render(state), "resized-80x24")
    _ = update(&state, .resize(Size(width: 10, height: 3)))
    _ = render(state)
    _ = update(&state, .resize(Size(width: 120, height: 40)))
    let direct = Fixture.app(120, 40).after("l", "j", "j", "2", "+", "+")
    #expect(render(state) == render(direct))
  }
}
