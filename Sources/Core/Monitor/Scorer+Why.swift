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
  /// Explains one token of a scored text, or all of them.
  ///
  /// The side without the adapter is read by its own monitor, where there is one.
  ///
  /// - Parameters:
  ///   - concept: each token's own best where nil.
  ///   - token: a place in the text; all where nil.
  ///
  /// Fails where there is no such token or concept.
  package func explain(
    _ text: ScoredText, concept name: String? = nil, token: Int? = nil,
    by attribution: Attribution = .attnLRP, context: JobContext
  ) throws -> [ExplainedToken] {
    let concept = try name.map { name throws(Failure) in try monitor.place(of: name) }
    let places = try token.map { [try place($0, in: text)] } ?? Array(text.tokens.indices)
    let ids = text.tokens.map(\.id)
    let sides = adapter == nil ? 1 : 2
    func explain(
      _ side: Int, _ adapter: Adapter?, _ monitor: Monitor, _ asked: [(token: Int, concept: Int?)]
    ) throws -> [Explanation] {
      let explainer = Explainer(
        language, adapter: adapter, monitor: monitor, attribution: attribution)
      return try explainer.explain(ids, asked, checkpoint: context.checkpoint) { done in
        context.report(
          JobProgress(completed: side * places.count + done, total: sides * places.count))
      }
    }
    let own = try explain(0, adapter, monitor, places.map { (token: $0, concept: concept) })
    guard adapter != nil else { return own.map { ExplainedToken(why: $0) } }
    let base = try explain(
      1, nil, baseMonitor ?? monitor, own.map { (token: $0.token, concept: $0.concept) })
    return zip(own, base).map { ExplainedToken(why: $0, base: $1) }
  }

  /// The logit lens of one token, the text's last where none is given.
  ///
  /// Fails where there is no such token.
  package func lens(
    _ text: ScoredText, token: Int? = nil, top: Int = 5, context: JobContext
  ) throws -> TokenLens {
    let token = try place(token ?? text.tokens.count - 1, in: text)
    let ids = text.tokens.map(\.id)
    return TokenLens(
      token: token,
      layers: try language.lens(
        ids, token, top: top, adapter: adapter, checkpoint: context.checkpoint),
      base: try adapter.map { _ in
        try language.lens(ids, token, top: top, checkpoint: context.checkpoint)
      })
  }

  private func place(_ token: Int, in text: ScoredText) throws(Failure) -> Int {
    guard text.tokens.indices.contains(token) else {
      throw Failure(
        .usage, place: "--token", found: "\(token)", wanted: "0 to \(text.tokens.count - 1)")
    }
    return token
  }
}
