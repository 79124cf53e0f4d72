import SeerSupport

/// How a model writes conversations, recognised from its own template text (Jinja).
///
///     let template = ChatTemplate(tokenizer)
///     template.family                                         // .chatml
///     try template.render([ChatMessage(.user, "Hi")]).text    // "<|im_start|>system\nYou are..."
///
/// Templates are told apart by the turn markers they write; the text is not executed. What varies
/// inside a family (default system prompt, blanks, where a system message goes) is read from it.
package struct ChatTemplate: Equatable, Sendable {
  /// The families by the names the commands print; `none`: no template, `unknown`: another one.
  package enum Family: String, CaseIterable, Sendable {
    case chatml, llama3, mistral, gemma, phi3, zephyr, none, unknown
  }

  package let family: Family
  /// How turns are written; nil where the family is none or unknown.
  package let format: ChatFormat?

  /// Recognises a template's text; nil or blank is ``Family/none``. A JSON object is a
  /// ``ChatFormat`` of the user's own, of family unknown.
  package init(_ text: String?, beginningOfText: String = "", endOfText: String = "") {
    let text = Array((text ?? "").utf8)
    family = Self.family(of: text)
    format =
      if family == .unknown, text.first == UInt8(ascii: "{"),
        text.dropFirst().first != UInt8(ascii: "{"),
        text.dropFirst().first != UInt8(ascii: "%")
      {
        try? ChatFormat(json: text)
      } else {
        ChatFormat(family, TemplateText(text), beginning: beginningOfText, end: endOfText)
      }
  }

  /// The template that came with a tokenizer.
  package init(_ tokenizer: Tokenizer) {
    func text(_ id: Int32?) -> String { id.flatMap { tokenizer.token($0) } ?? "" }
    self.init(
      tokenizer.chatTemplate, beginningOfText: text(tokenizer.beginningOfText),
      endOfText: text(tokenizer.endOfText))
  }

  private static func family(of bytes: [UInt8]) -> Family {
    let text = TemplateText(bytes)
    if bytes.allSatisfy({ $0 == 0x20 || 9...13 ~= $0 }) { return .none }
    // Phi-4 has ChatML's first marker but separates role and content by another.
    if text.has("<|im_start|>") { return text.has("<|im_sep|>") ? .unknown : .chatml }
    if text.has("<|start_header_id|>") { return .llama3 }
    if text.has("<start_of_turn>") { return .gemma }
    if text.has("<|assistant|>") {
      // Phi-4-mini builds its markers from the role's name and writes no newlines.
      if text.has("'<|' + message") { return .unknown }
      if text.has("<|end|>") { return .phi3 }
      return text.has("eos_token") || text.has("</s>") ? .zephyr : .unknown
    }
    // Llama 2 writes [INST] too, with its system prompt between <<SYS>> marks.
    if text.has("[INST]") {
      return text.has("<<SYS>>") || text.has("[SYSTEM_PROMPT]") ? .unknown : .mistral
    }
    return .unknown
  }
}

/// A template's text, to look for what it writes.
package struct TemplateText {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package func has(_ part: String) -> Bool { bytes.firstRange(of: Array(part.utf8)) != nil }

  /// Whether a part is there with any quotes and without regard to blanks outside of strings:
  /// give it without blanks and with `'`.
  func hasCode(_ part: String) -> Bool {
    var plain: [UInt8] = []
    var isQuoted = false
    for byte in bytes {
      let byte = byte == UInt8(ascii: "\"") ? UInt8(ascii: "'") : byte
      if byte == UInt8(ascii: "'") { isQuoted.toggle() }
      if isQuoted || byte != 0x20 && byte != 0x0A { plain.append(byte) }
    }
    return plain.firstRange(of: Array(part.utf8)) != nil
  }

  /// The literal system turn in a ChatML template, such as
  /// `'<|im_start|>system\nYou are a helpful assistant<|im_end|>\n'`.
  package var defaultSystem: String? {
    let opening = Array("<|im_start|>system".utf8)
    let closing = Array("<|im_end|>".utf8)
    var rest = bytes[...]
    while let start = rest.firstRange(of: opening) {
      let before = start.lowerBound > 0 ? bytes[start.lowerBound - 1] : 0
      let quote: UInt8? = before == 0x22 || before == 0x27 ? before : nil
      rest = bytes[start.upperBound...]
      guard let end = rest.firstRange(of: closing) else { return nil }
      let body = bytes[start.upperBound..<end.lowerBound]
      // A quote or a brace ends the literal: that turn's content is a variable.
      let literal =
        quote.map { Self.unescaped(body, quote: $0) } ?? (body.contains(0x7B) ? nil : body)
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
