import LinearAlgebra
import SeerAnalysis
import SeerApp
import SeerMonitor
import SeerPromptScreen
import SeerScreens
import SeerWidgets
import Testing

extension Fixture {
  /// Scores written down: concept (turn + token + layer) mod 6 is the likeliest.
  static func reading(_ messages: [String], layers: Int = 31, sides: Int = 2) -> PromptReading {
    var tokens: [PromptToken] = [PromptToken(id: 1, text: "<|im_start|>", turn: -1)]
    for (turn, message) in messages.enumerated() {
      for (place, word) in message.split(separator: " ").enumerated() {
        tokens.append(
          PromptToken(id: Int32(place), text: (place == 0 ? "" : " ") + word, turn: turn))
      }
    }
    func score(_ best: Int, _ share: Float) -> ConceptScores {
      var scores = [Float](repeating: (1 - share) / 5, count: 6)
      scores[best] = share
      return ConceptScores(
        scores: scores, best: best, cosine: share / 2, isUnknown: best == 1 && share < 0.4)
    }
    let all = (0..<sides).map { side in
      Dictionary(
        uniqueKeysWithValues: (0..<layers).map { layer in
          (
            layer,
            tokens.indices.map { token in
              score((token / 3 + side) % 6, 0.25 + 0.03125 * Float((layer + token) % 20))
            }
          )
        })
    }
    let turns = messages.indices.map { turn in
      (0..<sides).map { Optional(score((turn + 3 + $0) % 6, 0.625)) }
    }
    return PromptReading(tokens: tokens, turns: turns, scores: all)
  }

  static func prompt(
    _ width: Int, _ height: Int, text: String = "He told her the money was safe",
    adapter: String? = "seer-24", isRead: Bool = true, glyphs: GlyphLevel = .braille,
    depth: ColorDepth = .palette256
  ) -> AppState {
    var state = app(width, height, depth: depth, glyphs: glyphs)
    var prompt = PromptState(
      model: "SmolLM2-135M-Instruct", adapter: adapter, explore: state.explore)
    prompt.status = .ready
    prompt.concept = 3
    prompt.editor.insert(text)
    if isRead {
      prompt.prepared = Set(prompt.layers.indices)
      prompt.reading = reading([text], sides: adapter == nil ? 1 : 2)
      prompt.readText = prompt.wanted
      for layer in prompt.layers {
        prompt.calibrations[layer] = (0..<(adapter == nil ? 1 : 2)).map { _ in
          LivePrompt.LayerCalibration(
            expectedError: 0.0625, randomBand: -0.125...0.125)
        }
      }
    }
    state.prompt = prompt
    state.screen = .prompt
    return state
  }
}

@Suite struct PromptTests {
  private func type(_ text: String, into state: AppState) -> AppState {
    var state = state
    for scalar in text.unicodeScalars { _ = update(&state, .key(.character(scalar))) }
    return state
  }

  @Test(arguments: [(80, 24), (110, 30), (40, 12), (60, 20), (200, 60)])
  func sizes(width: Int, height: Int) throws {
    try expectSnapshot(render(Fixture.prompt(width, height)), "prompt-\(width)x\(height)")
  }

  @Test func onlyTheBase() throws {
    try expectSnapshot(render(Fixture.prompt(80, 24, adapter: nil)), "prompt-base")
  }

  @Test func ascii() throws {
    let surface = render(Fixture.prompt(80, 24, glyphs: .ascii))
    #expect(surface.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(surface, "prompt-ascii")
  }

  @Test func mono() throws {
    try expectSnapshot(render(Fixture.prompt(80, 24, depth: .mono)), "prompt-mono", styles: true)
  }

  @Test func states() throws {
    var opening = Fixture.prompt(80, 24, text: "", isRead: false)
    opening.prompt?.status = .closed
    #expect(update(&opening, .tick) == [.prompt(.open)])
    try expectSnapshot(render(opening), "prompt-opening")
    _ = update(&opening, .prompt(.opened(.failure(Problem("smollm2.gguf: no such file")))))
    try expectSnapshot(render(opening), "prompt-error")
    try expectSnapshot(
      render(Fixture.prompt(80, 24, text: "", isRead: false)), "prompt-empty")
    try expectSnapshot(
      render(Fixture.prompt(80, 24, text: "東京 cafe\u{301} 👩‍🚀 ok\nnext line of it")), "prompt-wide")
  }

  @Test func charactersAreTextAndOtherKeysCommands() {
    let state = type(" q?:x", into: Fixture.prompt(80, 24, text: "so it"))
    #expect(state.prompt?.editor.text == "so it q?:x" && state.overlay == nil)
    #expect(state.after("Ctrl-w").prompt?.editor.text == "so it ")
    #expect(state.after("Ctrl-n").prompt?.editor.text == "so it q?:x\n")
    #expect(state.after("F1").overlay != nil)
    #expect(state.after("F2").screen == .explore)
    #expect(state.after("Tab").prompt?.isFiltered == true)
    #expect(state.after("Tab", "Tab").prompt?.concept == 4)
    #expect(state.after("PageUp").prompt?.layer == 24)
    let tokens = state.after("Esc")
    #expect(tokens.context == .tokens)
    #expect(tokens.after("h").prompt?.tokenFromEnd == 1)
    #expect(tokens.after("h", "h", "l").prompt?.tokenFromEnd == 0, "two are the text's")
    #expect(tokens.after("k").prompt?.layer == 24 && tokens.after("i").context == .prompt)
    #expect(tokens.after("b").prompt?.answerSide == .base)
  }

  @Test func pasting() {
    var state = Fixture.prompt(80, 24, text: "a")
    _ = update(&state, .paste("b\nc"))
    #expect(state.prompt?.editor.text == "ab\nc", "a line end in it sends nothing")
    #expect(state.prompt?.isAnswering == false)
    var search = Fixture.app(80, 24).after("/")
    _ = update(&search, .paste("led\nger"))
    #expect(search.explore.filter.search?.query == "led ger")
  }

  /// One reading at a time; what was typed meanwhile is read next.
  @Test func readingFollowsTyping() {
    var state = Fixture.prompt(80, 24, text: "H")
    func reads(_ effects: [Effect]) -> [String] {
      effects.compactMap {
        if case .read(let text)? = $0.of(PromptEffect.self) { text.draft } else { nil }
      }
    }
    #expect(reads(update(&state, .key(.character("e")))) == ["He"])
    #expect(reads(update(&state, .key(.character("y")))).isEmpty, "one is under way")
    guard let pending = state.prompt?.pending else {
      Issue.record("nothing pending")
      return
    }
    let done = Event.prompt(.read(pending, .success(Fixture.reading(["He"]))))
    #expect(reads(update(&state, done)) == ["Hey"])
    #expect(update(&state, .paste(String(repeating: "x", count: 300))) == [.prompt(.cancelReading)])
  }

  @Test func answering() throws {
    var state = Fixture.prompt(80, 24)
    let effects = update(&state, .key(.enter))
    #expect(effects.contains(.prompt(.answer(number: 1))))
    #expect(state.prompt?.editor.isEmpty == true && state.prompt?.isAnswering == true)
    let said = "He told her the money was safe"
    let answer = "She had trusted him completely"
    _ = update(
      &state,
      .prompt(
        .answering(
          number: 1, text: answer, Fixture.reading([said, answer]), tokensPerSecond: 41)))
    try expectSnapshot(render(state), "prompt-answering")
    _ = update(
      &state,
      .prompt(
        .answering(number: 9, text: "stale", Fixture.reading(["x"]), tokensPerSecond: 1)))
    #expect(state.prompt?.answer == answer, "of another answer")
    #expect(update(&state, .key(.escape)) == [.prompt(.stopAnswer)])
    _ = update(&state, .prompt(.answered(number: 1, .failure(.cancelled))))
    #expect(state.prompt?.isAnswering == false && state.message == nil)
    #expect(state.prompt?.chat.map(\.message.content) == [said, answer], "what there is is kept")
    try expectSnapshot(render(state), "prompt-answered")
    #expect(state.after("Up").prompt?.editor.text == said)
    #expect(state.after("Up", "Down").prompt?.editor.isEmpty == true)
    #expect(state.after("Esc", "N").prompt?.chat.isEmpty == true)
  }

  /// Off unless asked for; what an answer was steered by stays with it.
  @Test func steering() throws {
    var state = Fixture.prompt(110, 30).after("Esc", "+", "+", "-", "+", "+")
    #expect(state.prompt?.steering == "honesty +0.15 at layer 23")
    try expectSnapshot(render(state), "prompt-steering")
    _ = update(&state, .key(.character("i")))
    #expect(update(&state, .key(.enter)).contains(.prompt(.answer(number: 1))))
    state = state.after("Esc")
    let said = "He told her the money was safe"
    _ = update(
      &state,
      .prompt(
        .answering(number: 1, text: "No", Fixture.reading([said, "No"]), tokensPerSecond: 1)))
    _ = update(
      &state,
      .prompt(.answered(number: 1, .success(LivePrompt.Answer(text: "No", ending: .finished)))))
    #expect(state.prompt?.chat.last?.steering == "honesty +0.15 at layer 23")
    try expectSnapshot(render(state), "prompt-steered")
    let off = state.after("Esc", "0")
    #expect(off.prompt?.steering == nil && off.prompt?.chat.last?.steering != nil)
    let prompt = try #require(state.prompt)
    let transcript = Transcript(prompt, Fixture.reading([said, "No"]))
    #expect(transcript.messages.last?.steering == "honesty +0.15 at layer 23")
    #expect(transcript.markdown.contains("tuned, steered: honesty +0.15 at layer 23"))
    var far = Fixture.prompt(80, 24).after("Esc")
    for _ in 0..<100 { far = far.after("-") }
    #expect(far.prompt?.strength == -2)
  }

  @Test func trajectory() throws {
    var state = Fixture.prompt(80, 24).after("Esc")
    #expect(update(&state, .key(.character("m"))) == [.prompt(.trace(layer: 23))])
    let count = state.prompt?.reading?.tokens.count ?? 0
    let rows = state.explore.chart.maps[23].map?.points ?? []
    let way = Trajectory(
      layer: 23, rows: rows, tokens: (0..<count).map { SIMD2(Float($0) / 4 - 1, 0.2) })
    _ = update(&state, .prompt(.traced(.success(way))))
    try expectSnapshot(render(state), "prompt-trajectory")
    #expect(update(&state, .key(.character("m"))).isEmpty)
  }

  @Test func transcript() throws {
    let state = Fixture.prompt(80, 24)
    let prompt = try #require(state.prompt)
    let transcript = Transcript(prompt, try #require(prompt.reading))
    #expect(transcript.messages.map(\.text) == ["He told her the money was safe"])
    #expect(transcript.messages[0].tokens.map(\.text).joined() == transcript.messages[0].text)
    #expect(transcript.messages[0].scores?.top == Fixture.names[4])
    #expect(transcript.scoredBy == "tuned" && transcript.layer == 23)
  }

  @Test(arguments: 0..<6) func randomInput(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let keys = Screens.registry.commands.flatMap(\.keys) + [.character("a"), .character("東")]
    var state = Fixture.prompt(80, 24, isRead: seed % 2 == 0)
    for _ in 0..<400 {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        let width = Int.random(in: 1...130, using: &generator)
        let height = Int.random(in: 1...45, using: &generator)
        _ = update(&state, .resize(Size(width: width, height: height)))
      case 1: _ = update(&state, .paste("東京 is\nfar"))
      case 2:
        let text = state.prompt?.editor.text ?? ""
        if let pending = state.prompt?.pending {
          _ = update(&state, .prompt(.read(pending, .success(Fixture.reading([text])))))
        }
      default: _ = update(&state, .key(keys.randomElement(using: &generator) ?? .enter))
      }
      #expect(render(state).size == state.size)
    }
  }
}
