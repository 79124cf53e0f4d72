import LinearAlgebra
import SeerAnalysis
import SeerApp
import SeerCompareScreen
import SeerProjection
import SeerRuns
import SeerScreens
import SeerSupport
import SeerWidgets
import Testing

@Suite struct CompareTests {
  @Test(arguments: [(80, 24), (110, 30), (40, 12), (60, 20), (200, 60)])
  func sizes(width: Int, height: Int) throws {
    try expectSnapshot(render(Fixture.compare(width, height)), "compare-\(width)x\(height)")
  }

  @Test func ascii() throws {
    let surface = render(Fixture.compare(80, 24, glyphs: .ascii).after("v", "Tab"))
    #expect(surface.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(surface, "compare-ascii")
  }

  @Test func mono() throws {
    try expectSnapshot(render(Fixture.compare(80, 24, depth: .mono)), "compare-mono", styles: true)
  }

  @Test func states() throws {
    try expectSnapshot(
      render(Fixture.compare(80, 24, rows: [], concepts: 1)), "compare-empty")
    var loading = Fixture.compare(80, 24, ready: false)
    _ = update(&loading, .tick)
    try expectSnapshot(render(loading), "compare-loading")
    let failed = Fixture.compare(80, 24)
    var error = failed
    _ = update(
      &error, .compare(.map(index: 23, .failure(Problem("states.safetensors: 71 bytes")))))
    try expectSnapshot(render(error), "compare-error")
    try expectSnapshot(
      render(Fixture.compare(80, 24, rows: Fixture.rows(1), concepts: 1, layers: 1)),
      "compare-one-point")
  }

  /// Every figure with its null, and what it means.
  @Test(arguments: [(80, 24), (120, 40), (40, 12)])
  func figures(width: Int, height: Int) throws {
    let state = Fixture.compare(width, height).after("i", "j", "j")
    #expect(state.context == .figures)
    try expectSnapshot(render(state), "compare-figures-\(width)x\(height)")
  }

  @Test func figuresAreExplained() throws {
    let start = Fixture.compare(100, 40)
    var state = start.after("i")
    for metric in SeparationMetric.allCases {
      let text = render(state).text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      // Broken into lines on the screen: its words are there.
      for word in metric.pitfall.split(separator: " ").prefix(6) {
        #expect(text.contains(word), "\(metric): \(word)")
      }
      state = state.after("j")
    }
    #expect(render(state).text.contains("Held out"), "then how all of them are measured")
    for _ in 0..<60 { state = state.after("j") }
    try expectSnapshot(render(state), "compare-figures-how")
    for key in ["Esc", "i"] { #expect(state.after(key).compare?.explained == nil) }
    let small = Fixture.compare(40, 12).after("i", "Space", "Space", "Space")
    #expect(small.compare?.explained == FiguresOverlay.Place(index: 0, scroll: 3))
    #expect(small.after("PageUp").compare?.explained == FiguresOverlay.Place(index: 0, scroll: 2))
    let ascii = render(Fixture.compare(80, 24, glyphs: .ascii).after("i"))
    #expect(ascii.text.unicodeScalars.allSatisfy { $0.isASCII })
  }

  /// Figures of all layers first, the current one's before the others'; then nulls; those of a
  /// layer that was left give way.
  @Test func figuresAreMeasuredInTheBackground() throws {
    var state = Fixture.compare(80, 24, layers: 3)
    state.compare?.figures = [:]
    func asked(_ effects: [Effect]) -> [String] {
      effects.compactMap {
        switch $0.of(CompareEffect.self) {
        case .measureFigures(let next)?: "\(next.layer)" + (next.withNulls ? " nulls" : "")
        case .stopFigures?: "stop"
        default: nil
        }
      }
    }
    func done(_ hasNulls: Bool) -> [String] {
      let number = state.compare?.measuring?.number ?? 0
      let figures = Fixture.figures(rows: state.explore.run.rows, hasNulls: hasNulls)
      return asked(update(&state, .compare(.figures(number: number, .success(figures)))))
    }
    let layer = state.explore.layer
    #expect(asked(update(&state, .tick)) == ["\(layer)"])
    #expect(asked(update(&state, .tick)).isEmpty && state.isBusy)
    try expectSnapshot(render(state), "compare-measuring")
    #expect(done(false) == ["1"])
    #expect(done(false) == ["0"])
    #expect(done(false) == ["2 nulls"], "of layer \(layer)")
    let number = state.compare?.measuring?.number ?? 0
    _ = update(&state, .compare(.measuring(number: number, 0.5)))
    #expect(state.compare?.measuredShare.map { abs($0 - 1.0 / 6) < 1e-9 } == true)
    try expectSnapshot(render(state), "compare-measuring-nulls")
    #expect(asked(update(&state, .key(.character("h")))) == ["stop", "1 nulls"])
    _ = update(
      &state,
      .compare(
        .figures(number: number, .success(Fixture.figures(rows: state.explore.run.rows)))))
    #expect(state.compare?.figures[2]?.hasNulls == false, "given up")
    #expect(done(true) == ["0 nulls"] && !state.isBusy, "nobody looks at that layer")
    #expect(asked(update(&state, .key(.character("u")))) == ["stop"])
    #expect(asked(update(&state, .tick)).isEmpty)
    #expect(asked(update(&state, .key(.character("u")))) == ["0 nulls"])
    let last = state.compare?.measuring?.number ?? 0
    let failed = Event.compare(.figures(number: last, .failure(Problem("not finite"))))
    #expect(asked(update(&state, failed)) == ["2 nulls"], "the others are measured")
    #expect(done(true).isEmpty)
    try expectSnapshot(render(state.after("g")), "compare-unmeasurable")
  }

  @Test func manyRowsAreMeasuredWhenAsked() {
    let rows = Fixture.rows(PairFigures.mostRows + 1)
    var state = Fixture.compare(80, 24, rows: rows, layers: 2)
    state.compare?.figures = [:]
    _ = update(&state, .tick)
    #expect(state.compare?.measuring == nil && render(state).text.contains("u measures"))
    _ = update(&state, .key(.character("u")))
    #expect(state.compare?.measuring?.layer == state.explore.layer)
  }

  @Test func rowsThatMoved() throws {
    let state = Fixture.compare(80, 24).after("Tab", "Tab", "Tab", "e", "e")
    #expect(state.explore.cursor == 46)
    try expectSnapshot(render(state), "compare-moved")
    #expect(state.after("E").explore.cursor == 47)
    var clicked = state
    let layout = CompareLayout(state)
    let place = Cursor(x: 12, y: layout.figures.y + 1)
    _ = update(&clicked, .mouse(Mouse(place: place, action: .left)))
    #expect(clicked.explore.cursor == 47)
  }

  @Test func viewsOfTheMaps() throws {
    let start = Fixture.compare(80, 24)
    try expectSnapshot(render(start.onLight), "compare-light", styles: true)
    try expectSnapshot(render(start.after("Tab")), "compare-tables")
    try expectSnapshot(render(start.after("Tab", "Tab")), "compare-confusion")
    try expectSnapshot(render(start.after("t", "t", "v")), "compare-tuned-arrow")
    #expect(start.after("t").compare?.shown == .one(0))
    #expect(start.after("t", "t").compare?.shown == .one(1))
    #expect(start.after("t", "Enter").compare?.shown == .both)
  }

  /// A glide ends where it should, passes what is between, and rests then.
  @Test func morphing() throws {
    var state = Fixture.compare(80, 24).after("T")
    #expect(state.tick != nil && state.isBusy)
    for _ in 0..<10 { _ = update(&state, .tick) }
    guard case .one(let share)? = state.compare?.shown else {
      Issue.record("no single map")
      return
    }
    #expect(share > 0.4 && share < 0.6)
    try expectSnapshot(render(state), "compare-morph")
    for _ in 0..<30 { _ = update(&state, .tick) }
    #expect(state.compare?.shown == .one(1) && state.tick == nil)
    var back = state.after("T")
    for _ in 0..<30 { _ = update(&back, .tick) }
    #expect(back.compare?.shown == .one(0))
    #expect(state.after("T").after("F2").tick == nil, "nothing moves where nobody looks")
  }

  private func start(_ effects: [Effect]) -> LayoutStart? {
    if case .growMap(let start)? = effects.first?.of(CompareEffect.self) { start } else { nil }
  }

  @Test func aMapGrows() throws {
    var state = Fixture.compare(80, 24)
    let start = try #require(self.start(update(&state, .key(.character("p")))))
    #expect(start.layer == 23 && start.run == 1 && start.kind.form == .joint)
    #expect(start.points.count == 96 && !start.goesOn)
    #expect(state.running != nil && state.isBusy)
    var embedding = Embedding(
      start, points: start.points, layout: start.points, iteration: 120, iterations: 750,
      isDone: false)
    _ = update(&state, .compare(.embedding(run: 1, .success(embedding))))
    try expectSnapshot(render(state), "compare-growing-live")
    let paused = state.after("Space")
    #expect(paused.running?.isPaused == true)
    #expect(render(paused).text.contains("paused 120/750"))
    embedding.isDone = true
    #expect(
      update(&state, .compare(.embedding(run: 1, .success(embedding)))) == [
        .compare(.judge(embedding))
      ])
    let trust = MapTrust([
      .trustworthiness: 0.9, .neighboursKept: 0.375, .randomTriplets: 0.75,
      .distanceCorrelation: 0.5,
    ])
    _ = update(&state, .compare(.judged(run: 1, trust)))
    try expectSnapshot(render(state), "compare-growing-done")
    _ = update(&state, .resize(Size(width: 240, height: 30)))
    #expect(
      render(state).text.contains(
        "each fills its panel · neighbours kept 38 % · trustworthiness .90 · random triplets .75 · "
          + "distance correlation .50"))
    #expect(render(state.after("U")).text.contains("same axes · neighbours kept 38 %"))
    let other = state.after("l")
    #expect(other.running?.layer == 24, "the next layer's begins")
  }

  /// Every layout of the registry, joint and aligned, by the same keys.
  @Test func aKeyGoesThroughTheRegistry() throws {
    var state = Fixture.compare(120, 24)
    var kinds: [GrowingKind] = []
    for layout in GrowingLayout.all {
      kinds += [GrowingKind(layout, .joint), GrowingKind(layout, .aligned)]
    }
    for kind in kinds {
      var start = try #require(self.start(update(&state, .key(.character("p")))))
      #expect(start.kind == kind && state.compare?.kind == kind)
      let option = try #require(kind.layout.option)
      #expect(
        render(state).text.contains(
          "\(kind.title) \(option.name) \(option.text(option.standard)) · starting"))
      #expect(update(&state, .key(.character(" "))).first == .compare(.pauseMap(true)))
      #expect(update(&state, .key(.character(" "))).first == .compare(.pauseMap(false)))
      let reseeded = update(&state, .key(.character("r")))
      #expect(reseeded.first == .compare(.stopMap))
      start = try #require(self.start(Array(reseeded.dropFirst())))
      #expect(start.settings.seed > 0 && !start.goesOn)
      var done = Embedding(
        start, points: start.points, layout: start.points, iteration: 9, iterations: 9,
        isDone: true)
      _ = update(&state, .compare(.embedding(run: start.run, .success(done))))
      let next = try #require(self.start(update(&state, .key(.character("}")))))
      #expect(next.goesOn && next.settings[option] > option.standard)
      done.run = next.run
      _ = update(&state, .compare(.embedding(run: next.run, .success(done))))
      // As it was, for the other form.
      _ = update(&state, .key(.character("{")))
      let last = try #require(state.running)
      done.run = last.number
      _ = update(&state, .compare(.embedding(run: last.number, .success(done))))
      #expect(state.compare?.growing.settings(of: kind.layout)[option] == option.standard)
    }
    #expect(state.after("p").compare?.kind == nil)
    // Changing what a layout is made with ends its other form's map; the last layout's stays.
    let kept = try #require(kinds.last)
    var again = state
    for _ in kinds { again = again.after("p") }
    #expect(again.after("p").compare?.kind == kept)
    #expect(again.after("p").compare?.embedding(23)?.isDone == true, "kept")
  }

  /// Runs of two widths have no map of both together.
  @Test func widthsThatDiffer() throws {
    var state = Fixture.compare(120, 24)
    var map = Fixture.pair(rows: state.explore.run.rows)
    map.isJoint = false
    for layer in 0..<31 { state.compare?.maps[layer] = .ready(map) }
    for layout in GrowingLayout.all {
      state = state.after("p")
      #expect(state.compare?.kind == GrowingKind(layout, .aligned))
      #expect(render(state).text.contains("aligned \(layout.layout.title)"))
    }
    #expect(state.after("p").compare?.kind == nil)
  }

  @Test(arguments: [(80, 24), (120, 40)]) func whatALayoutWarnsOf(width: Int, height: Int) {
    var state = Fixture.compare(width, height)
    for _ in GrowingLayout.all.indices {
      state = state.after("p")
      let caution = state.compare?.kind?.layout.layout.caution ?? ""
      let first = caution.prefix { $0 != "," && $0 != "." }
      #expect(!first.isEmpty && render(state).text.contains(first.dropFirst()), "\(caution)")
      state = state.after("p")
    }
  }

  /// Row, layer, search and concepts are those of Explore, and stay when going there.
  @Test func bothScreensSpeakOfTheSame() {
    let state = Fixture.compare(80, 24).after("j", "j", "l", "2")
    #expect(state.explore.cursor == 2 && state.explore.layer == 24)
    #expect(state.explore.filter.hidden == [1])
    let explore = state.after("F2")
    #expect(explore.screen == .explore && explore.explore.cursor == 2)
    #expect(explore.after("Shift-Tab").screen == .compare)
    #expect(Fixture.app(80, 24).after("F3").screen == .explore, "nothing to compare")
  }

  @Test func theCurrentLayerComesFirst() {
    var state = Fixture.compare(80, 24, layers: 4, ready: false)
    func asked(_ effects: [Effect]) -> [Int] {
      effects.compactMap {
        if case .computeMap(let index, _, _)? = $0.of(CompareEffect.self) { index } else { nil }
      }
    }
    #expect(state.explore.layer == 3)
    #expect(asked(update(&state, .tick)) == [3])
    #expect(asked(update(&state, .tick)).isEmpty, "one at a time")
    let map = Fixture.pair(rows: state.explore.run.rows)
    #expect(asked(update(&state, .compare(.map(index: 3, .success(map))))) == [2])
    #expect(asked(update(&state, .key(.character("g")))) == [0], "a jump is answered at once")
  }

  @Test func pairsThatAreRefused() throws {
    let rows = Fixture.rows(6)
    func problem(_ tuned: RunSource) -> String {
      CompareState(base: Fixture.source(rows: rows), tuned: tuned).problem?.text ?? ""
    }
    #expect(problem(Fixture.source(rows: rows)).isEmpty)
    #expect(problem(Fixture.source(rows: Fixture.rows(7))).contains("7"))
    #expect(problem(Fixture.source(rows: rows, reading: "plain, last")).contains("plain"))
    var other = rows
    other[4].text = "else"
    #expect(problem(Fixture.source(rows: other)).contains("Row 4 has another text"))
    other = rows
    other[2].concept = "else"
    #expect(problem(Fixture.source(rows: other)).contains("Row 2 has another concept"))
    var state = Fixture.app(80, 24)
    state.compare = CompareState(
      base: Fixture.source(rows: rows), tuned: Fixture.source(rows: other))
    try expectSnapshot(render(state.after("F3")), "compare-refused")
  }

  /// Layers that the second run lacks say so; the others work.
  @Test func fewerLayers() {
    let rows = Fixture.rows(6)
    var state = Fixture.app(80, 24, Fixture.explore(rows: rows, layers: 4, ready: false))
    state.compare = CompareState(
      base: Fixture.source(rows: rows, layers: 4), tuned: Fixture.source(rows: rows, layers: 3))
    state.screen = .compare
    _ = update(&state, .tick)
    #expect(state.compare?.maps[3] == .failed(Problem("The second run has no layer 3.")))
    #expect(render(state).text.contains("has no layer 3"))
  }

  @Test func aClickChoosesThePointOnEitherMap() throws {
    let start = Fixture.compare(110, 30)
    let layout = CompareLayout(start)
    let map = try #require(start.compare?.shownMap(start.explore.layer))
    for (panel, points) in zip(layout.panels, [map.base, map.tuned]) {
      let bounds = try #require(WorldBounds.ofMap(points), "each side fills its panel")
      let viewport = Viewport(bounds: bounds, view: .whole, size: panel.size)
      let cell = try #require(viewport.cell(points[17]))
      var state = start
      let place = Cursor(x: panel.x + cell.x, y: panel.y + cell.y)
      _ = update(&state, .mouse(Mouse(place: place, action: .left)))
      let chosen = try #require(state.explore.cursor)
      // Another point may lie nearer to the middle of the cell than the one at its edge.
      let away = viewport.place(points[chosen]) - SIMD2(Float(cell.x) + 0.5, Float(cell.y) + 0.5)
      #expect(away.x * away.x + 4 * away.y * away.y <= 1.25)
    }
  }

  @Test(arguments: 0..<6) func randomInput(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let keys = Screens.registry.commands.flatMap(\.keys)
    let rows = Fixture.rows([0, 1, 48][seed % 3])
    var state = Fixture.compare(
      80, 24, rows: rows, layers: [1, 31][seed % 2], ready: seed % 2 == 0)
    for _ in 0..<400 {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        let width = Int.random(in: 1...130, using: &generator)
        let height = Int.random(in: 1...45, using: &generator)
        _ = update(&state, .resize(Size(width: width, height: height)))
      case 1:
        let place = Cursor(
          x: Int.random(in: 0..<130, using: &generator),
          y: Int.random(in: 0..<45, using: &generator))
        let action = Mouse.Action.allCases.randomElement(using: &generator) ?? .left
        _ = update(&state, .mouse(Mouse(place: place, action: action)))
      case 2: _ = update(&state, .tick)
      default: _ = update(&state, .key(keys.randomElement(using: &generator) ?? .enter))
      }
      #expect(render(state).size == state.size)
    }
  }
}

/// What the screen measures is what `seer compare` measures.
@Suite struct PairFiguresTests {
  private func source(_ width: Int, seed: UInt64) -> RunSource {
    let rows = Fixture.rows(48, concepts: ["a", "b", ""])
    return RunSource(
      model: "m", concepts: "c", layers: [0], rows: rows,
      states: { _ in
        var generator = SeededGenerator(seed: seed)
        return Matrix(rows: rows.count, columns: width) { row, column in
          (column == row % 3 ? 3 : 0) + generator.normal()
        }
      })
  }

  private func measure(_ base: RunSource, _ tuned: RunSource, withNulls: Bool) throws -> PairFigures
  {
    try Engine().submit("test", priority: .figures) { context in
      try PairFigures.measure(
        base: base, tuned: tuned, layer: 0, withNulls: withNulls, context: context,
        progress: { _ in }
      )
    }.wait()
  }

  @Test func rowsWithoutAConceptAreLeftOut() throws {
    let base = source(8, seed: 1)
    let tuned = source(8, seed: 2)
    let found = try measure(base, tuned, withNulls: true)
    let rows = LabelledRows(base.rows)
    #expect(rows.rows.count == 32 && rows.concepts == ["a", "b"])
    var direct = try SeparationMeasurement(
      rows.sample(base.states(0), layer: 0, name: ""), options: SeparationOptions())
    try direct.addNulls()
    #expect(found.base == direct.figures && found.hasNulls)
    #expect(found.moved.count == 32 && found.moved.allSatisfy { $0.row % 3 != 2 })
    #expect(
      found.moved.map { $0.distance ?? 0 } == found.moved.map { $0.distance ?? 0 }.sorted(by: >))
    for metric in SeparationMetric.principal { #expect(found.base[metric].nullMean != nil) }
  }

  @Test func widthsMayDiffer() throws {
    let found = try measure(source(8, seed: 1), source(12, seed: 2), withNulls: false)
    #expect(found.cka != nil && found.neighboursKept != nil && !found.hasNulls)
    #expect(found.moved.allSatisfy { $0.distance == nil })
    #expect(found.tuned[.silhouette].value != nil && found.tuned[.silhouette].nullMean == nil)
  }
}

@Suite struct PairEmbeddingTests {
  private func states(_ rows: Int, _ width: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(rows: rows, columns: width) { row, column in
      (column == row % 3 ? 6 : 0) + generator.normal()
    }
  }

  /// Each run by its own neighbourhoods, whatever their widths.
  @Test(arguments: Layouts.iterative.map(\.name), [true, false])
  func mapsOfTwoWidths(name: String, isJoint: Bool) throws {
    let layout = try #require(GrowingLayout.all.first { $0.layout.name == name })
    let base = states(30, 8, seed: 1)
    let tuned = states(30, isJoint ? 8 : 12, seed: 2)
    let map = try PairMap.make(base: base, tuned: tuned, reference: nil)
    var settings = LayoutSettings()
    if let option = layout.option { settings[option] = 5 }
    let kind = GrowingKind(layout, isJoint ? .joint : .aligned)
    let start = LayoutStart(
      run: 1, kind: kind, layer: 3, points: map.points, goesOn: false, settings: settings)
    let embedding = try Engine().submit("test", priority: .map) { context in
      try Embedding.makePair(
        base: base, tuned: tuned, start, context: context, show: { _ in })
    }.wait()
    #expect(embedding.kind == kind && embedding.layer == 3 && embedding.run == 1)
    #expect(embedding.points.count == 60 && embedding.layout.count == 60 && embedding.isDone)
    #expect(embedding.points.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    #expect(embedding.iteration == embedding.iterations)
    #expect(embedding.figures.count == layout.layout.figures.count)
  }

  @Test func statesThatAreNotFinite() throws {
    let builder = MatrixBuilder(copying: states(4, 3, seed: 1))
    builder[2, 1] = .nan
    let bad = builder.frozen()
    let problem = Problem("The tuned state of row 2 is not finite: extract the run again.")
    #expect(throws: problem) {
      try PairMap.make(base: states(4, 3, seed: 2), tuned: bad, reference: nil)
    }
  }
}
