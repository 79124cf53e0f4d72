import SeerModels
import SeerSupport
import SeerTokenizers

/// The turns of a chat, as the model reads them.
package struct ChatLog: Equatable, Sendable {
  package var messages: [ChatMessage]

  /// - Parameter system: replaces the template's own system prompt.
  package init(system: String? = nil) {
    messages = system.map { [ChatMessage(.system, $0)] } ?? []
  }

  /// The chat in tokens, up to the opening of the assistant's next turn, and where the last
  /// message's own words lie in it.
  package func tokens(
    for language: LanguageModel
  ) throws(Failure) -> (ids: [Int32], last: Range<Int>) {
    let chat = try language.chatTemplate.render(messages, generationHeader: true)
    // The template writes the beginning-of-text token itself where the model wants one.
    let encoding = language.tokenizer.encoding(of: chat.text, addSpecial: false)
    let last = chat.turns.last.map { encoding.tokens(overlapping: $0.content) } ?? 0..<0
    return (encoding.ids, last)
  }
}
