import LinearAlgebra
import SeerModels
import SeerSupport

/// One token explained, and with the model's adapter off.
package struct ExplainedToken: Equatable, Sendable {
  package var why: Explanation
  /// For the same concept, without the adapter; nil where there is none.
  package var base: Explanation?
}

/// What each layer would say after one token, and with the model's adapter off.
package struct TokenLens: Equatable, Sendable {
  /// The token's place in the text.
  package var token: Int
  /// By layer, from 0: the likeliest next tokens, likeliest first.
  package var layers: [[LensToken]]
  /// Without the adapter; nil where there is none.
  package var base: [[LensToken]]?
}

extension Scorer {
  /// Scores a text and explains one of its tokens, or all of them, in one pass over it for each side.
  ///
  /// The side without the adapter is read by its own monitor, where there is one.
  ///
  /// - Parameters:
  ///   - concept: each token's own best where nil.
  ///   - token: a place in the text; all where nil.
  ///
  /// Fails where there is no such token or concept.
  package func explain(
    _ input: ScoringInput, concept: String? = nil, token: Int? = nil,
    by attribution: Attribution = .attnLRP, context: JobContext
  ) throws -> (text: ScoredText, tokens: [ExplainedToken]) {
    let row = try render([input])[0].get()
    let turns = TurnSpan.all(of: row)
    var read: [Conversation.Side: [ConceptScores]] = [:]
    let starts = turnStarts(turns.map(\.tokens), of: row.ids.count)
    let explained = try explain(row.ids, concept, token, attribution, context) { side, states in
      guard let monitor = side == .base && adapter != nil ? baseMonitor : monitor else { return [] }
      let means = Matrix(
        rows: turns.count, columns: states.columns,
        values: turns.flatMap { mean(of: states, $0.words) })
      let tokens = monitor.score(states.copy(), starts: starts)
      read[side] = tokens + monitor.score(means, of: .turn)
      return tokens
    }
    let own = read[adapter == nil ? .base : .tuned] ?? []
    let base = adapter == nil ? nil : read[.base]
    return (text(row, turns, from: 0, turnsFrom: row.ids.count, own, base), explained)
  }

  /// - Parameter scores: makes each side's scores of all tokens, given its states at the layer.
  private func explain(
    _ ids: [Int32], _ name: String?, _ token: Int?, _ attribution: Attribution,
    _ context: JobContext, scores: @escaping (Conversation.Side, MutableMatrix) -> [ConceptScores]
  ) throws -> [ExplainedToken] {
    let concept = try name.map { name throws(Failure) in try monitor.place(of: name) }
    let places = try token.map { [try place($0, of: ids.count)] } ?? Array(ids.indices)
    let sides = adapter == nil ? 1 : 2
    func explain(
      _ side: Conversation.Side, _ adapter: Adapter?, _ monitor: Monitor,
      _ asked: [(token: Int, concept: Int?)], done before: Int
    ) throws -> [Explanation] {
      let explainer = Explainer(
        language, adapter: adapter, monitor: monitor, attribution: attribution)
      return try explainer.explain(
        ids, asked, checkpoint: context.checkpoint,
        scores: { scores(side, $0) }
      ) { done in
        context.report(
          JobProgress(completed: before + done, total: sides * places.count))
      }
    }
    let own = try explain(
      adapter == nil ? .base : .tuned, adapter, monitor,
      places.map { (token: $0, concept: concept) }, done: 0)
    guard adapter != nil else { return own.map { ExplainedToken(why: $0) } }
    let base = try explain(
      .base, nil, baseMonitor ?? monitor, own.map { (token: $0.token, concept: $0.concept) },
      done: places.count)
    return zip(own, base).map { ExplainedToken(why: $0, base: $1) }
  }

  /// The logit lens of one token, the text's last where none is given.
  ///
  /// Fails where there is no such token.
  package func lens(
    _ text: ScoredText, token: Int? = nil, top: Int = 5, context: JobContext
  ) throws -> TokenLens {
    let token = try place(token ?? text.tokens.count - 1, of: text.tokens.count)
    let ids = text.tokens.map(\.id)
    return TokenLens(
      token: token,
      layers: try language.lens(
        ids, token, top: top, adapter: adapter, checkpoint: context.checkpoint),
      base: try adapter.map { _ in
        try language.lens(ids, token, top: top, checkpoint: context.checkpoint)
      })
  }

  private func place(_ token: Int, of count: Int) throws(Failure) -> Int {
    guard (0..<count).contains(token) else {
      throw Failure(.usage, place: "--token", found: "\(token)", wanted: "0 to \(count - 1)")
    }
    return token
  }
}
