/// Reads a list of chat messages that stands in a cell: objects with `role` and `content`, or
/// ShareGPT's `from` and `value`.
private struct MessageReader {
  let record: Record
  let column: String
  var scanner: JSONScanner

  private func failure(_ found: String, _ wanted: String, _ advice: String? = nil) -> Failure {
    record.failure(column: column, found, wanted, advice)
  }

  private static let form =
    "a list of messages, such as [{\"role\": \"user\", \"content\": \"...\"}]"

  mutating func messages() throws(Failure) -> [ChatMessage] {
    guard scanner.current == UInt8(ascii: "[") else {
      throw failure(
        "an object", "text, or \(Self.form)", "Give texts there, or name another column.")
    }
    try enter()
    var messages: [ChatMessage] = []
    while !scanner.take("]") {
      guard scanner.current == UInt8(ascii: "{") else {
        throw failure(
          "a list of other things than messages", "text, or \(Self.form)",
          "Give texts there, or name another column.")
      }
      messages.append(try message(number: messages.count))
      step()
    }
    guard !messages.isEmpty else { throw failure("an empty list", Self.form) }
    return messages
  }

  private mutating func enter() throws(Failure) {
    do throws(JSONScanner.Problem) { try scanner.enter(0) } catch {
      throw failure(error.found, error.wanted)
    }
  }

  /// Steps to the next element or the closing bracket.
  private mutating func step() {
    scanner.blanks()
    if scanner.take(",") { scanner.blanks() }
  }

  /// The next member's name, up to its value.
  private mutating func name() throws(Failure) -> [UInt8] {
    let start = scanner.place
    do throws(JSONScanner.Problem) { try scanner.string() } catch {
      throw failure(error.found, error.wanted)
    }
    let name = JSONScanner.bytes(scanner.text, start..<scanner.place)
    scanner.blanks()
    _ = scanner.take(":")
    scanner.blanks()
    return name
  }

  private mutating func cell() throws(Failure) -> Cell {
    do throws(JSONScanner.Problem) { return try scanner.cell() } catch {
      throw failure(error.found, error.wanted)
    }
  }

  /// What a message may carry that is no text of it.
  private static let others = [
    "tool_calls", "function_call", "image", "images", "audio", "audios", "video", "videos", "files",
  ]

  private mutating func message(number: Int) throws(Failure) -> ChatMessage {
    var role: String?
    var content: String?
    try enter()
    while !scanner.take("}") {
      let name = String(decoding: try name(), as: UTF8.self)
      let cell = try cell()
      switch name {
      case "role", "from":
        guard case .text(let text) = cell else {
          throw failure("no text as `\(name)` of message \(number)", "who says it")
        }
        role = text
      case "content", "value":
        switch cell {
        case .text(let text): content = text
        case .nested(let range): content = try parts(range, number)
        case .missing: break
        case .number:
          throw failure("a number as the content of message \(number)", "text")
        }
      default:
        if Self.others.contains(name), cell.holdsSomething(in: scanner.text) {
          throw failure(
            "`\(name)` in message \(number)", "messages of text",
            "Only text can be read: leave these rows out.")
        }
      }
      step()
    }
    guard let role else {
      throw failure("message \(number) without `role`", Self.form)
    }
    guard let content else {
      throw failure("message \(number) without `content`", "its text")
    }
    return ChatMessage(.named(role), content)
  }

  /// The text of a content in parts: `{"type": "text", "text": "..."}`, or texts.
  private func parts(_ range: Range<Int>, _ number: Int) throws(Failure) -> String {
    var reader = MessageReader(
      record: record, column: column,
      scanner: JSONScanner(
        scanner.text, at: range.lowerBound, deepest: scanner.deepest, takesNaN: true))
    let wanted = "text, or a list of parts like {\"type\": \"text\", \"text\": \"...\"}"
    guard reader.scanner.current == UInt8(ascii: "[") else {
      throw failure("an object as the content of message \(number)", wanted)
    }
    var text = ""
    try reader.enter()
    while !reader.scanner.take("]") {
      switch reader.scanner.current {
      case UInt8(ascii: "{"):
        let (kind, part) = try reader.part()
        guard let part, kind.map({ Self.textual.contains($0) }) ?? true else {
          throw failure(
            "a part of the type `\(kind ?? "?")` in message \(number)", "parts of text",
            "Only text can be read: leave these rows out.")
        }
        text += part
      case UInt8(ascii: "\""):
        if case .text(let part) = try reader.cell() { text += part }
      default: throw failure("a part that is no text in message \(number)", wanted)
      }
      reader.step()
    }
    return text
  }

  private static let textual = ["text", "input_text", "output_text"]

  private mutating func part() throws(Failure) -> (type: String?, text: String?) {
    var kind: String?
    var text: String?
    try enter()
    while !scanner.take("}") {
      let name = try name()
      let cell = try cell()
      if case .text(let value) = cell {
        if name.elementsEqual("type".utf8) { kind = value }
        if name.elementsEqual("text".utf8) { text = value }
      }
      step()
    }
    return (kind, text)
  }
}

extension Cell {
  /// Whether there is more than null, or an empty text, list or object.
  fileprivate func holdsSomething(in text: UnsafeRawBufferPointer) -> Bool {
    switch self {
    case .missing: false
    case .text(let text), .number(let text): !text.isEmpty && text != "false"
    case .nested(let range):
      text[range].dropFirst().dropLast().contains { $0 > 0x20 }
    }
  }
}

extension ChatMessage.Role {
  /// Who speaks, by the names that data sets have for it; any other name is kept.
  fileprivate static func named(_ name: String) -> ChatMessage.Role {
    switch name {
    case "human", "user": .user
    case "gpt", "chatgpt", "bing", "bard", "assistant", "model", "bot": .assistant
    case "observation": ChatMessage.Role(rawValue: "tool")
    default: ChatMessage.Role(rawValue: name)
    }
  }
}

extension Record {
  /// The chat messages in a nested cell.
  ///
  /// Fails, naming line and column, where it is no list of messages of text.
  package func messages(_ range: Range<Int>, column: String) throws(Failure) -> [ChatMessage] {
    var reader = MessageReader(
      record: self, column: column,
      scanner: JSONScanner(
        text, at: range.lowerBound, line: place.line, deepest: 512, takesNaN: true))
    return try reader.messages()
  }
}
