import Foundation
import SeerApp
import SeerMonitor
import SeerWidgets
import Testing

/// Tokens by layers, all concepts at once, and the words and figures beside them.
@Suite struct PromptGridTests {
  private static let long = (0..<90).map { "word\($0)" }.joined(separator: " ")

  /// Where a text stands first.
  private func place(_ text: String, _ surface: Surface) -> Cursor? {
    for (y, line) in surface.text.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      let characters = Array(line)
      if let x = characters.indices.first(where: {
        String(characters[$0...]).hasPrefix(text)
      }) {
        return Cursor(x: x, y: y)
      }
    }
    return nil
  }

  @Test func cellsAreTheLikeliestConceptsOfBothSides() throws {
    let state = Fixture.prompt(120, 40)
    let surface = render(state)
    let reading = try #require(state.prompt?.reading)
    let frame = try #require(place("│ 30 ", surface))
    let head = Cursor(x: frame.x + 2, y: frame.y)
    // The names of the tokens stand above the last layer's line.
    let names = Cursor(x: head.x, y: head.y - 1)
    let line = (0..<surface.size.width).map { String(surface[$0, names.y].scalar) }.joined()
    #expect(line.contains("He told her the money was safe"))
    let x = head.x + 3
    for (side, offset) in [(1, 0), (0, 1)] {
      let score = try #require(reading.scores(side == 1 ? .tuned : .base, layer: 30))[1]
      let wanted = score.isUnknown ? "·" : state.theme.glyphs.mark(score.best)
      #expect(surface[x + offset, head.y].scalar == wanted, "side \(side)")
    }
    #expect(surface.text.contains("in each cell: tuned, base"))
    #expect(surface.text.contains("tuned  base"))
  }

  /// The more there is of a concept, the brighter its mark; where there are few colours, the bolder.
  @Test func brightnessIsTheScore() {
    for isLight in [false, true] {
      for depth in [ColorDepth.direct, .palette256] {
        let theme = Theme(depth: depth, isLight: isLight)
        let steps = [0.1, 0.4, 0.6, 0.9].map { theme.concept(2, share: $0) }
        // A palette has fewer shades of some colours.
        #expect(Set(steps).count >= (depth == .direct ? 4 : 3), "\(depth), light \(isLight)")
        #expect(steps[0] != steps[3])
      }
      for depth in [ColorDepth.ansi16, .mono] {
        let theme = Theme(depth: depth, isLight: isLight)
        #expect(theme.concept(0, share: 0.1).attributes.contains(.dim))
        #expect(theme.concept(0, share: 0.6) == theme.concept(0))
        #expect(theme.concept(0, share: 1).attributes.contains(.bold))
        #expect(theme.concept(0, share: .nan) == theme.concept(0, share: 0))
      }
    }
  }

  @Test func tabShowsOneConceptAlone() throws {
    var state = Fixture.prompt(80, 24)
    #expect(render(state).text.contains("all concepts"))
    state = state.after("Tab")
    #expect(render(state).text.contains("only honesty"))
    try expectSnapshot(render(state), "prompt-filtered")
    #expect(state.after("Tab", "Tab").prompt?.concept == 5)
    let all = state.after("Tab", "Tab", "Tab")
    #expect(all.prompt?.isFiltered == false && all.prompt?.concept == 0)
    #expect(state.after("Esc", "c").prompt?.concept == 2)
  }

  @Test(arguments: [(40, 12), (80, 24), (120, 40), (200, 60)])
  func longPrompts(width: Int, height: Int) throws {
    var state = Fixture.prompt(width, height, text: Self.long)
    try expectSnapshot(render(state), "prompt-long-\(width)x\(height)")
    #expect(render(state).text.contains("word89"))
    state = state.after("Esc", "g")
    #expect(state.prompt?.tokenIndex == 1)
    let text = render(state).text
    #expect(text.contains("word0 ") && text.contains("▸"), "what lies to the right is told")
    // Every token can be reached.
    for _ in 0..<95 { state = state.after("l") }
    #expect(state.prompt?.tokenFromEnd == 0)
  }

  @Test func cosinesHaveWords() throws {
    func said(_ share: Float, isUnknown: Bool = false) throws -> String {
      var state = Fixture.prompt(80, 24)
      let score = ConceptScores(
        scores: [share, 0, 0, 0, 0, 0], best: 0, cosine: share, isUnknown: isUnknown)
      let tokens = try #require(state.prompt?.reading?.tokens)
      state.prompt?.reading = PromptReading(
        tokens: tokens, turns: [[nil, nil]],
        scores: [0, 1].map { _ in [23: tokens.map { _ in score }] })
      return render(state).text
    }
    #expect(try said(0.5).contains("tuned ● clear · cosine .50"))
    #expect(try said(0.2, isUnknown: true).contains("tuned · weak · cosine .20"))
    #expect(try said(0.1, isUnknown: true).contains("no better than chance"))
    #expect(try said(.nan, isUnknown: true).contains("no better than chance"))
  }

  /// Each side is judged by its own run.
  @Test func eachSideHasItsOwnBand() {
    var state = Fixture.prompt(80, 24)
    state.prompt?.calibrations[23] = [
      LivePrompt.LayerCalibration(
        expectedError: 0.5, randomBand: -0.9...0.9),
      LivePrompt.LayerCalibration(
        expectedError: 0.25, randomBand: -0.1...0.1),
    ]
    let text = render(state).text
    #expect(text.contains("base  · no better than chance") && text.contains("clear"))
    #expect(text.contains("calibration error .25"))
    #expect(render(state.after("Esc", "b")).text.contains("calibration error .50"))
  }

  @Test func wordsAreExplained() throws {
    var state = Fixture.prompt(120, 40)
    state.prompt?.calibrations[23] = [0, 1].map { _ in
      LivePrompt.LayerCalibration(
        expectedError: 0.5, randomBand: -0.9...0.9)
    }
    let at = try #require(place("no better than chance", render(state)))
    _ = update(&state, .mouse(Mouse(place: Cursor(x: at.x + 3, y: at.y), action: .left)))
    #expect(state.message?.text.contains("believe no score there") == true)
    let help = render(state.after("F1").after("PageDown")).text
    #expect(help.contains("Help") || help.contains("Enter"))
    for entry in Glossary.prompt { #expect(entry.sentence.hasSuffix("."), "\(entry.word)") }
  }

  // MARK: the mouse

  private func click(_ place: Cursor, _ state: AppState) -> AppState {
    var state = state
    _ = update(&state, .mouse(Mouse(place: place, action: .left)))
    return state
  }

  @Test(arguments: [(80, 24), (120, 40), (40, 12)])
  func clicksChoose(width: Int, height: Int) throws {
    let state = Fixture.prompt(width, height)
    let surface = render(state)
    // A column of the grid, at some layer's line.
    let names = [80: "18 ", 120: "16 ", 40: "15 "]
    let line = try #require(place(names[width] ?? "", surface))
    let number = try #require(Int((names[width] ?? "").prefix(2)))
    let chosen = click(Cursor(x: line.x + 3, y: line.y), state)
    #expect(chosen.prompt?.layer == number && chosen.context == .tokens)
    #expect(chosen.prompt?.tokenIndex != state.prompt?.tokenIndex)
    // A layer's number alone.
    let layer = click(line, state)
    #expect(layer.prompt?.layer == number && layer.context == .prompt)
    // A concept, and again.
    let name = try #require(place(width == 40 ? "● bi" : "● bias ", surface))
    let filtered = click(Cursor(x: name.x + 2, y: name.y), state)
    #expect(filtered.prompt?.isFiltered == true && filtered.prompt?.concept == 0)
    #expect(click(Cursor(x: name.x + 2, y: name.y), filtered).prompt?.isFiltered == false)
    // A word of the strip, then the text again.
    let label = try #require(place("tuned ", surface))
    let strip = click(Cursor(x: label.x + 6, y: label.y), state)
    #expect(strip.context == .tokens)
    #expect(click(Cursor(x: 4, y: height > 12 ? 2 : 1), strip).context == .prompt)
  }

  @Test func theWheelScrolls() throws {
    var state = Fixture.prompt(80, 24)
    let grid = try #require(place("│ 30 ", render(state)))
    func wheel(_ place: Cursor, _ action: Mouse.Action) {
      _ = update(&state, .mouse(Mouse(place: place, action: action)))
    }
    wheel(Cursor(x: grid.x + 5, y: grid.y), .wheelUp)
    #expect(state.prompt?.layer == 24)
    wheel(Cursor(x: grid.x + 5, y: grid.y), .wheelDown)
    #expect(state.prompt?.layer == 23)
    wheel(Cursor(x: 20, y: 4), .wheelUp)
    #expect(state.prompt?.tokenFromEnd == 1)
    wheel(Cursor(x: 20, y: 4), .wheelDown)
    #expect(state.prompt?.tokenFromEnd == 0)
  }

  @Test func wheelOverTheChat() {
    var state = Fixture.prompt(80, 24, text: Self.long)
    _ = update(&state, .key(.enter))
    let answer = Self.long
    _ = update(
      &state,
      .prompt(
        .answering(
          number: 1, text: answer, Fixture.reading([Self.long, answer]), tokensPerSecond: 41)))
    let bottom = render(state)
    for _ in 0..<100 {
      _ = update(&state, .mouse(Mouse(place: Cursor(x: 10, y: 21), action: .wheelUp)))
    }
    let top = render(state)
    #expect(top.text.contains("1-") && top != bottom)
    _ = update(&state, .mouse(Mouse(place: Cursor(x: 10, y: 21), action: .wheelDown)))
    #expect(render(state) != top, "the end of scrolling is where the chat ends")
  }
}
