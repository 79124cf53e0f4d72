/// A span of tokens in which a concept's score stays at or above a threshold.
public struct Alert: Equatable, Sendable {
  public var concept: Int
  public var tokens: Range<Int>
  /// The largest score in it.
  public var peak: Float
}

extension Monitor {
  /// The longest spans of consecutive tokens that reach a concept's threshold; unknown ones end
  /// a span.
  public func alerts(_ scores: [ConceptScores], concept: Int, threshold: Float) -> [Alert] {
    var alerts: [Alert] = []
    for (place, token) in scores.enumerated() {
      let score = token.scores[concept]
      guard !token.isUnknown, score >= threshold else { continue }
      if let last = alerts.last, last.tokens.upperBound == place {
        alerts[alerts.count - 1].tokens = last.tokens.lowerBound..<place + 1
        alerts[alerts.count - 1].peak = max(last.peak, score)
      } else {
        alerts.append(Alert(concept: concept, tokens: place..<place + 1, peak: score))
      }
    }
    return alerts
  }

  /// A concept's place by its name; fails, naming those there are.
  public func place(of concept: String) throws(Failure) -> Int {
    guard let place = concepts.firstIndex(where: { $0.utf8.elementsEqual(concept.utf8) }) else {
      throw Failure(
        .usage, place: "concept", found: "`\(concept)`",
        wanted: "one of \(concepts.joined(separator: ", "))")
    }
    return place
  }
}

extension Scorer {
  /// A text's alerts, among the words of its turns, concept by concept.
  public func alerts(
    _ text: ScoredText, _ thresholds: [(concept: Int, score: Float)]
  ) -> [Alert] {
    let scores = text.tokens.map(\.scores)
    return thresholds.flatMap { threshold in
      text.turns.flatMap { turn in
        monitor.alerts(
          Array(scores[turn.tokens]), concept: threshold.concept, threshold: threshold.score
        ).map { alert in
          let first = alert.tokens.lowerBound + turn.tokens.lowerBound
          return Alert(
            concept: alert.concept, tokens: first..<first + alert.tokens.count, peak: alert.peak)
        }
      }
    }
  }
}
