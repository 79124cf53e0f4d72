import SeerSupport

/// A span of tokens in which a concept's score stays at or above a threshold.
package struct Alert: Equatable, Sendable {
  package var concept: Int
  package var tokens: Range<Int>
  /// The largest score in it.
  package var peak: Float

  package init(concept: Int, tokens: Range<Int>, peak: Float) {
    self.concept = concept
    self.tokens = tokens
    self.peak = peak
  }
}

extension Monitor {
  /// The longest spans of consecutive tokens that reach a concept's threshold; unknown ones end
  /// a span.
  package func alerts(_ scores: [ConceptScores], concept: Int, threshold: Float) -> [Alert] {
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
  /// A text's alerts, among the words of its turns, concept by concept.
  package func alerts(
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
