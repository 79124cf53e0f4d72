import LinearAlgebra
import SeerModels
import SeerSupport

/// How what earlier tokens gave is found.
package enum Attribution: String, NamedChoice {
  /// One backward pass by rules that keep relevance (``BackwardRules/attnLRP``).
  case attnLRP = "attnlrp"
  /// One backward pass: the gradient of the logit times the embedding.
  case gradient
  /// The text without each token, one after the other: as many passes as there are tokens.
  case occlusion
}

/// What wrote a concept into one token's state.
package struct Explanation: Equatable, Sendable {
  /// The token's place in the text.
  package var token: Int
  /// The concept's place among the monitor's.
  package var concept: Int
  package var layer: Int
  /// The concept's cosine divided by the temperature: of this token's state alone, however scores are
  /// averaged.
  package var logit: Double
  /// What the embedding, every head and every feed-forward block below the layer gave of it, with
  /// the lengths held that the monitor divides by.
  package var parts: [PartValue]
  /// The rest of the logit: the mean that is taken off, biases, what was added from outside,
  /// rounding.
  package var remainder: Double
  /// What each of the tokens before gave, by place.
  package var earlier: [Double]
  /// The same of the token itself; nil where it cannot be told.
  package var own: Double?

  package init(
    token: Int, concept: Int, layer: Int, logit: Double, parts: [PartValue], remainder: Double,
    earlier: [Double], own: Double?
  ) {
    self.token = token
    self.concept = concept
    self.layer = layer
    self.logit = logit
    self.parts = parts
    self.remainder = remainder
    self.earlier = earlier
    self.own = own
  }

  /// The parts that gave most, for or against, most first.
  package func strongest(_ count: Int) -> [PartValue] {
    Array(parts.sorted { abs($0.value) > abs($1.value) }.prefix(count))
  }
}

/// Says of tokens what wrote a concept into their states: which parts of the model, and which
/// earlier tokens.
///
///     let explainer = Explainer(language, adapter: adapter, monitor: monitor)
///     let why = try explainer.explain(ids, [(token: 12, concept: nil)])[0]
///     why.strongest(3)          // heads and blocks
///     why.earlier               // one value for each token before
package struct Explainer {
  package let language: LanguageModel
  package let adapter: Adapter?
  package let monitor: Monitor
  package var attribution = Attribution.attnLRP
  /// Bytes of what blocks compute that are kept for the way back; where more would be needed,
  /// blocks are run twice.
  package var keptBytes = 1 << 30

  package init(
    _ language: LanguageModel, adapter: Adapter? = nil, monitor: Monitor,
    attribution: Attribution = .attnLRP
  ) {
    self.language = language
    self.adapter = adapter
    self.monitor = monitor
    self.attribution = attribution
  }

  /// One pass over the text, and one back for each token asked for.
  ///
  /// - Parameters:
  ///   - asked: places in the text, and the concept to explain, the token's own best where nil.
  ///   - scores: makes the scores of all tokens, of which the text is read to its end for it, given
  ///     the layer's states; each token's best is its own, else that of its state by itself.
  ///   - progress: called with how many of the tokens are done.
  ///
  /// Throws where an id is none of the model's, or when the job is cancelled.
  package func explain(
    _ ids: [Int32], _ asked: [(token: Int, concept: Int?)], checkpoint: Checkpoint = {},
    scores: ((MutableMatrix) -> [ConceptScores])? = nil, progress: (Int) -> Void = { _ in }
  ) throws -> [Explanation] {
    try language.check(ids)
    precondition(asked.allSatisfy { ids.indices.contains($0.token) })
    guard let last = asked.map(\.token).max() else { return [] }
    // Nobody looks ahead, so what follows the last token asked for is of no account to it.
    let isEnough = language.configuration.isCausal && scores == nil
    var batch = Batch()
    batch.append(isEnough ? Array(ids[...last]) : ids, of: ids.count)
    let bytes = TrainingPass.bytes(
      tokens: batch.tokens.count, layers: monitor.layer, language.configuration,
      keepsBlocks: true)
    let pass = try TrainingPass(
      language.transformer, batch, last: monitor.layer, adapter: adapter,
      keepsBlocks: bytes <= keptBytes, partsAt: asked.map(\.token), checkpoint: checkpoint)
    let scored = scores?(pass.output) ?? []
    let logits = asked.map { place in
      let state = pass.output.row(place.token)
      let own = scored.indices.contains(place.token) ? scored[place.token].best : nil
      let concept = place.concept ?? own ?? monitor.score(state).best
      return (concept: concept, logit: monitor.logit(concept, of: state))
    }
    guard let captured = pass.parts else { return [] }
    let parts = language.transformer.values(
      of: captured,
      along: Matrix(
        rows: asked.count, columns: monitor.width, values: logits.flatMap(\.logit.held)), adapter)
    var explanations: [Explanation] = []
    for (index, place) in asked.enumerated() {
      let (concept, logit) = logits[index]
      var values = try attribute(ids, pass, place.token, concept, logit, checkpoint)
      let own = values.count > place.token ? values.remove(at: place.token) : nil
      explanations.append(
        Explanation(
          token: place.token, concept: concept, layer: monitor.layer, logit: logit.value,
          parts: parts[index],
          remainder: logit.value - parts[index].reduce(0) { $0 + $1.value },
          earlier: values, own: own))
      progress(index + 1)
    }
    return explanations
  }

  /// What each token gave, the token itself last where it can be told.
  private func attribute(
    _ ids: [Int32], _ pass: TrainingPass, _ token: Int, _ concept: Int, _ logit: ConceptLogit,
    _ checkpoint: Checkpoint
  ) throws -> [Double] {
    let gradient: Matrix
    switch attribution {
    case .occlusion:
      let others = (0..<token).map { [$0] }
      return try logits(ids, at: token, concept, without: others, checkpoint).map {
        logit.value - $0
      }
    case .gradient:
      gradient = try pass.inputGradient(
        of: token, logit.gradient, .gradient, checkpoint: checkpoint)
    case .attnLRP:
      gradient = try pass.inputGradient(of: token, logit.held, .attnLRP, checkpoint: checkpoint)
    }
    let input = pass.states(layer: 0)
    return (0...token).map { row in
      let (x, slope) = (input.start + row * input.columns, gradient.row(row))
      return (0..<input.columns).reduce(0) { $0 + Double(x[$1]) * Double(slope[$1]) }
    }
  }

  /// A concept's logit of a token in the text without some of the other tokens, for each choice of
  /// them; what follows is closed up.
  package func logits(
    _ ids: [Int32], at token: Int, _ concept: Int, without choices: [[Int]],
    _ checkpoint: Checkpoint = {}
  ) throws -> [Double] {
    let text = language.configuration.isCausal ? Array(ids[...token]) : ids
    let rows = max(1, language.batchTokens / text.count)
    let activations = language.activations(tokens: min(rows, choices.count) * text.count)
    var values: [Double] = []
    for first in stride(from: 0, to: choices.count, by: rows) {
      var batch = Batch()
      var spans: [Range<Int>] = []
      for choice in choices[first..<min(choices.count, first + rows)] {
        let out = Set(choice)
        precondition(!out.contains(token))
        let place = batch.tokens.count + token - out.count { $0 < token }
        spans.append(place..<place + 1)
        batch.append(text.indices.filter { !out.contains($0) }.map { text[$0] })
      }
      let result = try language.transformer.forward(
        batch, adapter: adapter, request: ForwardRequest(layers: [monitor.layer], spans: spans),
        activations: activations, checkpoint: checkpoint)
      values += spans.indices.map { monitor.logit(concept, of: result.states[0].row($0)).value }
    }
    return values
  }
}
