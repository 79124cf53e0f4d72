import SeerAnalysis

/// The rows nearest to the cursor's: what is known of them, and whether they are marked.
package struct Neighbours: Sendable {
  /// The last answers, the newest last: for the cursor here, and for what the next key shows.
  package private(set) var answers: [NearestRows] = []
  package var metric = NeighbourMetric.cosine
  package var isShown = false
  package var isFinding = false
  /// Whether the last question failed, so that it is not asked for ever.
  package var failed = false

  package func of(_ row: Int?, layer: Int) -> NearestRows? {
    answers.first { $0.row == row && $0.layer == layer && $0.metric == metric }
  }

  /// Keeps an answer, and no more of them than the keys nearby can ask for.
  package mutating func keep(_ answer: NearestRows) {
    answers.removeAll {
      $0.row == answer.row && $0.layer == answer.layer && $0.metric == answer.metric
    }
    answers.append(answer)
    if answers.count > 8 { answers.removeFirst() }
  }
}
