import SeerSupport

/// A conversation written out, with the UTF-8 ranges of its parts.
package struct RenderedChat: Equatable, Sendable {
  package struct Turn: Equatable, Sendable {
    package var role: ChatMessage.Role
    /// The message, trimmed where the template trims it.
    package var content: Range<Int>
    /// The end-of-turn marker, without the newline after it.
    package var endOfTurn: Range<Int>
  }

  package internal(set) var text = ""
  /// The turns of the given messages (not of a default system prompt).
  package internal(set) var turns: [Turn] = []
}

extension ChatTemplate {
  /// Writes a conversation as the model's own template does.
  ///
  /// - Parameter generationHeader: adds the opening of the assistant's turn.
  package func render(
    _ messages: [ChatMessage], generationHeader: Bool = false
  ) throws(Failure) -> RenderedChat {
    guard let format else {
      throw Failure(
        .badData, place: "chat template",
        found: family == .none ? "none in the model" : "one of no known family",
        wanted: "one of chatml, llama3, mistral, gemma, phi3, zephyr",
        advice: "Use --template plain, or describe the turns in a file for --template-file.")
    }
    var chat = RenderedChat()
    chat.text = format.start
    var messages = messages[...]
    var inUser = ""
    if let first = messages.first, first.role == .system {
      switch format.systemPlace {
      case .turn:
        break
      case .firstUser, .finalUser:
        inUser = first.content + "\n\n"
        messages = messages.dropFirst()
      case .ignored: messages = messages.dropFirst()
      case .refused: throw Self.systemRefused
      }
    } else if let system = format.defaultSystem {
      _ = write(ChatMessage(.system, system), format, to: &chat.text)
    }
    for (index, message) in messages.enumerated() {
      let isFinal = index == messages.count - 1
      guard message.role != .system || format.systemPlace == .turn else { throw Self.systemRefused }
      var prefix = ""
      if message.role == .user, !inUser.isEmpty, format.systemPlace == .firstUser || isFinal {
        prefix = inUser
        inUser = ""
      }
      if message.role == .assistant, isFinal { prefix = format.finalThought }
      chat.turns.append(write(message, prefix: prefix, format, to: &chat.text))
      if format.opensAfterUser, message.role == .user { chat.text += format.generation }
    }
    if generationHeader {
      if !format.opensAfterUser { chat.text += format.generation }
    } else {
      chat.text += format.ending
    }
    return chat
  }

  private static let systemRefused = Failure(
    .badData, place: "chat template", found: "a system message",
    wanted: "none: the model's template has no place for one")

  private func write(
    _ message: ChatMessage, prefix: String = "", _ format: ChatFormat, to text: inout String
  ) -> RenderedChat.Turn {
    let turn = format.turn(message.role)
    text += turn.before + prefix
    if message.role == .system { text += format.systemPreface }
    let start = text.utf8.count
    if turn.trims {
      text += Self.trimmed(message.content)
    } else if !format.finalThought.isEmpty, prefix == format.finalThought {
      text.unicodeScalars += message.content.unicodeScalars.drop { $0 == "\n" }
    } else {
      text += message.content
    }
    let end = text.utf8.count
    text += turn.end
    let endOfTurn = end..<text.utf8.count
    text += turn.after
    return RenderedChat.Turn(role: message.role, content: start..<end, endOfTurn: endOfTurn)
  }

  /// Without Unicode's white space at either end, as templates trim.
  private static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    // Python's strip takes the information separators too.
    func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      Normalizer.isSpace(scalar) || 0x1C...0x1F ~= scalar.value
    }
    guard let first = scalars.firstIndex(where: { !isBlank($0) }),
      let last = scalars.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(scalars[first...last])
  }
}
