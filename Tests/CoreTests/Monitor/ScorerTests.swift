import Foundation
import SeerMonitor
import SeerRuns
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Texts scored together are scored as each alone, in order, and a run of something else is
/// refused or named.
struct ScorerTests {
  let fixture: RunFixture

  init() throws { fixture = try RunFixture(rows: 20) }

  func scorer(
    _ position: Position = .mean, layer: Int = 2, template: RowTemplate = .plain
  ) throws -> Scorer {
    if !FileManager.default.fileExists(atPath: fixture.folder("run")) {
      try fixture.run(fixture.extraction(position))
    }
    return try Scorer(
      model: Fixtures.tinyModel, adapter: nil, run: fixture.folder("run"), layer: layer,
      template: template)
  }

  func score(_ scorer: Scorer, _ inputs: [ScoringInput]) throws -> [Result<ScoredText, Failure>] {
    try inJob { context in
      var results: [Result<ScoredText, Failure>] = []
      try scorer.score(inputs, checkpoint: context.checkpoint) { index, result in
        #expect(index == results.count)
        results.append(result)
      }
      return results
    }
  }

  @Test func batchesScoreAsSingleTexts() throws {
    let scorer = try scorer()
    let words = ["the sky", "blue and 12", "sea", "naïve Gold user", "x"]
    let inputs = (0..<40).map { index in
      ScoringInput(
        prompt: (0...index).map { words[($0 * 3 + index) % 5] }.joined(separator: " "),
        response: index % 3 == 0 ? "the sea is \(index)" : nil)
    }
    let together = try score(scorer, inputs)
    #expect(together.count == 40)
    for index in stride(from: 0, to: 40, by: 7) {
      let alone = try score(scorer, [inputs[index]])[0].get()
      let other = try together[index].get()
      #expect(other.tokens.map(\.id) == alone.tokens.map(\.id))
      for (a, b) in zip(alone.tokens, other.tokens) {
        #expect(a.text == b.text)
        for (x, y) in zip(a.scores.scores, b.scores.scores) { #expect(abs(x - y) < 1e-4) }
      }
      for (a, b) in zip(alone.turns, other.turns) {
        #expect(a.role == b.role && a.tokens == b.tokens)
        for (x, y) in zip(a.scores.scores, b.scores.scores) { #expect(abs(x - y) < 1e-4) }
      }
      #expect(alone.turns.map(\.role) == (index % 3 == 0 ? [.user, .assistant] : [.user]))
    }
  }

  @Test func theTokensMakeTheText() throws {
    let scorer = try scorer()
    let text = "The naïve 🦜 said 日本 to 12"
    let scored = try score(scorer, [ScoringInput(prompt: text)])[0].get()
    #expect(scored.tokens.map(\.text).joined() == text)
  }

  @Test func aChatPromptHasTheGenerationHeader() throws {
    let scorer = try scorer(template: .chat)
    let scored = try score(scorer, [ScoringInput(prompt: "Hi")])[0].get()
    #expect(scored.tokens.map(\.text).joined().hasSuffix("<|im_start|>assistant\n"))
    let turn = try #require(scored.turns.first)
    #expect(turn.role == .user)
    #expect(scored.tokens[turn.tokens].map(\.text).joined() == "Hi")
  }

  /// Its state is many times longer than the others'.
  @Test func aTurnLeavesOutTheTextsFirstToken() throws {
    let scorer = try scorer()
    let scored = try score(scorer, [ScoringInput(prompt: "the sky is blue")])[0].get()
    let states = try scorer.language.states(scored.tokens.map(\.id), layers: [2])[0].dropFirst()
    let sum = states.reduce([Float](repeating: 0, count: 64)) { zip($0, $1).map { $0 + $1 } }
    let wanted = scorer.monitor.score(matrix([sum]))[0]
    let turn = try #require(scored.turns.first)
    #expect(turn.tokens == 0..<scored.tokens.count)
    for (x, y) in zip(turn.scores.scores, wanted.scores) { #expect(abs(x - y) < 1e-4) }
  }

  @Test func aTextThatIsTooLongFailsAlone() throws {
    let scorer = try scorer()
    let long = String(repeating: "the sky ", count: 2100)
    let results = try score(
      scorer, [long, "blue", "", "sea"].map { ScoringInput(prompt: $0) })
    #expect((try? results[1].get()) != nil && (try? results[3].get()) != nil)
    for index in [0, 2] {
      guard case .failure(let failure) = results[index] else {
        Issue.record("text \(index) was scored")
        continue
      }
      #expect(failure.kind == .badData)
    }
    #expect(try score(scorer, []).isEmpty)
  }

  @Test func theLayersStatesAreScored() throws {
    let scorer = try scorer(layer: 3)
    let scored = try score(scorer, [ScoringInput(prompt: "the sky is blue")])[0].get()
    let ids = scored.tokens.map(\.id)
    let states = try scorer.language.states(ids, layers: [3])[0]
    let wanted = scorer.monitor.score(matrix(states))
    for (ours, theirs) in zip(scored.tokens, wanted) {
      for (x, y) in zip(ours.scores.scores, theirs.scores) { #expect(abs(x - y) < 1e-4) }
    }
  }

  /// Many texts at once, each turn's tokens averaged from its own start.
  @Test func tokensAreAveragedWithinTheirTurns() throws {
    let halves = try AveragedRun(fixture, halfLife: 2)
    let scorer = try Scorer(
      model: Fixtures.tinyModel, adapter: nil, run: fixture.folder("averaged"),
      layer: halves.layer, template: .plain)
    #expect(scorer.monitor.smoothing.halfLife == 2)
    let inputs = [
      ScoringInput(prompt: "the sky is blue", response: "so is the sea and 12"),
      ScoringInput(prompt: ""), ScoringInput(prompt: "naïve"),
      ScoringInput(prompt: "", response: "the Gold user is x"),
    ]
    let scored = try score(scorer, inputs).compactMap { try? $0.get() }
    #expect(scored.count == 3)
    for text in scored {
      var turns = [Int](repeating: -1, count: text.tokens.count)
      for (place, turn) in text.turns.enumerated() {
        for token in turn.tokens { turns[token] = place }
      }
      let states = try scorer.language.states(text.tokens.map(\.id), layers: [halves.layer])[0]
      let wanted = try halves.scores(matrix(states), turns: turns)
      #expect(largestDistance(text.tokens.map(\.scores.scores), wanted) < 1e-4)
    }
  }

  // MARK: What a run is good for

  @Test func aRunOfAnotherModelIsRefused() throws {
    try fixture.run(fixture.extraction(.mean))
    var bytes = try bytes(ofFile: Fixtures.tinyModel)
    bytes.append(0)
    let other = try fixture.folder.write(bytes, to: "other.gguf")
    let failure = thrownFailure {
      _ = try Scorer(
        model: other, adapter: nil, run: fixture.folder("run"), layer: 1, template: .plain)
    }
    #expect(failure?.kind == .badData && failure?.place == "model_sha256")
    #expect(failure?.found.contains("another model") == true)
  }

  @Test func whatTheRunIsOfIsNoted() throws {
    #expect(try scorer().notes.isEmpty)
    try FileManager.default.removeItem(atPath: fixture.folder("run"))
    let notes = try scorer(.last, template: .chat).notes
    #expect(notes.count == 2)
    #expect(notes[0].contains("--position mean") && notes[1].contains("--template plain"))
  }

  @Test func aLayerThatIsNotThere() throws {
    let failure = thrownFailure { _ = try scorer(layer: 4) }
    #expect(failure?.kind == .usage && failure?.found == "4")
  }
}
