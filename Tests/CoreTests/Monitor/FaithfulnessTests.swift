import Foundation
import SeerModels
import SeerMonitor
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Taking a concept out of a token does what it says, and the report is what a plain computation
/// gives.
struct FaithfulnessTests {
  let fixture: RunFixture
  let scorer: Scorer
  let text: ScoredText

  init() throws {
    fixture = try RunFixture(rows: 20)
    try fixture.run(fixture.extraction(.mean))
    scorer = try Scorer(
      model: Fixtures.tinyModel, adapter: nil, run: fixture.folder("run"), layer: 1,
      template: .plain)
    let scorer = scorer
    text = try inJob { context in
      var result: ScoredText?
      try scorer.score(
        [ScoringInput(prompt: "the sky is blue and Gold")], checkpoint: context.checkpoint
      ) {
        result = try $1.get()
      }
      return try #require(result)
    }
  }

  func job<Output>(_ body: (JobContext) throws -> Output) throws -> Output { try inJob(body) }

  @Test func theDirectionIsGone() throws {
    let ids = text.tokens.map(\.id)
    let state = try scorer.language.states(ids, layers: [1])[0][3]
    for concept in scorer.monitor.concepts.indices {
      let removal = scorer.monitor.removal(of: concept, from: state)
      let direction = scorer.monitor.direction(concept)
      let norm = state.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let mean = scorer.monitor.directions.mean
      let left = state.indices.reduce(Float(0)) {
        $0 + (state[$1] + removal[$1] - norm * mean[$1]) * direction[$1]
      }
      #expect(abs(left) < 1e-4 * norm)
    }
  }

  @Test func theDivergenceIsTheReports() throws {
    let ids = text.tokens.map(\.id)
    let later = try Monitor(run: scorer.run, layer: 3)
    let ablation = try job {
      try scorer.ablate(ids, token: 3, concept: 0, later: later, count: 5, context: $0)
    }
    let state = try scorer.language.states(ids, layers: [1])[0][3]
    let removal = scorer.monitor.removal(of: 0, from: state)
    func pass(_ interventions: [Intervention]) throws -> (p: [Double], later: [ConceptScores]) {
      let result = try scorer.language.transformer.forward(
        Batch([ids]),
        request: ForwardRequest(
          layers: [3], spans: (4..<ids.count).map { $0..<$0 + 1 }, logitsAt: [3],
          interventions: interventions),
        activations: scorer.language.activations(tokens: ids.count))
      let logits = try #require(result.logits).values
      let largest = try #require(logits.max())
      let weights = logits.map { exp(Double($0 - largest)) }
      return (weights.map { $0 / weights.reduce(0, +) }, later.score(result.states[0]))
    }
    let before = try pass([])
    let after = try pass([Intervention(layer: 1, vector: removal, tokens: 3..<4)])
    let divergence = zip(before.p, after.p).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
    #expect(abs(ablation.divergence.removed - divergence) < 1e-4 * max(1, divergence))
    #expect(ablation.divergence.random.count == 5)
    #expect(ablation.divergence.random.allSatisfy { $0 > 0 })
    let change = try #require(ablation.changes.first)
    #expect(abs(change.before - before.p[Int(change.id)]) < 1e-5)
    #expect(abs(change.after - after.p[Int(change.id)]) < 1e-5)
    let largest = zip(before.p, after.p).map { abs($0 - $1) }.max()
    #expect(abs(abs(change.after - change.before) - (largest ?? 9)) < 1e-5)
    let shift = zip(before.later, after.later).reduce(0) {
      $0 + Double($1.1.scores[0] - $1.0.scores[0])
    }
    #expect(abs((ablation.later?.removed ?? 9) - shift / Double(ids.count - 4)) < 1e-4)
    #expect(ablation.length > 0 && ablation.length < 2)
  }

  @Test func theLastTokenHasNoLaterOnes() throws {
    let ids = text.tokens.map(\.id)
    let ablation = try job {
      try scorer.ablate(
        ids, token: ids.count - 1, concept: 1, later: scorer.monitor, count: 2, context: $0)
    }
    #expect(ablation.later == nil)
  }

  @Test func curvesBeginAndEndWithTheWholeText() throws {
    let turn = try #require(text.turns.first)
    let curves = try job {
      try scorer.curves(
        text.tokens.map(\.id), tokens: turn.tokens, scores: text.tokens.map(\.scores), concept: 0,
        context: $0)
    }
    let whole = Double(turn.scores.scores[0])
    #expect(curves.deleted.count == curves.deletion.count && curves.deleted.first == 0)
    #expect(curves.inserted.count == curves.insertion.count && curves.inserted.last == 1)
    #expect(curves.randomDeletion.count == curves.deletion.count)
    for value in [
      curves.deletion.first, curves.randomDeletion.first, curves.insertion.last,
      curves.randomInsertion.last,
    ] { #expect(abs((value ?? 9) - whole) < 1e-4) }
    // Putting in a part is taking out the rest: the first choice leaves the highest tokens.
    #expect(curves.deleted.count <= turn.tokens.count)
    let one = try job {
      try scorer.curves(
        text.tokens.map(\.id), tokens: 0..<1, scores: text.tokens.map(\.scores), concept: 0,
        context: $0)
    }
    #expect(one.deletion.isEmpty)
  }

  @Test func aVerificationChoosesTheHighestToken() throws {
    let verification = try job { try scorer.verify(text, concept: "a", context: $0) }
    let place = try scorer.monitor.place(of: "a")
    let scores = text.tokens.map { $0.scores.scores[place] }
    #expect(scores[verification.ablation.token] == scores.max())
    #expect(verification.ablation.laterLayer == 3)
    let token = thrownFailure { _ = try job { try scorer.verify(text, token: 99, context: $0) } }
    #expect(token?.kind == .usage && token?.place == "--token")
    let concept = thrownFailure {
      _ = try job { try scorer.verify(text, concept: "x", context: $0) }
    }
    #expect(concept?.wanted == "one of a, b, c")
  }

  @Test func alertsAreSpans() throws {
    func scores(_ values: [Float], unknown: [Int] = []) -> [ConceptScores] {
      values.enumerated().map {
        ConceptScores(
          scores: [$1, 1 - $1], best: 0, cosine: 0, isUnknown: unknown.contains($0))
      }
    }
    let monitor = scorer.monitor
    let rule = try monitor.rule("a", score: 0.8)
    let together = scores([0.5])[0]
    let alerts = monitor.alerts(
      rule, scores([0.9, 0.2, 0.8, 0.95, 0.81, 0.9], unknown: [4]), from: 10, together: together)
    #expect(
      alerts == [
        Alert(rule: rule, tokens: 10..<11, peak: 0.9),
        Alert(rule: rule, tokens: 12..<14, peak: 0.95),
        Alert(rule: rule, tokens: 15..<16, peak: 0.9),
      ])
    #expect(monitor.alerts(rule, scores([0.1]), from: 0, together: together).isEmpty)
  }
}
