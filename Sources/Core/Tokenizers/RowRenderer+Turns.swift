import SeerSupport

/// Rows that are conversations.
extension RowRenderer {
  /// A conversation's first `maxTokens` tokens. The last message is the response where the assistant
  /// says it; the prompt's tokens are those of the last message of the user before.
  ///
  /// In plain text every message is a line of its own, without who says it.
  package func render(turns: [ChatMessage]) throws(Failure) -> RenderedRow {
    switch template {
    case .chat: return try chatRow(turns)
    case .plain:
      let hasResponse = turns.last?.role == .assistant
      let before = turns.dropLast(hasResponse ? 1 : 0).map(\.content).joined(separator: "\n")
      return try plainRow(before, hasResponse ? turns.last?.content ?? "" : "")
    }
  }

  /// A conversation as the model is asked to go on from it.
  package func renderForGeneration(turns: [ChatMessage]) throws(Failure) -> RenderedRow {
    switch template {
    case .chat: try chatRow(turns, generationHeader: true)
    case .plain: try plainRow(turns.map(\.content).joined(separator: "\n"), "")
    }
  }
}
