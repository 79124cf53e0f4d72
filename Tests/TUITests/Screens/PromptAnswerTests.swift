import SeerApp
import SeerMonitor
import SeerPromptScreen
import SeerTokenizers
import SeerWidgets
import Testing

/// How answers are drawn, ended and asked for again.
@Suite struct PromptAnswerTests {
  private let said = "He told her the money was safe"

  /// The text of the token looked at.
  private func token(_ state: AppState) -> String? {
    guard let prompt = state.prompt, let index = prompt.tokenIndex else { return nil }
    return prompt.reading?.tokens[index].text
  }

  private func answered(_ ending: LivePrompt.Answer.Ending, _ width: Int = 80, _ height: Int = 24)
    -> AppState
  {
    var state = Fixture.prompt(width, height)
    _ = update(&state, .key(.enter))
    _ = update(
      &state,
      .prompt(
        .answering(
          number: 1, text: "No", Fixture.reading([said, "No"]), tokensPerSecond: 1)))
    _ = update(
      &state,
      .prompt(.answered(number: 1, .success(LivePrompt.Answer(text: "No", ending: ending)))))
    return state
  }

  @Test func samplingIsMildAndShown() {
    let state = Fixture.prompt(120, 40)
    let sampling = state.prompt?.sampling
    #expect(sampling?.temperature == 0.5 && sampling?.repetitionPenalty == 1.1)
    #expect(render(state).text.contains("temperature .5 · penalty 1.10"))
  }

  /// Changed by keys, which the footer names with the values.
  @Test func samplingIsSetByKeys() {
    let state = Fixture.prompt(200, 60).after("Esc")
    #expect(render(state).text.contains("t/T temperature .5  p/P penalty 1.10"))
    let changed = state.after("t", "t", "P")
    #expect(changed.prompt?.sampling.temperature == 0.3)
    #expect(changed.prompt?.sampling.repetitionPenalty == 1.15)
    #expect(render(changed).text.contains("t/T temperature .3  p/P penalty 1.15"))
    var far = state
    for _ in 0..<60 { far = far.after("t", "p") }
    #expect(far.prompt?.sampling.temperature == 0 && far.prompt?.sampling.repetitionPenalty == 1)
    for _ in 0..<60 { far = far.after("T", "P") }
    #expect(far.prompt?.sampling.temperature == 2)
    #expect(far.prompt?.sampling.repetitionPenalty == 1.5)
    #expect(render(far).text.contains("temperature 2.0"))
  }

  @Test func loopsAreStoppedAndSaid() throws {
    let state = answered(.looping)
    #expect(state.message?.text.contains("repeated itself") == true)
    #expect(state.prompt?.chat.last?.ending == "stopped: it went round in circles")
    try expectSnapshot(render(state.after("Shift-Up")), "prompt-looping")
    #expect(answered(.tooLong).prompt?.chat.last?.ending == "stopped after 400 tokens")
    #expect(answered(.finished).prompt?.chat.last?.ending == nil)
    #expect(answered(.finished).message == nil)
  }

  /// The same text has the same seed; another answer has the next one.
  @Test func anotherAnswer() {
    var state = answered(.finished)
    #expect(state.prompt?.sampling.seed == 0)
    state = state.after("Esc")
    let effects = update(&state, .key(.character("r")))
    #expect(effects.contains(.prompt(.answer(number: 2))))
    #expect(state.prompt?.sampling.seed == 1 && state.prompt?.chat.count == 1)
    #expect(state.prompt?.isAnswering == true)
    #expect(update(&state, .key(.character("r"))).isEmpty, "one at a time")
    _ = update(&state, .prompt(.answered(number: 2, .failure(.cancelled))))
    #expect(state.prompt?.chat.count == 1, "nothing was written")
    #expect(state.after("r").prompt?.isAnswering == false, "there is no answer to replace")
    state = state.after("i").typing("more").after("Enter")
    #expect(state.prompt?.sampling.seed == 0)
  }

  @Test func theTemplateIsTheModelsOwn() {
    var state = Fixture.prompt(120, 40)
    state.prompt?.status = .closed
    _ = update(
      &state, .prompt(.opened(.success(PromptOpening(hasTemplate: true, notes: ["a note"])))))
    #expect(state.prompt?.usesTemplate == true && state.message?.text == "a note")
    #expect(state.prompt?.wanted.usesTemplate == true)
    #expect(render(state).text.contains("the model's template"))
    let plain = state.after("Esc", "s")
    #expect(plain.prompt?.wanted.usesTemplate == false)
    #expect(render(plain).text.contains("plain text"))
    var none = Fixture.prompt(120, 40)
    none.prompt?.status = .closed
    _ = update(&none, .prompt(.opened(.success(PromptOpening(hasTemplate: false, notes: [])))))
    #expect(none.after("Esc", "s").prompt?.usesTemplate == false)
    #expect(!render(none).text.contains("plain text"))
  }

  /// A token of an earlier message is looked at by a click on it, and shown with its message.
  @Test func earlierMessages() throws {
    var state = answered(.finished, 120, 40)
    let text = render(state).text.split(separator: "\n", omittingEmptySubsequences: false)
    let y = try #require(text.lastIndex { $0.contains("money") })
    let line = Array(text[y])
    let x = try #require(line.indices.first { String(line[$0...]).hasPrefix("money") })
    _ = update(&state, .mouse(Mouse(place: Cursor(x: x, y: y), action: .left)))
    #expect(state.context == .tokens)
    #expect(token(state) == " money")
    #expect(render(state).text.contains("tuned He"), "the strip has the message")
    // Left of the second message's first token is the first one's last.
    let first = state.after("G", "h")
    #expect(token(first) == " safe")
  }

  /// A message that reaches what one text in a hundred without the concept reaches is marked, on the
  /// side that does.
  @Test func alertsStandInTheMargin() throws {
    var state = Fixture.prompt(80, 24)
    let rules = (0..<6).map { concept -> AlertRule? in
      AlertRule(concept: concept, limit: .turn(.mean, score: 0.6, rate: 0.01))
    }
    state.prompt?.calibrations[23] = (0..<2).map { _ in
      LivePrompt.LayerCalibration(
        expectedError: 0.0625, randomBand: -0.125...0.125, alerts: rules)
    }
    state.prompt?.concept = 4
    #expect(state.prompt?.alerts(0, .tuned) == [], "nothing is watched")
    state = state.after("Esc", "a")
    #expect(state.message?.text.contains("privacy is as high as in 1 %") == true)
    #expect(state.prompt?.alerts(0, .tuned) == [4])
    #expect(state.prompt?.alerts(0, .base) == [], "there it is another concept")
    state.message = nil
    let lines = render(state).text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.contains { $0.hasPrefix("!tuned") } && lines.contains { $0.hasPrefix(" base") })
    try expectSnapshot(render(state), "prompt-alert")
    #expect(state.after("a").prompt?.watched.isEmpty == true)
    let without = Fixture.prompt(80, 24).after("Esc", "a")
    #expect(without.message?.isError == true && without.prompt?.alerts(0, .tuned) == [])
  }

  /// Words have a run of their own at some layers: those are shown first, and named.
  @Test func wordsAreReadAtTheirLayer() {
    var state = Fixture.prompt(120, 40)
    state.prompt?.status = .closed
    let opening = PromptOpening(hasTemplate: false, notes: [], wordLayers: [26, 12])
    _ = update(&state, .prompt(.opened(.success(opening))))
    #expect(state.prompt?.layer == 26)
    #expect(render(state).text.contains("words: layer 26, 12"))
  }
}
