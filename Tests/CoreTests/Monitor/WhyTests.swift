import Foundation
import LinearAlgebra
import SeerModels
import SeerMonitor
import SeerSupport
import TestModels
import TestSupport
import Testing

/// What wrote a concept into a state is what plain computations say: subtracting a part, moving an
/// embedding, leaving out a token.
struct WhyTests {
  let fixture: RunFixture
  let scorer: Scorer
  let ids: [Int32]

  init() throws {
    fixture = try RunFixture(rows: 20)
    try fixture.run(fixture.extraction(.mean))
    scorer = try Scorer(
      model: Fixtures.tinyModel, adapter: nil, run: fixture.folder("run"), layer: 2,
      template: .plain)
    ids = scorer.language.tokenizer.encode("the sky is blue and Gold", addSpecial: true)
  }

  func explainer(_ attribution: Attribution) -> Explainer {
    Explainer(scorer.language, monitor: scorer.monitor, attribution: attribution)
  }

  /// The logit by its definition; lengths are those of `held`, where it is given.
  func logit(_ state: [Double], _ concept: Int, held: [Double]? = nil) -> Double {
    let mean = scorer.monitor.directions.mean.map { Double($0) }
    let direction = scorer.monitor.direction(concept).map { Double($0) }
    func centred(_ x: [Double], _ length: Double) -> [Double] {
      zip(x, mean).map { $0 / length - $1 }
    }
    func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let norm = length(held ?? state)
    let distance = length(centred(held ?? state, norm))
    let along = zip(centred(state, norm), direction).reduce(0) { $0 + $1.0 * $1.1 }
    return along / distance / Double(scorer.monitor.calibration.temperature)
  }

  func state(_ ids: [Int32], _ token: Int, layer: Int = 2) throws -> [Double] {
    try scorer.language.states(ids, layers: [layer])[0][token].map { Double($0) }
  }

  @Test func theLogitIsTheScoresOwn() throws {
    let state = try scorer.language.states(ids, layers: [2])[0][3]
    let scores = scorer.monitor.score(state)
    let logits = scorer.monitor.concepts.indices.map { scorer.monitor.logit($0, of: state) }
    #expect(
      abs(
        logits[scores.best].value * Double(scorer.monitor.calibration.temperature)
          - Double(scores.cosine)) < 1e-5)
    for (probability, score) in zip(
      softmax(logits.map { Float($0.value) }, temperature: 1), scores.scores)
    {
      #expect(abs(probability - score) < 1e-4)
    }
    let zero = [Float](repeating: 0, count: state.count)
    #expect(scorer.monitor.logit(0, of: zero).value == 0)
  }

  @Test func slopesAreDifferences() throws {
    let x = try state(ids, 4)
    let logit = scorer.monitor.logit(1, of: x.map { Float($0) })
    #expect(abs(logit.value - self.logit(x, 1)) < 1e-5 * max(1, abs(logit.value)))
    let step = 1e-4
    let largest = logit.gradient.map { abs($0) }.max() ?? 0
    for column in x.indices {
      func moved(_ by: Double, held: [Double]?) -> Double {
        var y = x
        y[column] += by
        return self.logit(y, 1, held: held)
      }
      let slope = (moved(step, held: nil) - moved(-step, held: nil)) / (2 * step)
      #expect(abs(Double(logit.gradient[column]) - slope) < 1e-4 * Double(largest))
      let held = (moved(step, held: x) - moved(-step, held: x)) / (2 * step)
      #expect(abs(Double(logit.held[column]) - held) < 1e-4 * Double(largest))
    }
  }

  /// A part's value is what the logit loses when the part alone is taken from the state, lengths
  /// held.
  @Test func aPartIsWhatItsSubtractionTakes() throws {
    let model = scorer.language.transformer
    let width = scorer.monitor.width
    let token = ids.count - 1
    let why = try explainer(.attnLRP).explain(ids, [(token: token, concept: 0)])[0]
    #expect(why.layer == 2 && why.token == token && why.concept == 0)
    let x = try state(ids, token)
    #expect(abs(why.logit - logit(x, 0)) < 1e-4)
    #expect(abs(why.parts.reduce(why.remainder) { $0 + $1.value } - why.logit) < 1e-9)
    // The mean's share, and no more: this family has no biases.
    let zero = logit([Double](repeating: 0, count: width), 0, held: x)
    #expect(abs(why.remainder - zero) < 1e-4)
    // Each part as a vector, from its products with the axes.
    let pass = try TrainingPass(
      model, Batch([ids]), last: 2, adapter: nil, keepsBlocks: true,
      partsAt: [Int](repeating: token, count: width), checkpoint: {})
    let axes = Matrix(rows: width, columns: width) { $0 == $1 ? 1 : 0 }
    let columns = model.values(of: try #require(pass.parts), along: axes)
    #expect(why.parts.count == 1 + 2 * (model.configuration.heads + 1))
    for (index, part) in why.parts.enumerated() {
      let without = x.indices.map { x[$0] - columns[$0][index].value }
      let change = logit(x, 0) - logit(without, 0, held: x)
      #expect(abs(part.value - change) <= 1e-3 * max(abs(change), 1e-2), "\(part)")
    }
    #expect(why.strongest(3).count == 3)
    #expect(abs(why.strongest(1)[0].value) == why.parts.map { abs($0.value) }.max())
  }

  /// Gradient times input against central differences of the whole pass, each embedding moved along
  /// itself.
  @Test func gradientsAreDifferences() throws {
    let token = ids.count - 2
    let why = try explainer(.gradient).explain(ids, [(token: token, concept: 1)])[0]
    let values = why.earlier + [try #require(why.own)]
    #expect(values.count == token + 1)
    let input = try scorer.language.states(ids, layers: [0])[0]
    let step: Float = 1e-3
    let size = values.reduce(0) { max($0, abs($1)) }
    for (place, value) in values.enumerated() {
      func moved(_ by: Float) throws -> Double {
        let result = try scorer.language.transformer.forward(
          Batch([ids]),
          request: ForwardRequest(
            layers: [2], spans: [token..<token + 1],
            interventions: [
              Intervention(
                layer: 0, vector: input[place].map { by * $0 }, tokens: place..<place + 1)
            ]),
          activations: scorer.language.activations(tokens: ids.count))
        return logit(result.states[0].values.map { Double($0) }, 1)
      }
      let slope = (try moved(step) - moved(-step)) / Double(2 * step)
      #expect(abs(value - slope) < 5e-3 * size, "token \(place)")
    }
  }

  @Test func occlusionIsTheTextWithoutTheToken() throws {
    let token = 5
    let why = try explainer(.occlusion).explain(ids, [(token: token, concept: 1)])[0]
    #expect(why.earlier.count == token && why.own == nil)
    for (place, value) in why.earlier.enumerated() {
      var without = Array(ids[...token])
      without.remove(at: place)
      let other = try logit(state(without, token - 1), 1)
      #expect(abs(value - (why.logit - other)) < 1e-3, "token \(place)")
    }
    #expect(try explainer(.occlusion).explain(ids, [(token: 0, concept: 1)])[0].earlier.isEmpty)
  }

  @Test func tokensTogetherAreTokensAlone() throws {
    for attribution in Attribution.allCases {
      var explainer = explainer(attribution)
      var done: [Int] = []
      let together = try explainer.explain(ids, ids.indices.map { (token: $0, concept: nil) }) {
      } progress: {
        done.append($0)
      }
      #expect(done == Array(1...ids.count))
      // Where nothing fits, blocks are run again.
      explainer.keptBytes = 0
      for (token, why) in together.enumerated() {
        let alone = try explainer.explain(ids, [(token: token, concept: nil)])[0]
        #expect(why.token == token && why.concept == alone.concept)
        #expect(why.earlier.count == token && alone.earlier.count == token)
        #expect(abs(why.logit - alone.logit) < 1e-3)
        let size = why.earlier.reduce(1e-2) { max($0, abs($1)) }
        for (a, b) in zip(why.earlier, alone.earlier) { #expect(abs(a - b) < 1e-3 * size) }
        for (a, b) in zip(why.parts, alone.parts) { #expect(abs(a.value - b.value) < 1e-3) }
      }
    }
  }

  /// The concept explained is the one that the token's averaged score names, the logit that of its own
  /// state.
  @Test func whatIsExplainedIsTheTokensOwnState() throws {
    let halves = try AveragedRun(fixture, halfLife: 8)
    let scorer = try Scorer(
      model: Fixtures.tinyModel, adapter: nil, run: fixture.folder("averaged"),
      layer: halves.layer, template: .plain)
    let input = ScoringInput(prompt: "the sky is blue and Gold sea user 12 the naïve x")
    let (text, explained) = try inJob { try scorer.explain(input, context: $0) }
    let states = try scorer.language.states(text.tokens.map(\.id), layers: [halves.layer])[0]
    var differs = 0
    for (place, (token, one)) in zip(text.tokens, explained).enumerated() {
      #expect(one.why.concept == token.scores.best)
      let logit = scorer.monitor.logit(one.why.concept, of: states[place]).value
      #expect(abs(one.why.logit - logit) < 1e-3 * max(1, abs(logit)))
      differs += scorer.monitor.score(states[place]).best == token.scores.best ? 0 : 1
    }
    #expect(differs > 0, "some token reads otherwise by itself")
  }

  @Test func aScoredTextIsExplained() throws {
    let scorer = scorer
    let input = ScoringInput(prompt: "the sky is blue", response: "so is the sea")
    let (text, explained, scored, lens) = try inJob { context in
      var result: ScoredText?
      try scorer.score([input]) { result = try $1.get() }
      let (text, explained) = try scorer.explain(input, context: context)
      return (text, explained, result, try scorer.lens(text, top: 3, context: context))
    }
    // One pass gives the scores that a pass for them alone gives.
    let alone = try #require(scored)
    #expect(text.tokens.map(\.id) == alone.tokens.map(\.id))
    #expect(text.turns.map(\.tokens) == alone.turns.map(\.tokens) && text.turns.count == 2)
    let pairs =
      zip(text.tokens, alone.tokens).map { ($0.scores, $1.scores) }
      + zip(text.turns, alone.turns).map { ($0.scores, $1.scores) }
    for (ours, theirs) in pairs {
      for (a, b) in zip(ours.scores, theirs.scores) { #expect(abs(a - b) < 1e-4) }
    }
    #expect(explained.count == text.tokens.count && explained.allSatisfy { $0.base == nil })
    for (token, one) in zip(text.tokens, explained) {
      #expect(one.why.concept == token.scores.best)
      let cosine = one.why.logit * Double(scorer.monitor.calibration.temperature)
      #expect(abs(cosine - Double(token.scores.cosine)) < 1e-4)
    }
    #expect(lens.token == text.tokens.count - 1 && lens.base == nil)
    #expect(lens.layers.count == scorer.language.configuration.blocks + 1)
    let logits = try scorer.language.transformer.forward(
      Batch([text.tokens.map(\.id)]), request: ForwardRequest(logitsAt: [lens.token]),
      activations: scorer.language.activations(tokens: text.tokens.count)
    ).logits
    let values = try #require(logits).values
    #expect(lens.layers.last?.first.map { values[Int($0.id)] } == values.max())
    let failure = thrownFailure {
      _ = try inJob { try scorer.explain(input, token: 99, context: $0) }
    }
    #expect(failure?.place == "--token" && failure?.wanted == "0 to \(text.tokens.count - 1)")
    let unknown = thrownFailure {
      _ = try inJob { try scorer.explain(input, concept: "x", context: $0) }
    }
    #expect(unknown?.wanted == "one of a, b, c")
  }
}
