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
    let chat = language.tokenizer.chat
    let text = try chat.text(messages, generationHeader: true)
    // The template writes the beginning-of-text token itself where the model wants one.
    let encoding = language.tokenizer.encoding(of: text, addSpecial: false)
    let last = try chat.content(
      of: messages.count - 1, in: messages, generationHeader: true, text: text)
    return (encoding.ids, encoding.tokens(overlapping: last))
  }
}
