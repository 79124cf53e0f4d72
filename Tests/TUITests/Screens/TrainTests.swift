import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerApp
import SeerCompareScreen
import SeerProjection
import SeerRuns
import SeerScreens
import SeerSupport
import SeerTrainScreen
import SeerTraining
import SeerWidgets
import Testing

extension Fixture {
  static func training(
    _ width: Int, _ height: Int, steps: Int = 140, glyphs: GlyphLevel = .braille,
    depth: ColorDepth = .palette256
  ) -> AppState {
    var state = app(width, height, depth: depth, glyphs: glyphs)
    var train = TrainState(
      model: "models/SmolLM2-135M-Instruct.gguf", concepts: "samples/concepts.csv", layers: 31)
    train.status = .running
    for step in 0..<steps {
      var entry = TrainingStep(step: step, seconds: 2)
      if step > 0 {
        let share = Double(step) / 300
        var terms = LossTerms()
        terms.total = 3.25 - 2 * share
        terms.contrastive = 3 - 2 * share
        terms.retain = share * share
        terms.kl = share / 64
        entry.terms = terms
      }
      if step % 25 == 0 {
        let share = Double(step) / 400
        entry.heldOut = HeldOutFigures(
          accuracy: 0.5 + share, within: 0.75 - share / 4, between: 0.75 - share, kl: share / 32)
      }
      train.steps.append(entry)
    }
    train.progress = JobProgress(
      completed: steps, total: 300, unit: "steps", elapsed: .seconds(2 * steps))
    if steps > 0 {
      let rows = rows(48)
      for step in stride(from: 0, through: steps / 25 * 25, by: 25) {
        train.history.append(ClusterHistory.Frame(step: step, map: pair(rows: rows, at: step)))
      }
      train.labels = rows.indices.map { $0 % 6 }
      train.concepts = names.sorted()
    }
    state.train = train
    state.screen = .train
    return state
  }

  /// The clusters at a step: further apart from judgement to judgement.
  static func pair(rows: [RunRow], at step: Int) -> PairMap {
    var map = pair(rows: rows)
    map.tuned = map.base.glided(to: map.tuned, min(1, Float(step) / 100))
    return map
  }

  static func form(_ width: Int, _ height: Int, glyphs: GlyphLevel = .braille) -> AppState {
    var state = training(width, height, glyphs: glyphs)
    state.train = TrainState(
      model: "models/SmolLM2-135M-Instruct.gguf", concepts: "samples/concepts.csv", layers: 31)
    return state
  }
}

@Suite struct TrainTests {
  private let estimate = TrainingEstimate(
    seconds: 640, memory: 700_000_000, trainRows: 211, heldOutRows: 53)

  @Test(arguments: [(80, 24), (110, 30), (40, 12), (60, 20), (200, 60)])
  func sizes(width: Int, height: Int) throws {
    try expectSnapshot(render(Fixture.training(width, height)), "train-\(width)x\(height)")
    var form = Fixture.form(width, height)
    _ = update(&form, .tick)
    _ = update(&form, .train(.estimated(.success(estimate))))
    try expectSnapshot(render(form), "train-form-\(width)x\(height)")
  }

  /// One curve for each term of the objective that is trained, none for others.
  @Test(arguments: ObjectiveName.allCases) func curvesAreTheObjectivesTerms(name: ObjectiveName) {
    var state = Fixture.training(110, 30)
    state.train?.form[.objective] = Editor(name.rawValue)
    let labels = Objectives.terms.map(\.label).filter { render(state).text.contains("│ \($0) ") }
    #expect(
      Set(labels).subtracting(["KL"]) == Set(name.kind.terms.map(\.label)).subtracting(["KL"]))
  }

  /// Nobody asks for a number of tokens here, so a model of less context trains on fewer.
  @Test func rowsFitTheContext() throws {
    let train = TrainState(model: "m", concepts: "c.csv", layers: 4)
    #expect(try train.training(tool: "test").get().fitsContext)
  }

  /// What goes on with a training says how exactly it multiplies, where that is not the usual.
  @Test func thePrecisionGoesOn() {
    var train = TrainState(model: "m", concepts: "c.csv", layers: 4)
    #expect(!train.resumeCommand.contains("--precision"))
    train.precision = .fast
    #expect(train.resumeCommand.contains(" --precision fast"))
  }

  @Test func ascii() throws {
    for (name, state) in [
      ("train-ascii", Fixture.training(80, 24, glyphs: .ascii)),
      ("train-form-ascii", Fixture.form(80, 24, glyphs: .ascii)),
    ] {
      let surface = render(state)
      #expect(surface.text.unicodeScalars.allSatisfy { $0.isASCII })
      try expectSnapshot(surface, name)
    }
  }

  @Test func states() throws {
    try expectSnapshot(render(Fixture.training(80, 24, steps: 0)), "train-starting")
    var state = Fixture.training(80, 24)
    _ = update(&state, .train(.finished(.failure(Problem("disk full: my-adapter/log.csv")))))
    try expectSnapshot(render(state), "train-failed")
    state = Fixture.training(80, 24, steps: 0)
    _ = update(&state, .train(.finished(.failure(Problem("retain.csv: no such file")))))
    try expectSnapshot(render(state), "train-refused")
    state = Fixture.training(80, 24).after("X")
    #expect(state.train?.status == .stopping)
    _ = update(&state, .train(.finished(.failure(.cancelled))))
    #expect(state.train?.status == .stopped)
    try expectSnapshot(render(state), "train-stopped")
  }

  /// Finished, it is announced; Compare keeps its sides until the user asks.
  @Test func whatWasTrainedIsCompared() throws {
    let figures = HeldOutFigures(accuracy: 0.75, within: 0.75, between: 0.25, kl: 0.01)
    let summary = Training.Summary(
      steps: 300, chosenStep: 275, seconds: 600, before: figures, after: figures, notes: [])
    try expectSnapshot(render(Fixture.training(80, 24).after("Space")), "train-paused")
    var state = Fixture.training(80, 24)
    #expect(update(&state, .train(.finished(.success(summary)))) == [.train(.extract)])
    #expect(state.train?.status == .finished)
    _ = update(
      &state, .train(.extracting(JobProgress(completed: 90, total: 360, unit: "rows"))))
    try expectSnapshot(render(state), "train-extracting")
    let rows = Fixture.rows(48)
    let tuned = Fixture.source(rows: rows, adapter: "my-adapter")
    _ = update(&state, .train(.extracted(.success(tuned))))
    try expectSnapshot(render(state), "train-finished")
    #expect(state.screen == .train && state.compare == nil)
    #expect(state.message?.text.contains("c compares") == true)
    #expect(update(&state, .key(.character("c"))) == [.train(.compare)], "its states are there")
    let pair = CompareState(base: Fixture.source(rows: rows), tuned: tuned)
    _ = update(&state, .compare(.paired(pair)))
    #expect(state.screen == .compare && state.compare?.problem == nil)
    var away = Fixture.training(80, 24).after("F2")
    _ = update(&away, .train(.finished(.success(summary))))
    #expect(away.screen == .explore && away.message?.text.contains("F5") == true)
    _ = update(&away, .train(.extracted(.success(tuned))))
    #expect(away.screen == .explore && away.message?.text.contains("F5, then c") == true)
    #expect(render(away).text.contains("Train ✓"))
    var eager = Fixture.training(80, 24)
    _ = update(&eager, .train(.finished(.success(summary))))
    eager.train?.extraction = nil
    #expect(update(&eager, .key(.character("c"))) == [.train(.extract)])
    #expect(update(&eager, .train(.extracted(.success(tuned)))) == [.train(.compare)])
    var alone = Fixture.training(80, 24)
    alone.explore = ExploreState(Fixture.source(rows: [], layers: 0))
    #expect(update(&alone, .train(.finished(.success(summary)))).isEmpty, "no run is open")
  }

  @Test func theForm() throws {
    var state = Fixture.form(80, 24)
    #expect(update(&state, .tick) == [.train(.look), .train(.estimate)])
    state = state.after("Up", "Up", "Up", "Up", "Backspace", "Backspace", "4")
    #expect(state.train?.text(.rank) == "4" && state.train?.field == .rank)
    #expect(state.after("q").screen == .train, "a letter is text")
    let paper = state.after("Up", "Up", "Right")
    #expect(paper.train?.text(.objective) == "infonce")
    _ = update(&state, .paste("8\n9"))
    #expect(state.train?.text(.rank) == "48 9", "lines stay apart")
    let bad = state.after("Ctrl-u", "x", "Tab", "Tab", "Tab", "Tab", "Enter")
    #expect(bad.train?.status == .setup && bad.train?.field == .rank, "it goes where it is wrong")
    #expect(bad.message?.text == "rank: found 'x', wanted a whole number.")
    state = Fixture.form(80, 24)
    #expect(update(&state, .key(.enter)).contains(.train(.start(resumes: false))))
    #expect(state.train?.status == .running)
  }

  @Test func whatTheFormSays() throws {
    var train = TrainState(model: "m", concepts: "c.csv", layers: 31)
    train.form[.layers] = Editor("12, 24")
    train.form[.retain] = Editor("")
    let training = try train.training(tool: "test").get()
    #expect(training.preset.objective.layers == [12, 24])
    #expect(training.retain == nil && training.preset.retainBatch == 0)
    train.form[.objective] = Editor("else")
    #expect(throws: Problem.self) { try train.training(tool: "").get() }
  }

  @Test func pausingSavingAndLeaving() {
    var state = Fixture.training(80, 24)
    #expect(update(&state, .key(.character(" "))) == [.train(.pause(true))])
    #expect(state.train?.status == .paused)
    #expect(update(&state, .key(.character(" "))) == [.train(.pause(false))])
    #expect(update(&state, .key(.character("s"))) == [.train(.save)])
    var away = state.after("F2")
    _ = update(&away, .train(.step(TrainingStep(step: 140, seconds: 1))))
    #expect(away.train?.steps.last?.step == 140, "it goes on")
    #expect(away.after("F5").screen == .train)
  }

  /// A training goes on elsewhere: every screen shows it, and leaving asks and says what goes on.
  @Test func aTrainingIsSeenEverywhereAndAskedAbout() throws {
    var state = Fixture.training(110, 30)
    for key in ["F2", "F6", "F5"] {
      state = state.after(key)
      #expect(
        render(state).text.contains("F5 ▶ 139/300")
          || render(state).text.contains("Train ▶ 139/300"))
    }
    #expect(Fixture.training(40, 12).after("F2", "q").message?.isError == true)
    #expect(update(&state, .key(.character("q"))).isEmpty)
    let said = try #require(state.message?.text)
    #expect(said.contains("at step 139"))
    #expect(
      said.contains(
        "seer train --model models/SmolLM2-135M-Instruct.gguf --concepts samples/concepts.csv "
          + "--retain samples/retain.csv --adapter my-adapter --objective seer --layer 24"))
    #expect(said.contains("--resume"))
    try expectSnapshot(render(state), "train-leaving")
    var other = state
    _ = update(&other, .key(.character("?")))
    _ = update(&other, .key(.escape))
    #expect(update(&other, .key(.character("q"))).isEmpty, "something else came between")
    #expect(update(&state, .key(.character("q"))) == [.quit(.quit)])
    #expect(render(Fixture.training(110, 30).after("Space", "F2")).text.contains("‖ 139/300"))
    #expect(render(Fixture.training(110, 30).after("Space")).text.contains("Space go on"))
  }

  @Test func stoppedBeforeTheFirstStepNothingIsKept() {
    var state = Fixture.training(80, 24, steps: 1).after("X")
    _ = update(&state, .train(.finished(.failure(.cancelled))))
    #expect(render(state).text.contains("nothing is kept"))
    #expect(!render(state).text.contains("checkpoint"))
    #expect(update(&state, .key(.character("r"))).isEmpty)
    var later = Fixture.training(80, 24).after("X")
    _ = update(&later, .train(.finished(.failure(.cancelled))))
    #expect(render(later).text.contains("the checkpoint of step 139 is kept"))
  }

  /// In how many of a cell's four lines there are dots.
  private func lines(of surface: Surface) -> Int {
    let bits = surface.text.unicodeScalars.filter { $0.value > 0x2800 }.reduce(UInt32(0)) {
      $0 | ($1.value - 0x2800)
    }
    return [0x09, 0x12, 0x24, 0xC0].count { bits & $0 != 0 }
  }

  /// A fall of a thousandth is no cliff: less than a line of dots high.
  @Test func smallChangesLookSmall() {
    let small = Curve(values: [0.902, 0.901], leastSpan: 0.09)
    #expect(small.range.map { $0.upperBound - $0.lowerBound >= 0.0899 } == true)
    var surface = Surface(Size(width: 8, height: 1))
    small.draw(
      Rect(width: 8, height: 1), .plain, Glyphs(level: .braille), into: &surface)
    #expect(lines(of: surface) == 1, "a level line")
    surface = Surface(Size(width: 8, height: 1))
    Curve(values: [0.902, 0.901]).draw(
      Rect(width: 8, height: 1), .plain, Glyphs(level: .braille), into: &surface)
    #expect(lines(of: surface) == 4, "the cliff that it would be")
    let large = Curve(values: [1, 0], leastSpan: 0.1)
    #expect(large.range == 0...1)
    #expect(Curve(values: [nil]).range == nil)
  }

  /// Steps that are taken again after a resume replace those that were lost.
  @Test func resumedStepsReplaceWhatWasAfterTheCheckpoint() {
    var state = Fixture.training(80, 24)
    _ = update(&state, .train(.step(TrainingStep(step: 126, seconds: 9))))
    #expect(state.train?.steps.count == 127 && state.train?.steps.last?.seconds == 9)
  }

  /// Each line says what is wrong with it while it is typed.
  @Test(
    arguments: [
      (.model, "", "wanted a GGUF file or the name of a cached model"),
      (.objective, "seen", "wanted \(TrainState.Field.objective.help)"),
      (.layers, "", "wanted numbers and commas"), (.layers, "1,", "wanted numbers and commas"),
      (.layers, "0", "wanted layers from 1"), (.layers, "3,3", "wanted each layer once"),
      (.rank, "0", "wanted 1 to 1024"), (.rank, "two", "wanted a whole number"),
      (.steps, "-1", "wanted 1 or more"), (.steps, "99999999", "wanted at most 10000000"),
      (.every, "0", "wanted 1 or more"), (.keep, "-3", "wanted 1 or more"),
      (.retain, "", nil), (.keep, "0", nil), (.layers, "12, 24", nil),
    ] as [(TrainState.Field, String, String?)])
  func whatIsWrongWithALine(field: TrainState.Field, text: String, wanted: String?) {
    var state = Fixture.form(110, 30)
    state.train?.field = field
    state.train?.form[field] = Editor(text)
    #expect(state.train?.fault(field)?.short == wanted)
    #expect(state.train?.faults == (wanted == nil ? [] : [field]))
    let screen = render(state).text
    if let wanted {
      #expect(screen.contains(wanted.prefix(20)))
      #expect(screen.contains("first mend: \(field.rawValue)"))
    }
    #expect(update(&state, .tick) == [.train(.look)], "nothing is estimated meanwhile")
  }

  /// Files are looked up as they are typed, and a folder that is taken comes with a free name.
  @Test func filesOfTheForm() throws {
    let folder = NSTemporaryDirectory() + "seer-form-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["done", "done-2", "begun", "plain"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    for name in ["done/adapter_model.safetensors", "begun/checkpoint.safetensors", "rows.csv"] {
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    func look(_ field: TrainState.Field, _ text: String) -> FieldFault? {
      FormFiles.look([field: text], after: nil, environment: [:]).faults[field]
    }
    #expect(look(.concepts, folder + "/rows.csv") == nil)
    #expect(look(.concepts, folder + "/none.csv")?.short == "no such file")
    #expect(look(.retain, folder)?.short == "a folder, no file")
    #expect(look(.retain, "") == nil)
    #expect(look(.model, "no-such-model")?.short == "no such model")
    #expect(look(.model, folder + "/rows.csv")?.short == "it cannot be read")
    #expect(look(.adapter, folder + "/plain") == nil && look(.adapter, folder + "/new") == nil)
    let done = try #require(look(.adapter, folder + "/done/"))
    #expect(done.proposal == folder + "/done-3" && done.text.contains("a finished adapter"))
    #expect(look(.adapter, folder + "/begun")?.text.contains("--resume") == true)
    #expect(look(.adapter, folder + "/rows.csv")?.text.contains("is a file") == true)

    var state = Fixture.form(80, 24)
    var texts: [TrainState.Field: String] = [:]
    for field in FormFiles.fields { texts[field] = state.train?.text(field) ?? "" }
    #expect(update(&state, .tick).first == .train(.look))
    let files = FormFiles(
      texts: texts,
      faults: [
        .adapter: FieldFault(
          "taken; free: my-adapter-2",
          "my-adapter holds a finished adapter. Ctrl-f takes the free name my-adapter-2.",
          proposal: "my-adapter-2")
      ])
    _ = update(&state, .train(.looked(files)))
    #expect(state.train?.faults == [.adapter])
    try expectSnapshot(render(state), "train-form-taken")
    let narrow = { (state: AppState) in
      var state = state
      _ = update(&state, .resize(Size(width: 40, height: 12)))
      return state.after("Up", "Up", "Up", "Up", "Up", "Up", "Up")
    }
    try expectSnapshot(render(narrow(state)), "train-form-taken-40x12")
    let refused = state.after("Enter")
    #expect(refused.train?.field == .adapter && refused.train?.status == .setup)
    let taken = refused.after("Ctrl-f")
    #expect(taken.train?.text(.adapter) == "my-adapter-2")
    #expect(taken.train?.faults == [], "what was looked up is of another name")
    #expect(!Command.hints(taken, ascii: false).contains { $0.word == "free name" })
  }

  @Test func freeNames() {
    let there: Set = ["a", "a-2", "b.svg", "c.d/e", "c.d/e-2", ".f", "h.v1"]
    func free(_ name: String, _ hasEnding: Bool = true) -> String {
      FreeName.of(name, hasEnding: hasEnding) { there.contains($0) }
    }
    #expect(free("a") == "a-3" && free("b.svg") == "b-2.svg" && free("z.svg") == "z.svg")
    #expect(free("c.d/e") == "c.d/e-3", "a folder's dot ends nothing")
    #expect(free(".f") == ".f-2" && free("a///") == "a-3")
    #expect(free("h.v1", false) == "h.v1-2")
  }

  /// The way the clusters went is gone again, judgement by judgement.
  @Test func theHistoryIsLookedThroughAndPlayed() throws {
    var state = Fixture.training(110, 30)
    #expect(state.train?.history.frames.map(\.step) == [0, 25, 50, 75, 100, 125])
    state = state.after("[", "[")
    #expect(state.train?.history.shown?.step == 75)
    try expectSnapshot(render(state), "train-history")
    try expectSnapshot(
      render(state.resized(80, 24).onLight), "train-history-light", styles: true)
    // What comes meanwhile is taken in, but does not lead away.
    let rows = Fixture.rows(48)
    let labels = rows.indices.map { $0 % 6 }
    _ = update(
      &state,
      .train(
        .clusters(
          step: 150, Fixture.pair(rows: rows, at: 150), labels: labels,
          concepts: Fixture.names.sorted())))
    #expect(state.train?.history.shown?.step == 75 && state.train?.history.latest?.step == 150)
    #expect(state.after("]", "]", "]", "]").train?.history.shown?.step == 150)
    var first = state
    for _ in 0..<3 { _ = update(&first, .key(.character("["))) }
    #expect(first.train?.history.shown?.step == 0)
    #expect(
      update(&first, .key(.character("["))) == [.train(.readKept)], "there may be more on disk")
    #expect(update(&first, .key(.character("["))).isEmpty, "asked for once")

    var playing = state.after("P")
    #expect(playing.tick == .milliseconds(33) && playing.train?.history.shown?.step == 0)
    for _ in 0..<10 { _ = update(&playing, .tick) }
    let between = try #require(playing.train?.history.shown)
    let (from, to) = (Fixture.pair(rows: rows, at: 0), Fixture.pair(rows: rows, at: 25))
    #expect(between.map.tuned[7] == from.tuned[7] + (to.tuned[7] - from.tuned[7]) * 0.5)
    try expectSnapshot(render(playing), "train-playing")
    try expectSnapshot(
      render(playing.resized(80, 24).onLight), "train-playing-light", styles: true)
    for _ in 0..<200 { _ = update(&playing, .tick) }
    #expect(playing.tick == nil && playing.train?.history.shown?.step == 150)
    #expect(state.after("P", "P").tick == nil)
    var none = Fixture.training(80, 24, steps: 0)
    #expect(update(&none, .key(.character("["))).isEmpty)
    #expect(none.after("P").tick == nil)
  }

  @Test func whatWasKeptOnDiskIsAdded() {
    var state = Fixture.training(80, 24)
    let rows = Fixture.rows(48)
    let frames = [10, 20, 25].map {
      ClusterHistory.Frame(step: $0, map: Fixture.pair(rows: rows, at: $0))
    }
    _ = update(&state, .train(.kept(.success(frames), labels: [], concepts: [])))
    #expect(state.train?.history.frames.map(\.step) == [0, 10, 20, 25, 50, 75, 100, 125])
    #expect(state.train?.labels.count == 48, "those of the training stay")
    _ = update(&state, .train(.kept(.failure(Problem("nothing")), labels: [], concepts: [])))
    #expect(state.message?.text == "nothing")
    _ = update(&state, .train(.step(TrainingStep(step: 0, seconds: 0))))
    #expect(state.train?.history.latest == nil, "another training begins")
    var long = ClusterHistory()
    for step in 0...3 * ClusterHistory.most {
      long.append(ClusterHistory.Frame(step: step, map: frames[0].map))
    }
    #expect(long.frames.count <= ClusterHistory.most + 1)
    #expect(long.frames.first?.step == 0 && long.latest?.step == 3 * ClusterHistory.most)
  }

  @Test func watching() throws {
    var state = Fixture.app(80, 24)
    state.train = TrainState(watching: "my-adapter")
    state.screen = .train
    #expect(state.tick == .seconds(1))
    #expect(update(&state, .resize(state.size)) == [.train(.poll)])
    let elsewhere = try #require(Fixture.training(80, 24).train)
    _ = update(&state, .train(.polled(.success(elsewhere.steps), isFinished: false)))
    #expect(update(&state, .resize(state.size)).isEmpty, "then once a second")
    let clusters = try #require(elsewhere.history.latest)
    _ = update(
      &state,
      .train(
        .clusters(
          step: clusters.step, clusters.map, labels: elsewhere.labels,
          concepts: elsewhere.concepts))
    )
    try expectSnapshot(render(state), "train-watching")
    #expect(state.after("F2").tick == nil, "nothing is polled where nobody looks")
    #expect(update(&state, .tick) == [.train(.poll)])
    _ = update(&state, .train(.polled(.success([]), isFinished: true)))
    #expect(state.train?.status == .finished && state.tick == nil)
    var missing = Fixture.app(80, 24)
    missing.train = TrainState(watching: "nowhere")
    missing.screen = .train
    _ = update(
      &missing, .train(.polled(.failure(Problem("nowhere: no such file")), isFinished: false)))
    try expectSnapshot(render(missing), "train-nothing-to-watch")
  }

  @Test(arguments: 0..<4) func randomInput(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let keys = Screens.registry.commands.flatMap(\.keys) + [.character("a"), .character("東")]
    var state = seed % 2 == 0 ? Fixture.form(80, 24) : Fixture.training(80, 24)
    for _ in 0..<400 {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        let width = Int.random(in: 1...130, using: &generator)
        let height = Int.random(in: 1...45, using: &generator)
        _ = update(&state, .resize(Size(width: width, height: height)))
      case 1: _ = update(&state, .tick)
      default: _ = update(&state, .key(keys.randomElement(using: &generator) ?? .enter))
      }
      #expect(render(state).size == state.size)
    }
  }
}
