import SeerApp
import SeerModels
import SeerMonitor
import SeerPromptScreen
import SeerWidgets
import Testing

extension Fixture {
  /// Parts and tokens written down: block 12's feed-forward gives most, block 20's head 3 takes.
  static func why(_ token: Int, sides: [Conversation.Side] = [.tuned, .base]) -> PromptWhy {
    let gifts = [0, 1, -0.5, 0.25, 0.0625]
    func explanation(_ scale: Double) -> Explanation {
      var parts = [PartValue(block: 0, kind: .embedding, value: 0.25 * scale)]
      for block in 1...23 {
        for head in 0..<4 {
          let isOne = block == 20 && head == 3
          let value: Double = isOne ? -0.75 : 0.03125 * Double(head - 1)
          parts.append(
            PartValue(block: block, kind: .attention, head: head, value: value * scale))
        }
        let given: Double = block == 12 ? 2 : 0.125
        parts.append(PartValue(block: block, kind: .feedForward, value: given * scale))
      }
      let sum = parts.reduce(0) { $0 + $1.value }
      return Explanation(
        token: token, concept: 3, layer: 23, logit: sum + 0.5, parts: parts, remainder: 0.5,
        earlier: (0..<token).map { gifts[$0 % 5] * scale }, own: 0.125)
    }
    return PromptWhy(
      sides: sides, explanations: sides.map { explanation($0 == .tuned ? 1 : 0.5) })
  }

  static func parts(_ token: Int) -> PartsByLayer {
    let all = why(token)
    return PartsByLayer(
      layers: Array(0...30),
      parts: all.explanations.map { explanation in
        (0...30).map { layer in
          explanation.parts.filter { $0.block <= layer }.map {
            PartValue(
              block: $0.block, kind: $0.kind, head: $0.head,
              value: $0.value * Double(layer) / 23)
          }
        }
      })
  }

  static func lens() -> PromptLens {
    let words = [" and", ",", " with", " because", "."]
    func guess(_ side: Int, _ layer: Int, _ rank: Int) -> PromptLens.Guess {
      let place = (layer / 8 + side + rank) % words.count
      return PromptLens.Guess(text: words[place], probability: 0.5 / Float(rank + 1))
    }
    return PromptLens(
      sides: [.tuned, .base],
      layers: (0..<2).map { side in
        (0...30).map { layer in (0..<3).map { guess(side, layer, $0) } }
      })
  }
}

/// What wrote a score, and what comes next.
@Suite struct PromptWhyTests {
  /// The state after the pause that text and cursor must rest, and what is asked then.
  private func rest(_ state: inout AppState) -> [PromptEffect] {
    (0..<6).flatMap { _ in update(&state, .tick) }.compactMap { $0.of(PromptEffect.self) }
  }

  /// Everything asked is answered.
  private func settle(_ state: inout AppState) {
    for effect in rest(&state) { answer(effect, &state) }
  }

  private func answer(_ effect: PromptEffect, _ state: inout AppState) {
    switch effect {
    case .explain(let number, let question):
      _ = update(
        &state,
        .prompt(
          .explained(number: number, .success(Fixture.why(question.token)), isWhole: true)))
    case .findParts(let number, let question):
      _ = update(
        &state, .prompt(.foundParts(number: number, .success(Fixture.parts(question.token)))))
    case .look(let number, _):
      _ = update(&state, .prompt(.looked(number: number, .success(Fixture.lens()))))
    default: break
    }
  }

  private func why(
    _ width: Int, _ height: Int, glyphs: GlyphLevel = .braille, depth: ColorDepth = .palette256,
    isLight: Bool = false
  ) -> AppState {
    var state = Fixture.prompt(width, height, glyphs: glyphs, depth: depth)
    state.theme.isLight = isLight
    state = state.after("Esc", "w")
    settle(&state)
    return state
  }

  @Test(arguments: [(40, 12), (80, 24), (120, 40), (200, 60)])
  func sizes(width: Int, height: Int) throws {
    var state = why(width, height)
    try expectSnapshot(render(state), "prompt-why-\(width)x\(height)")
    for effect in update(&state, .key(.enter)).compactMap({ $0.of(PromptEffect.self) }) {
      answer(effect, &state)
    }
    try expectSnapshot(render(state), "prompt-why-layers-\(width)x\(height)")
    state = state.after("Esc", "n")
    settle(&state)
    try expectSnapshot(render(state), "prompt-lens-\(width)x\(height)")
  }

  @Test func looks() throws {
    let ascii = render(why(80, 24, glyphs: .ascii))
    #expect(ascii.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(ascii, "prompt-why-ascii")
    try expectSnapshot(render(why(80, 24, depth: .mono)), "prompt-why-mono", styles: true)
    var light = why(80, 24, isLight: true)
    try expectSnapshot(render(light), "prompt-why-light", styles: true)
    for effect in update(&light, .key(.enter)).compactMap({ $0.of(PromptEffect.self) }) {
      answer(effect, &light)
    }
    try expectSnapshot(render(light), "prompt-why-layers-light", styles: true)
    light = light.after("Esc", "n")
    settle(&light)
    try expectSnapshot(render(light), "prompt-lens-light", styles: true)
    try expectSnapshot(render(why(80, 24, depth: .ansi16)), "prompt-why-16", styles: true)
  }

  /// Nothing is looked up before the text and the cursor have rested, nor while nobody looks.
  @Test func asksOnceAllRests() {
    var closed = Fixture.prompt(80, 24)
    #expect(rest(&closed).isEmpty)
    var state = Fixture.prompt(80, 24).after("Esc", "w")
    #expect(PromptScreen.motion(state)?.ends == true)
    var asked: [PromptEffect] = []
    for tick in 0..<3 {
      asked = update(&state, .tick).compactMap { $0.of(PromptEffect.self) }
      #expect(asked.isEmpty, "tick \(tick)")
    }
    asked = rest(&state)
    guard case .explain(let number, let question)? = asked.first, asked.count == 1 else {
      Issue.record("asked \(asked)")
      return
    }
    #expect(question.concept == 3 && question.side == .tuned && question.layer == 23)
    #expect(PromptScreen.motion(state) == nil && state.prompt?.isBusy == true)
    let why = Event.prompt(
      .explained(number: number, .success(Fixture.why(question.token)), isWhole: true))
    _ = update(&state, why)
    #expect(state.prompt?.isBusy == false && rest(&state).isEmpty, "it is known")
  }

  /// Another token, layer, concept or text: what is under way is of no use.
  @Test(arguments: ["h", "PageUp", "Tab", "b"]) func movingCancels(key: String) throws {
    var state = Fixture.prompt(80, 24).after("Esc", "w")
    guard case .explain(let number, let question)? = rest(&state).first else {
      Issue.record("nothing was asked")
      return
    }
    let pressed = try #require(Key(name: key))
    // The third concept is honesty, which the last token has anyway.
    let keys = key == "Tab" ? [pressed, pressed] : [pressed]
    let effects = keys.flatMap { update(&state, .key($0)) }
    #expect(effects.contains(.prompt(.cancelReasons)))
    #expect(state.prompt?.reasons.why.asked == nil)
    if let text = state.prompt?.pending, let reading = state.prompt?.reading {
      _ = update(&state, .prompt(.read(text, .success(reading))))
    }
    let late = Event.prompt(
      .explained(number: number, .success(Fixture.why(question.token)), isWhole: true))
    _ = update(&state, late)
    #expect(state.prompt?.reasons.why.answer == nil, "of another question")
    #expect(rest(&state).count == 1, "asked anew")
  }

  @Test func typingCancelsAndIsReadAtOnce() {
    var state = Fixture.prompt(80, 24).after("Esc", "w")
    _ = rest(&state)
    state = state.after("Esc", "i")
    let effects = update(&state, .key(.character("x")))
    #expect(effects.contains(.prompt(.cancelReasons)))
    let reads = effects.compactMap { $0.of(PromptEffect.self) }.filter { effect in
      if case .read = effect { return true }
      return false
    }
    #expect(reads.count == 1)
    #expect(rest(&state).isEmpty, "what was typed is not read yet")
  }

  /// The side in front is shown as soon as it is there.
  @Test func oneSideComesFirst() {
    var state = Fixture.prompt(120, 40).after("Esc", "w")
    guard case .explain(let number, let question)? = rest(&state).first else {
      Issue.record("nothing was asked")
      return
    }
    var half = Fixture.why(question.token)
    half.explanations.removeLast()
    _ = update(&state, .prompt(.explained(number: number, .success(half), isWhole: false)))
    #expect(state.prompt?.isBusy == true)
    #expect(render(state).text.contains("12 feed-forward"))
    // The cursor moves away and comes back: half an answer is none.
    state = state.after("h", "l")
    #expect(rest(&state).count == 1)
  }

  @Test func failuresAreSaidOnce() {
    var state = Fixture.prompt(80, 24).after("Esc", "w")
    guard case .explain(let number, _)? = rest(&state).first else {
      Issue.record("nothing was asked")
      return
    }
    _ = update(
      &state,
      .prompt(.explained(number: number, .failure(Problem("no such concept")), isWhole: true)))
    #expect(state.message?.text == "no such concept" && state.message?.isError == true)
    #expect(rest(&state).isEmpty, "not again before something changes")
    #expect(!render(state).text.isEmpty)
  }

  @Test func partsAreChosenByKeysAndMouse() throws {
    var state = why(80, 24)
    #expect(state.context == .why && state.prompt?.reasons.choice == 0)
    #expect(state.after("j", "j", "k").prompt?.reasons.choice == 1)
    #expect(state.after("k").prompt?.reasons.choice == 0)
    let lines = render(state).text.split(separator: "\n", omittingEmptySubsequences: false)
    let y = try #require(lines.firstIndex { $0.contains("20 head 3") })
    let x = Array(lines[y]).indices.first { String(Array(lines[y])[$0...]).hasPrefix("20 head 3") }
    let place = Cursor(x: try #require(x), y: y)
    _ = update(&state, .mouse(Mouse(place: place, action: .left)))
    #expect(state.prompt?.reasons.choice == 1 && state.prompt?.reasons.showsLayers == false)
    let effects = update(&state, .mouse(Mouse(place: place, action: .left)))
    #expect(state.prompt?.reasons.showsLayers == true)
    for effect in effects.compactMap({ $0.of(PromptEffect.self) }) { answer(effect, &state) }
    #expect(render(state).text.contains("layer 30"))
    // A line of it is a layer.
    let layers = render(state).text.split(separator: "\n", omittingEmptySubsequences: false)
    let top = try #require(layers.firstIndex { $0.contains("layer 30 ") })
    _ = update(&state, .mouse(Mouse(place: Cursor(x: place.x + 2, y: top), action: .left)))
    #expect(state.prompt?.layer == 30)
    #expect(state.after("Esc").prompt?.reasons.showsLayers == false)
    #expect(state.after("Esc", "Esc").context == .tokens)
    #expect(state.after("w").prompt?.panel == .concepts)
    _ = update(&state, .key(.escape))
    _ = update(&state, .mouse(Mouse(place: place, action: .wheelDown)))
    #expect(state.prompt?.reasons.choice == 2)
  }

  /// Earlier words stand on a ground that says what they gave, with a sign for those who see none.
  @Test func earlierTokensAreTinted() throws {
    let state = why(80, 24)
    let surface = render(state)
    let lines = surface.text.split(separator: "\n", omittingEmptySubsequences: false)
    let y = try #require(lines.firstIndex { $0.hasPrefix(" tuned") })
    #expect(lines[y].contains("He+") && lines[y].contains("told-"))
    let x = try #require(
      Array(lines[y]).indices.first {
        String(Array(lines[y])[$0...]).hasPrefix("He+")
      })
    #expect(surface[x, y].style.background == state.theme.tint(1).background)
    #expect(surface[x, y].style.background != surface[x + 4, y].style.background)
    #expect(!render(state.after("w")).text.contains("He+"))
  }

  @Test func theLensNamesBothSides() throws {
    var state = Fixture.prompt(120, 40).after("Esc", "n")
    settle(&state)
    let text = render(state).text
    #expect(text.contains("next after safe") && text.contains("tuned") && text.contains("base"))
    #expect(text.contains("and .50"))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let y = try #require(lines.lastIndex { $0.contains(" 0 and .50") || $0.contains("0  and .50") })
    let x = try #require(Array(lines[y]).lastIndex { $0 == "." })
    _ = update(&state, .mouse(Mouse(place: Cursor(x: x, y: y), action: .left)))
    #expect(state.prompt?.layer == 0)
  }

  /// A script that waits has everything that is shown.
  @Test func waitingIncludesWhatIsNotAskedYet() {
    #expect(PromptScreen.motion(Fixture.prompt(200, 60))?.ends == true, "there is room for it")
    #expect(PromptScreen.motion(Fixture.prompt(80, 24)) == nil)
  }
}
