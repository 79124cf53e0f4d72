/// One turn of a conversation.
public struct ChatMessage: Equatable, Sendable {
  public enum Role: String, Sendable {
    case system
    case user
    case assistant
  }

  public var role: Role
  public var content: String

  public init(_ role: Role, _ content: String) {
    self.role = role
    self.content = content
  }
}

/// How a model writes conversations, recognised from its own template text (Jinja).
///
///     let template = ChatTemplate(tokenizer.chatTemplate)
///     template.family                                         // .chatml
///     try template.render([ChatMessage(.user, "Hi")]).text    // "<|im_start|>system\nYou are..."
///
/// Templates are told apart by the turn markers they write; the text is not executed. What varies
/// inside a family, the default system prompt, is read from it.
public struct ChatTemplate: Equatable, Sendable {
  /// The families by the names the commands print; `none`: no template, `unknown`: another one.
  public enum Family: String, CaseIterable, Sendable {
    case chatml, llama3, mistral, gemma, phi3, zephyr, none, unknown
  }

  public let family: Family
  /// What the template puts first where a conversation has no system message.
  public let defaultSystem: String?

  /// Recognises a template's text; nil or blank is ``Family/none``.
  public init(_ text: String?) {
    let text = Array((text ?? "").utf8)
    family = Self.family(of: text)
    defaultSystem = family == .chatml ? Self.defaultSystem(in: text) : nil
  }

  private static func family(of text: [UInt8]) -> Family {
    func writes(_ marker: String) -> Bool { text.firstRange(of: Array(marker.utf8)) != nil }
    if text.allSatisfy({ $0 == 0x20 || 9...13 ~= $0 }) { return .none }
    // Phi-4 has ChatML's first marker but separates role and content by another.
    if writes("<|im_start|>") { return writes("<|im_sep|>") ? .unknown : .chatml }
    if writes("<|start_header_id|>") { return .llama3 }
    if writes("<start_of_turn>") { return .gemma }
    if writes("<|assistant|>") {
      if writes("<|end|>") { return .phi3 }
      return writes("eos_token") || writes("</s>") ? .zephyr : .unknown
    }
    // Llama 2 writes [INST] too, with its system prompt between <<SYS>> marks.
    if writes("[INST]") { return writes("<<SYS>>") ? .unknown : .mistral }
    return .unknown
  }

  /// The literal system turn in a ChatML template, such as
  /// `'<|im_start|>system\nYou are a helpful assistant<|im_end|>\n'`.
  private static func defaultSystem(in text: [UInt8]) -> String? {
    let opening = Array("<|im_start|>system".utf8)
    let closing = Array("<|im_end|>".utf8)
    var rest = text[...]
    while let start = rest.firstRange(of: opening) {
      let before = start.lowerBound > 0 ? text[start.lowerBound - 1] : 0
      let quote: UInt8? = before == 0x22 || before == 0x27 ? before : nil
      rest = text[start.upperBound...]
      guard let end = rest.firstRange(of: closing) else { return nil }
      let body = text[start.upperBound..<end.lowerBound]
      // A quote or a brace ends the literal: that turn's content is a variable.
      let literal = quote.map { unescaped(body, quote: $0) } ?? (body.contains(0x7B) ? nil : body)
      if let literal, literal.first == 0x0A {
        return String(decoding: literal.dropFirst(), as: UTF8.self)
      }
    }
    return nil
  }

  /// A Jinja string's content; nil where the quote ends it.
  private static func unescaped(_ body: ArraySlice<UInt8>, quote: UInt8) -> ArraySlice<UInt8>? {
    var result: [UInt8] = []
    var escaped = false
    for byte in body {
      if escaped {
        result.append(byte == UInt8(ascii: "n") ? 0x0A : byte == UInt8(ascii: "t") ? 0x09 : byte)
        escaped = false
      } else if byte == UInt8(ascii: "\\") {
        escaped = true
      } else if byte == quote {
        return nil
      } else {
        result.append(byte)
      }
    }
    return escaped ? nil : result[...]
  }
}

/// A conversation written out, with the UTF-8 ranges of its parts.
public struct RenderedChat: Equatable, Sendable {
  public struct Turn: Equatable, Sendable {
    public var role: ChatMessage.Role
    /// The message as given.
    public var content: Range<Int>
    /// The end-of-turn marker, without the newline after it.
    public var endOfTurn: Range<Int>
  }

  public internal(set) var text = ""
  /// The turns of the given messages (not of a default system prompt).
  public internal(set) var turns: [Turn] = []
}

extension ChatTemplate {
  /// Writes a conversation as the model's own template does.
  ///
  /// - generationHeader: ends with the opening of the assistant's turn.
  ///
  /// Fails for families other than ChatML, saying what to use instead.
  public func render(
    _ messages: [ChatMessage], generationHeader: Bool = false
  ) throws(Failure) -> RenderedChat {
    guard family == .chatml else {
      throw Failure(
        .badData, place: "chat template",
        found: family == .none
          ? "none in the model" : family == .unknown ? "one of no known family" : family.rawValue,
        wanted: "chatml", advice: "Use `--template plain`.")
    }
    var chat = RenderedChat()
    if let defaultSystem, let first = messages.first, first.role != .system {
      chat.text += "<|im_start|>system\n\(defaultSystem)<|im_end|>\n"
    }
    for message in messages {
      chat.text += "<|im_start|>\(message.role.rawValue)\n"
      let start = chat.text.utf8.count
      chat.text += message.content
      let end = chat.text.utf8.count
      chat.text += "<|im_end|>"
      chat.turns.append(
        RenderedChat.Turn(
          role: message.role, content: start..<end, endOfTurn: end..<chat.text.utf8.count))
      chat.text += "\n"
    }
    if generationHeader { chat.text += "<|im_start|>assistant\n" }
    return chat
  }
}
