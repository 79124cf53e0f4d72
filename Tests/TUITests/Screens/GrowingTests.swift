import Foundation
import LinearAlgebra
import SeerApp
import SeerExploreScreen
import SeerProjection
import SeerReports
import SeerRuns
import SeerSupport
import SeerWidgets
import TestSupport
import Testing

/// Maps that grow step by step: every layout of the registry by the same keys. A new one is tested
/// by being registered.
@Suite struct GrowingTests {
  static let names = Layouts.iterative.map(\.name)

  private func layout(_ name: String) throws -> GrowingLayout {
    try #require(GrowingLayout.all.first { $0.layout.name == name })
  }

  private func start(_ effects: [Effect]) -> LayoutStart? {
    for case .growMap(let start)? in effects.map({ $0.of(ExploreEffect.self) }) { return start }
    return nil
  }

  /// Goes to a layout by as many `p` as it takes, and returns what was started by the last.
  private func begin(_ name: String, _ state: inout AppState) throws -> LayoutStart {
    var effects: [Effect] = []
    for layout in GrowingLayout.all {
      effects = update(&state, .key(.character("p")))
      if layout.layout.name == name { break }
    }
    return try #require(start(effects), "\(effects)")
  }

  private func embedding(
    _ state: AppState, _ start: LayoutStart, iteration: Int, isDone: Bool = false
  ) -> Embedding {
    let points = state.explore.chart.maps[start.layer].map?.points ?? []
    // A mirrored picture of the principal components: fixed, and told from them at a glance.
    let layout = points.map { SIMD2(-$0.x, $0.y) }
    return Embedding(
      start, points: layout, layout: layout, iteration: iteration, iterations: 750,
      figures: [.number(1.25)], isDone: isDone)
  }

  private static let trust = MapTrust([
    .trustworthiness: 0.9375, .neighboursKept: 0.625, .randomTriplets: 0.8125,
    .distanceCorrelation: 0.6875,
  ])

  /// The last steps of a map: it is there, and judged.
  private func finish(_ state: inout AppState, _ start: LayoutStart) -> [Effect] {
    let done = embedding(state, start, iteration: 750, isDone: true)
    return update(&state, .explore(.embedding(run: start.run, .success(done))))
  }

  private func header(_ state: AppState) -> String {
    let line = render(state).text.split(separator: "\n").first.map(String.init) ?? ""
    return line.trimmingCharacters(in: .whitespaces)
  }

  @Test func thePictureFollowsTheRun() throws {
    var state = Fixture.app(110, 30)
    let start = try begin(Self.names[0], &state)
    let run = start.run
    #expect(start.layer == 23 && !start.goesOn)
    try expectSnapshot(render(state), "growing-starting")
    let live = embedding(state, start, iteration: 400)
    _ = update(&state, .explore(.embedding(run: run, .success(live))))
    try expectSnapshot(render(state), "growing-live")
    _ = update(
      &state,
      .explore(.nearest(.success(NearestRows(row: 0, layer: 23, rows: [6], values: [0.75])))))
    #expect(update(&state, .key(.character(" "))) == [.explore(.pauseMap(true))])
    #expect(!state.explore.isBusy)
    try expectSnapshot(render(state), "growing-paused")
    #expect(update(&state, .key(.character(" "))) == [.explore(.pauseMap(false))])
    let key = QualityKey(layer: 23, method: .growing(start.kind.layout), run: run)
    #expect(finish(&state, start).contains(.explore(.judge(key))))
    _ = update(&state, .explore(.judged(key, Self.trust)))
    #expect(!state.explore.isBusy)
    try expectSnapshot(render(state), "growing-done")
    _ = update(&state, .resize(Size(width: 200, height: 30)))
    try expectSnapshot(render(state), "growing-wide")
  }

  /// `p` goes through principal components and every layout, in the registry's order; what is
  /// finished is there at once when it comes by again.
  @Test func aKeyGoesThroughTheRegistry() throws {
    var state = Fixture.app(110, 30)
    #expect(header(state).contains("PCA"))
    for layout in GrowingLayout.all {
      let start = try #require(self.start(update(&state, .key(.character("p")))))
      #expect(start.kind == GrowingKind(layout) && start.layer == 23 && !start.goesOn)
      let option = try #require(layout.option)
      let asked = "\(layout.layout.title) \(option.name) \(option.text(option.standard))"
      #expect(header(state).contains("\(asked) · starting"))
      let live = embedding(state, start, iteration: 12)
      _ = update(&state, .explore(.embedding(run: start.run, .success(live))))
      #expect(header(state).contains("\(asked) · live 12/750"))
      _ = finish(&state, start)
      #expect(header(state).hasSuffix(asked))
      #expect(render(state).text.contains("{/} \(option.name)"))
    }
    _ = update(&state, .key(.character("p")))
    #expect(state.explore.chart.method == .principal && header(state).hasSuffix("PCA"))
    for layout in GrowingLayout.all {
      #expect(self.start(update(&state, .key(.character("p")))) == nil, "kept")
      #expect(state.explore.chart.method == .growing(layout))
      #expect(state.explore.embedding?.isDone == true)
      #expect(state.explore.shownPoints == state.explore.embedding?.points)
    }
  }

  @Test func trustIsOfOneMap() throws {
    var keys: Set<QualityKey> = [QualityKey(layer: 23, method: .principal)]
    for layout in GrowingLayout.all {
      keys.insert(QualityKey(layer: 23, method: .growing(layout), run: 1))
      keys.insert(QualityKey(layer: 23, method: .growing(layout), run: 2))
    }
    #expect(keys.count == 1 + 2 * GrowingLayout.all.count)
    // What was measured of a map that another seed has replaced says nothing of the next.
    var state = Fixture.app(110, 30)
    let start = try begin(Self.names[0], &state)
    _ = finish(&state, start)
    let old = QualityKey(layer: 23, method: .growing(start.kind.layout), run: start.run)
    let next = try #require(self.start(update(&state, .key(.character("r")))))
    _ = update(&state, .explore(.judged(old, Self.trust)))
    let key = QualityKey(layer: 23, method: .growing(start.kind.layout), run: next.run)
    #expect(finish(&state, next).contains(.explore(.judge(key))))
    #expect(state.explore.trust == nil)
  }

  @Test(arguments: names) func pausesAndGoesOn(name: String) throws {
    var state = Fixture.app(80, 24)
    let start = try begin(name, &state)
    let live = embedding(state, start, iteration: 3)
    _ = update(&state, .explore(.embedding(run: start.run, .success(live))))
    #expect(update(&state, .key(.character(" "))).first == .explore(.pauseMap(true)))
    #expect(state.running?.isPaused == true && header(state).contains("paused 3/750"))
    #expect(update(&state, .key(.character(" "))).first == .explore(.pauseMap(false)))
    #expect(state.running?.isPaused == false)
  }

  @Test(arguments: names) func anotherLayerStopsTheRunAndBeginsItsOwn(name: String) throws {
    var state = Fixture.app(80, 24)
    let start = try begin(name, &state)
    let effects = update(&state, .key(.character("l")))
    #expect(effects.first == .explore(.stopMap))
    let next = try #require(self.start(effects))
    #expect(next.layer == 24 && next.run == start.run + 1 && next.kind == start.kind)
    // What the first run still had to say is dropped.
    let late = embedding(state, start, iteration: 3)
    _ = update(&state, .explore(.embedding(run: start.run, .success(late))))
    #expect(state.explore.growing[start.kind, 23] == nil && state.explore.embedding == nil)
    #expect(update(&state, .key(.character("p"))).first == .explore(.stopMap))
    #expect(state.explore.growing.running?.number != next.run)
  }

  /// The nearest finished map of the same layout is what the next begins with.
  @Test(arguments: names) func layersFollowOneAnother(name: String) throws {
    var state = Fixture.app(80, 24)
    let start = try begin(name, &state)
    #expect(start.points == state.explore.chart.maps[23].map?.points)
    _ = finish(&state, start)
    let next = try #require(self.start(update(&state, .key(.character("l")))))
    #expect(next.points == state.explore.growing[start.kind, 23]?.layout && !next.goesOn)
  }

  @Test(arguments: names) func anOptionGoesOnFromTheLayout(name: String) throws {
    var state = Fixture.app(80, 24)
    let start = try begin(name, &state)
    _ = finish(&state, start)
    let shown = try #require(state.explore.embedding)
    let option = try #require(start.kind.layout.option)
    let next = try #require(self.start(update(&state, .key(.character("}")))))
    #expect(next.points == shown.layout && next.goesOn && next.kind == start.kind)
    #expect(next.settings[option] == (option.standard * 1.5).rounded())
    #expect(state.explore.shownPoints == shown.points, "the map stays until the new one comes")
    let reseeded = try #require(self.start(update(&state, .key(.character("r")))))
    #expect(!reseeded.goesOn && reseeded.settings.seed == 1)
    #expect(reseeded.settings[option] == next.settings[option])
    for (key, end) in [("}", option.keyRange.upperBound), ("{", option.keyRange.lowerBound)] {
      for _ in 0..<60 { state = state.after(key) }
      #expect(state.explore.growing.settings(of: start.kind.layout)[option] == end)
      #expect(option.range.contains(end))
      let before = state.explore.growing.running
      state = state.after(key)
      #expect(state.explore.growing.running == before, "nothing is begun at the end of the range")
    }
  }

  /// Below either of two maps that are judged stands which to trust for what.
  @Test func theLineSaysWhichOfTwoMapsToTrust() throws {
    var state = Fixture.app(200, 60)
    let principal = QualityKey(layer: 23, method: .principal)
    let far = MapTrust([.neighboursKept: 0.1, .randomTriplets: 0.9])
    _ = update(&state, .explore(.judged(principal, far)))
    #expect(state.explore.trustAdvice == nil, "there is one map")
    let start = try begin(Self.names[0], &state)
    _ = finish(&state, start)
    let key = QualityKey(layer: 23, method: .growing(start.kind.layout), run: start.run)
    let near = MapTrust([.neighboursKept: 0.5, .randomTriplets: 0.6])
    _ = update(&state, .explore(.judged(key, near)))
    let title = start.kind.layout.layout.title
    let line = "trust \(title) for neighbours, PCA between groups"
    #expect(render(state).text.contains(line))
    while state.explore.chart.method != .principal { state = state.after("p") }
    #expect(render(state).text.contains(line))
    // A map along other components is another one.
    #expect(state.after("]").explore.trustAdvice == nil)
  }

  /// A key turns a layout's options on and off, through all combinations; its map is begun afresh, and
  /// says so above and below.
  @Test(arguments: names) func optionsAreTurnedOnAndOff(name: String) throws {
    var state = Fixture.app(200, 60)
    let start = try begin(name, &state)
    _ = finish(&state, start)
    let options = start.kind.layout.layout.options.filter { $0.turnedOn != nil }
    #expect(!options.isEmpty)
    var seen: Set<[Double]> = []
    for _ in 0..<1 << options.count {
      let next = try #require(self.start(update(&state, .key(.character("O")))))
      #expect(!next.goesOn && next.kind == start.kind)
      seen.insert(options.map { next.settings[$0] })
      #expect((next.settings.concepts != nil) == (next.settings[.start] != 0))
      _ = finish(&state, next)
      let text = render(state).text
      for option in options {
        let isOn = next.settings[option] != option.standard
        let told = "\(option.name) \(option.text(option.turnedOn ?? 0))"
        #expect(header(state).contains(told) == isOn)
        let words = String(option.caution.dropFirst().prefix { $0 != "," })
        #expect(text.contains(words) == isOn, "\(words)")
      }
    }
    #expect(seen.count == 1 << options.count)
  }

  /// Each layout has settings of its own.
  @Test func settingsBelongToALayout() throws {
    var state = Fixture.app(80, 24)
    _ = try begin(Self.names[0], &state)
    state = state.after("}", "r")
    let changed = try layout(Self.names[0])
    for layout in GrowingLayout.all {
      let settings = state.explore.growing.settings(of: layout)
      #expect((settings == LayoutSettings()) == (layout != changed))
    }
  }

  @Test(arguments: names) func whatALayoutWarnsOf(name: String) throws {
    var state = Fixture.app(200, 60)
    let start = try begin(name, &state)
    _ = finish(&state, start)
    let caution = start.kind.layout.layout.caution
    #expect(!caution.isEmpty && caution.hasSuffix("."))
    #expect(render(state).text.contains(String(caution.dropFirst().dropLast())))
    let figure = try #require(start.kind.layout.layout.figures.first)
    #expect(render(state).text.contains("\(figure.label) 1.250"))
    // Fewer words of it, once there are figures that need the room.
    let key = QualityKey(layer: 23, method: .growing(start.kind.layout), run: start.run)
    _ = update(&state, .explore(.judged(key, Self.trust)))
    let text = render(state).text
    #expect(text.contains(caution.dropFirst().prefix { $0 != "," && $0 != "." }))
    for figure in TrustFigure.allCases where Self.trust.figures[figure] != nil {
      #expect(text.contains(" \(figure.title) "))
    }
  }

  @Test(arguments: names) func anExportNamesTheLayoutAndItsSettings(name: String) throws {
    var state = Fixture.app(80, 24)
    var start = try begin(name, &state)
    state = state.after("}", "r", "r")
    let running = try #require(state.explore.growing.running)
    start.run = running.number
    start.settings = state.explore.growing.settings(of: start.kind.layout)
    let live = embedding(state, start, iteration: 40)
    _ = update(&state, .explore(.embedding(run: start.run, .success(live))))
    state = state.after("X")
    guard let request = update(&state, .key(.enter)).first?.of(ExportRequest.self)
    else {
      Issue.record("nothing was exported")
      return
    }
    let options = start.kind.layout.layout.options
    let option = try #require(start.kind.layout.option)
    #expect(request.path == "seer-layer-23-\(name).csv")
    #expect(request.map.method == name && request.map.seed == 2)
    #expect(Set(request.map.settings.keys) == Set(options.map(\.name) + ["iterations"]))
    #expect(request.map.settings[option.name] == option.text((option.standard * 1.5).rounded()))
    #expect(request.map.settings["iterations"] == "40")
  }

  @Test(arguments: names) func failureGoesBackToPCA(name: String) throws {
    var state = Fixture.app(80, 24)
    let start = try begin(name, &state)
    _ = update(&state, .explore(.embedding(run: start.run, .failure(Problem("not finite")))))
    #expect(state.explore.chart.method == .principal && state.message?.isError == true)
  }

  @Test func tooFewRows() {
    let state = Fixture.app(80, 24, Fixture.explore(rows: Fixture.rows(3), concepts: 3)).after("p")
    #expect(state.explore.chart.method == .principal && state.message?.isError == true)
    #expect(
      state.message?.text
        == "\(Layouts.iterative[0].title) needs at least \(Layouts.iterative[0].leastRows) rows; "
        + "this run has 3.")
  }

  /// What the line under the map says is explained where the keys are.
  @Test func theHelpExplainsTheLine() {
    for state in [Fixture.app(120, 200), Fixture.compare(120, 200)] {
      let help = render(state.after("?")).text
      for figure in TrustFigure.allCases { #expect(help.contains("\(figure.title): ")) }
      #expect(help.contains("Below the map"))
    }
  }

  /// Through the engine: maps of neighbouring layers lie alike, are kept, and are judged as
  /// `project` judges them.
  @Test(arguments: names) func mapsOfNeighbouringLayersDoNotFlip(name: String) throws {
    let run = try RunFixture(layers: 2)
    defer { run.remove() }
    let source = try RunSource(Run.open(run.folder))
    let session = Session(
      Fixture.app(110, 30, ExploreState(source)), Workspace(run: source), engine: Engine(),
      mailbox: try Mailbox())
    session.waitUntilIdle()
    let wanted = try layout(name)
    while session.state.explore.chart.method != .growing(wanted) {
      session.handle(.key(.character("p")))
    }
    session.waitUntilIdle()
    let first = try #require(session.state.explore.embedding)
    #expect(first.isDone && first.kind == GrowingKind(wanted))
    let states = try source.states(1)
    let map = Matrix(points: first.points)
    let (near, far) = (
      try MapQuality.measure(map, of: states), try GlobalQuality.measure(map, of: states)
    )
    let trust = try #require(session.state.explore.trust).figures
    #expect(trust[.trustworthiness] == near.trustworthiness.map { Float($0) })
    #expect(trust[.neighboursKept] == near.neighboursKept.map { Float($0) })
    #expect(trust[.randomTriplets] == far.randomTriplets.map { Float($0) })
    #expect(trust[.distanceCorrelation] == far.distanceCorrelation.map { Float($0) })
    // How crowded rows are is judged of maps that keep it.
    #expect(Set(trust.keys) == Set(TrustFigure.allCases).subtracting([.densityCorrelation]))
    session.handle(.key(.character("h")))
    session.waitUntilIdle()
    let second = try #require(session.state.explore.embedding)
    #expect(second.layer == 0 && second.isDone)
    var same: Float = 0
    var mirrored: Float = 0
    for (p, q) in zip(first.points, second.points) {
      same += ((p - q) * (p - q)).sum()
      mirrored += ((p + q) * (p + q)).sum()
    }
    #expect(same < mirrored)
    session.handle(.key(.character("l")))
    #expect(session.state.explore.embedding == first && session.state.running == nil)
  }
}
