import SeerSupport

/// Whether the model uses what the monitor reads in a text.
package struct Verification: Sendable {
  package var ablation: Ablation
  package var curves: TokenCurves
}

extension Scorer {
  /// Tests the scores of one turn of a scored text for one concept.
  ///
  /// - Parameters:
  ///   - concept: the turn's own best where nil.
  ///   - token: a place in the text; where nil, the turn's token that scores highest.
  ///
  /// Fails where there is no turn, no such token, or no later layer in the run.
  package func verify(
    _ text: ScoredText, concept name: String? = nil, token place: Int? = nil, context: JobContext
  ) throws -> Verification {
    guard let turn = text.turns.last else {
      throw Failure(.usage, place: "the text", found: "no words", wanted: "a text to verify")
    }
    let concept = try name.map { name throws(Failure) in try monitor.place(of: name) }
    let chosen = concept ?? turn.scores.best
    let scores = text.tokens.map(\.scores)
    let highest = turn.tokens.max { scores[$0].scores[chosen] < scores[$1].scores[chosen] }
    let token = place ?? highest ?? turn.tokens.lowerBound
    guard text.tokens.indices.contains(token) else {
      throw Failure(
        .usage, place: "--token", found: "\(token)", wanted: "0 to \(text.tokens.count - 1)")
    }
    let ids = text.tokens.map(\.id)
    let later = try Monitor(run: run, layer: run.manifest.layers.last ?? monitor.layer)
    return Verification(
      ablation: try ablate(ids, token: token, concept: chosen, later: later, context: context),
      curves: try curves(
        ids, tokens: turn.tokens, scores: scores, concept: chosen, context: context))
  }
}
