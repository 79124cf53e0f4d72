import SeerApp
import SeerMonitor

extension PromptState {
  /// A message's scores on a side at the layer in front, its tokens' read in every way; nil where it
  /// has none.
  func sequence(_ turn: Int, _ side: Conversation.Side) -> SequenceScores? {
    guard let reading, let scores = scores(side), reading.turns.indices.contains(turn) else {
      return nil
    }
    let sides = reading.turns[turn]
    let place = hasTuned ? side.rawValue : 0
    guard sides.indices.contains(place),
      let mean = sides[place]?.scores
    else { return nil }
    // Without the text's first token, as the command has it.
    let tokens = reading.tokens.indices.dropFirst().filter {
      reading.tokens[$0].turn == turn && scores.indices.contains($0)
    }
    let rows = tokens.map { scores[$0].scores }
    guard !rows.isEmpty, rows.allSatisfy({ $0.count == mean.count }) else { return nil }
    return SequenceScores(mean: mean, tokens: rows)
  }

  /// The watched concepts that a message raises an alert for on a side.
  package func alerts(_ turn: Int, _ side: Conversation.Side) -> [Int] {
    guard !watched.isEmpty, let rules = calibration(side)?.alerts,
      let sequence = sequence(turn, side)
    else { return [] }
    return watched.sorted().filter { concept in
      guard rules.indices.contains(concept), let rule = rules[concept],
        case .turn(let way, let threshold, _) = rule.limit
      else { return false }
      let scores = sequence[way]
      return scores.indices.contains(concept) && scores[concept] >= threshold
    }
  }

  /// The message of the token looked at.
  var shownTurn: Int? { shownTokens.first.flatMap { reading?.tokens[$0].turn } }
}
