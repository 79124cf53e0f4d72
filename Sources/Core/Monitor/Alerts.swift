import SeerSupport

/// What raises an alert.
package struct AlertRule: Equatable, Sendable {
  package enum Limit: Equatable, Sendable {
    /// Tokens that reach a score, span by span.
    case tokens(score: Float)
    /// A turn whose score, made of its tokens' in some way, reaches one that at most `rate` of
    /// held-out turns of other concepts reach.
    case turn(SequenceScore, score: Float, rate: Double)
  }

  /// A place among the monitor's concepts.
  package var concept: Int
  package var limit: Limit

  package init(concept: Int, limit: Limit) {
    self.concept = concept
    self.limit = limit
  }
}

/// A span of tokens in which a concept's score stays at or above a threshold, or a turn whose score
/// does.
package struct Alert: Equatable, Sendable {
  package var rule: AlertRule
  package var tokens: Range<Int>
  /// The largest score of a token in it, or the turn's score.
  package var peak: Float

  package var concept: Int { rule.concept }

  package init(rule: AlertRule, tokens: Range<Int>, peak: Float) {
    self.rule = rule
    self.tokens = tokens
    self.peak = peak
  }
}

extension Monitor {
  /// A rule for a concept; fails, naming those there are, where the monitor does not know it.
  package func rule(_ concept: String, score: Float) throws(Failure) -> AlertRule {
    AlertRule(concept: try place(of: concept), limit: .tokens(score: score))
  }

  /// A rule at a rate of false positives.
  ///
  /// - Parameter way: nil for the mean state's score, or what the run's rows are.
  ///
  /// Fails where the concept is not known, or nothing was measured that says the threshold.
  package func rule(
    _ concept: String, rate: Double, by way: SequenceScore?
  ) throws(Failure) -> AlertRule {
    let place = try place(of: concept)
    guard let falsePositives else {
      throw Failure(
        .usage, place: "--alert", found: "a rate, and a run whose rows are no turns",
        wanted: "a run of --position mean",
        advice: "Extract one, or give a score: CONCEPT=SCORE.")
    }
    let known = SequenceScore.allCases.first { falsePositives.highest[$0.rawValue] != nil }
    let way = way ?? known ?? .mean
    return AlertRule(
      concept: place,
      limit: .turn(
        way, score: try falsePositives.threshold(way, concept: place, rate: rate), rate: rate))
  }

  /// What a turn's scores raise.
  ///
  /// - Parameters:
  ///   - tokens: the turn's, in order, without the text's first (``withoutFirst(_:)``).
  ///   - start: the place of the first of them in the text.
  ///   - together: the score of their mean state.
  package func alerts(
    _ rule: AlertRule, _ tokens: [ConceptScores], from start: Int, together: ConceptScores
  ) -> [Alert] {
    guard !tokens.isEmpty else { return [] }
    switch rule.limit {
    case .tokens(let score): return spans(rule, tokens, from: start, score)
    case .turn(let way, let threshold, _):
      let scores = SequenceScores(mean: together.scores, tokens: tokens.map(\.scores))
      let score = scores[way][rule.concept]
      guard score >= threshold else { return [] }
      return [Alert(rule: rule, tokens: start..<start + tokens.count, peak: score)]
    }
  }

  /// The longest spans of consecutive tokens that reach a score; unknown ones end a span.
  private func spans(
    _ rule: AlertRule, _ tokens: [ConceptScores], from start: Int, _ threshold: Float
  ) -> [Alert] {
    var alerts: [Alert] = []
    for (offset, token) in tokens.enumerated() {
      let place = start + offset
      let score = token.scores[rule.concept]
      guard !token.isUnknown, score >= threshold else { continue }
      if let last = alerts.last, last.tokens.upperBound == place {
        alerts[alerts.count - 1].tokens = last.tokens.lowerBound..<place + 1
        alerts[alerts.count - 1].peak = max(last.peak, score)
      } else {
        alerts.append(Alert(rule: rule, tokens: place..<place + 1, peak: score))
      }
    }
    return alerts
  }

  /// A concept's place by its name; fails, naming those there are.
  package func place(of concept: String) throws(Failure) -> Int {
    guard let place = concepts.firstIndex(where: { $0.utf8.elementsEqual(concept.utf8) }) else {
      throw Failure(
        .usage, place: "concept", found: "`\(concept)`",
        wanted: "one of \(concepts.joined(separator: ", "))")
    }
    return place
  }
}

extension Scorer {
  /// A text's alerts, among the words of its turns, rule by rule.
  package func alerts(_ text: ScoredText, _ rules: [AlertRule]) -> [Alert] {
    let scores = text.tokens.map(\.scores)
    return rules.flatMap { rule in
      text.turns.flatMap { turn in
        // Spans are of all words; a turn's score leaves out the text's first token.
        let tokens = if case .tokens = rule.limit { turn.tokens } else { withoutFirst(turn.tokens) }
        return monitor.alerts(
          rule, Array(scores[tokens]), from: tokens.lowerBound, together: turn.scores)
      }
    }
  }
}
