import LinearAlgebra
import SeerApp
import SeerRuns
import SeerScreens
import SeerStartScreen
import SeerSupport
import SeerWidgets
import Testing

extension Fixture {
  static func library() -> Library {
    func manifest(_ adapter: String?) -> RunManifest {
      RunManifest(
        tool: "seer", model: "models/SmolLM2-135M-Instruct.gguf", modelSHA256: "0",
        adapter: adapter, concepts: "samples/concepts.csv", conceptsSHA256: "0",
        template: .chat, position: .last, maxTokens: 512, layers: Array(0...30), rows: 384,
        width: 576, dtype: .float16, tokens: 36_000, seconds: 40)
    }
    var library = Library()
    library.runs = [
      Library.FoundRun(folder: "samples/run-base", manifest: manifest(nil), isFinished: true),
      Library.FoundRun(
        folder: "work/a-folder-with-a-rather-long-name/run-tuned",
        manifest: manifest("samples/adapter"), isFinished: true),
      Library.FoundRun(folder: "half-run", manifest: manifest(nil), isFinished: false),
    ]
    library.concepts = [
      Library.FoundFile(path: "samples/concepts.csv", bytes: 120_000),
      Library.FoundFile(path: "half.jsonl", bytes: 400),
    ]
    library.models = [
      Library.FoundFile(path: "cache/models/smollm2.gguf", bytes: 98_362_432)
    ]
    return library
  }

  static func start(
    _ width: Int, _ height: Int, library: Library? = library(), hasRun: Bool = true,
    glyphs: GlyphLevel = .braille, depth: ColorDepth = .palette256
  ) -> AppState {
    var state =
      hasRun
      ? app(width, height, depth: depth, glyphs: glyphs)
      : app(width, height, explore(rows: [], layers: 0), depth: depth, glyphs: glyphs)
    state.start.library = library
    state.screen = .start
    return state
  }
}

@Suite struct StartTests {
  @Test(arguments: [(80, 24), (40, 12), (120, 40)])
  func sizes(width: Int, height: Int) throws {
    try expectSnapshot(render(Fixture.start(width, height)), "start-\(width)x\(height)")
  }

  @Test func ascii() throws {
    let surface = render(Fixture.start(80, 24, glyphs: .ascii).after("Space"))
    #expect(surface.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(surface, "start-ascii")
  }

  @Test func states() throws {
    var state = Fixture.start(80, 24, library: nil)
    #expect(update(&state, .tick) == [.start(.scan)])
    #expect(update(&state, .tick).isEmpty, "once")
    try expectSnapshot(render(state), "start-looking")
    _ = update(&state, .start(.scanned(.success(Library()))))
    try expectSnapshot(render(state), "start-empty")
    _ = update(&state, .start(.refused(Problem("run.json: nothing there"))))
    try expectSnapshot(render(state), "start-refused")
  }

  @Test func withoutARunThereIsOnlyTheStart() {
    let state = Fixture.start(80, 24, hasRun: false)
    #expect(!state.hasRun && state.after("F2").screen == .start)
    #expect(state.after("Shift-Tab").screen == .start)
  }

  @Test func openingAndComparing() {
    var state = Fixture.start(80, 24)
    #expect(update(&state, .key(.enter)) == [.start(.open(["samples/run-base"]))])
    let tuned = "work/a-folder-with-a-rather-long-name/run-tuned"
    var marked = Fixture.start(80, 24).after("Space", "j")
    #expect(update(&marked, .key(.enter)) == [.start(.open(["samples/run-base", tuned]))])
    let model = Fixture.start(80, 24).after("j", "j", "j", "j", "j", "Enter")
    #expect(model.start.model == "cache/models/smollm2.gguf")
  }

  @Test func recording() throws {
    let asked = Fixture.start(80, 24).after("j", "j", "j", "Enter")
    #expect(asked.start.plan?.folder == "concepts-run")
    #expect(abs((asked.start.plan?.seconds ?? 0) - 29.63) < 0.01, "by the runs made here")
    try expectSnapshot(render(asked), "start-asked")
    #expect(asked.after("Esc").start.plan == nil)
    var state = asked
    let costs = StartState.Costs(seconds: 12, memory: 74_000_000, weights: 98_000_000)
    _ = update(&state, .start(.estimated("another-run", .success(costs))))
    #expect(state.start.plan?.costs == nil)
    _ = update(&state, .start(.estimated("concepts-run", .success(costs))))
    try expectSnapshot(render(state), "start-estimated")
    guard case .extract(let plan)? = update(&state, .key(.enter)).first?.of(StartEffect.self) else {
      Issue.record("nothing began")
      return
    }
    #expect(plan.concepts == "samples/concepts.csv")
    _ = update(
      &state,
      .start(
        .progress(
          JobProgress(
            completed: 9000, total: 36_000, unit: "tokens", elapsed: .seconds(10),
            memory: 74_000_000))))
    try expectSnapshot(render(state), "start-recording")
    #expect(update(&state, .key(.character("X"))) == [.start(.cancel)])
    let effects = update(&state, .start(.extracted(.failure(.cancelled))))
    #expect(effects == [.start(.scan)] && state.message?.isError == false)
    #expect(state.message?.text.hasPrefix("Stopped.") == true)
    let resumed = Fixture.start(80, 24).after("j", "j", "Enter")
    #expect(resumed.start.plan?.manifest != nil && resumed.start.plan?.folder == "half-run")
  }

  /// What was recorded, or chosen before the list was made anew, is chosen afterwards.
  @Test func theChoiceIsKept() {
    var state = Fixture.start(80, 24).after("j", "j", "j", "Enter", "Enter")
    _ = update(&state, .start(.extracted(.success(Extraction.Summary.of(rows: 384)))))
    #expect(state.message?.text == "Recorded 384 rows. Enter opens the run.")
    var library = Fixture.library()
    library.runs[2].folder = "concepts-run"
    _ = update(&state, .start(.scanned(.success(library))))
    #expect(state.start.index == 2)
    state = Fixture.start(80, 24).after("j", "j", "j", "j", "r")
    library.runs.removeFirst()
    _ = update(&state, .start(.scanned(.success(library))))
    #expect(state.start.current?.path == "half.jsonl")
  }

  @Test func moreStates() throws {
    try expectSnapshot(render(Fixture.start(400, 120)), "start-400x120")
    try expectSnapshot(render(Fixture.start(80, 24, depth: .mono)), "start-mono", styles: true)
    var library = Fixture.library()
    library.concepts[1].path = "概念/天気と空の色についての長い名前の概念ファイル.csv"
    let wide = Fixture.start(80, 24, library: library).after("j", "j", "j", "j")
    try expectSnapshot(render(wide), "start-wide")
    let asked = Fixture.start(40, 12).after("j", "j", "j", "Enter")
    try expectSnapshot(render(asked), "start-asked-40x12")
    try expectSnapshot(render(asked.after("Enter")), "start-recording-40x12")
    try expectSnapshot(render(Fixture.start(80, 24).after("j", "j")), "start-unfinished")
    try expectSnapshot(render(Fixture.start(80, 24).after("j", "j", "j", "j", "j")), "start-model")
    var failed = asked.after("Enter")
    let problem = Problem(
      Failure(
        .badData, file: "samples/concepts.csv", place: "line 3", found: "2 fields", wanted: "3"))
    _ = update(&failed, .start(.extracted(.failure(problem))))
    _ = update(&failed, .start(.scanned(.success(Fixture.library()))))
    try expectSnapshot(render(failed), "start-failed-40x12")
  }

  @Test(arguments: 0..<3) func randomInput(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let keys = Screens.registry.commands.flatMap(\.keys)
    var state = Fixture.start(80, 24, hasRun: seed != 1)
    for _ in 0..<400 {
      if Int.random(in: 0..<8, using: &generator) == 0 {
        let width = Int.random(in: 1...130, using: &generator)
        let height = Int.random(in: 1...45, using: &generator)
        _ = update(&state, .resize(Size(width: width, height: height)))
      } else {
        _ = update(&state, .key(keys.randomElement(using: &generator) ?? .enter))
      }
      #expect(render(state).size == state.size)
    }
  }
}

extension Extraction.Summary {
  fileprivate static func of(rows: Int) -> Extraction.Summary {
    Extraction.Summary(rows: rows, tokens: 0, seconds: 0, notes: [])
  }
}
