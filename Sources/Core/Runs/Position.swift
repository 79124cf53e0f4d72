import SeerSupport
import SeerTokenizers

/// Which tokens speak for a row.
package enum Position: String, NamedChoice {
  /// The row's last token; in a chat the last turn's end-of-turn token.
  case last
  /// The prompt's last token; in a chat the user turn's end-of-turn token.
  case promptEnd = "prompt-end"
  /// The mean over the response's tokens, or over the prompt's where there is no response.
  case mean
  /// Every token is a row of states of its own.
  case all

  /// The spans of a row's tokens whose means are its states.
  package func spans(of row: RenderedRow) -> [Range<Int>] {
    switch self {
    case .last: [row.last..<row.last + 1]
    case .promptEnd: [row.promptEnd..<row.promptEnd + 1]
    case .mean: [row.meanTokens]
    case .all: row.ids.indices.map { $0..<$0 + 1 }
    }
  }
}
