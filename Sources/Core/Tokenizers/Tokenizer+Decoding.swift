import SeerSupport

extension Tokenizer {
  /// The vocabulary string of a token, such as `Ġcapital`; nil where there is no such token.
  package func token(_ id: Int32) -> String? {
    guard 0..<count ~= Int(id) else { return nil }
    return String(decoding: vocabulary[Int(id)], as: UTF8.self)
  }

  /// The id of a vocabulary string.
  package func id(of token: String) -> Int32? { vocabulary.id(of: token.utf8) }

  /// Whether a token never stands for ordinary text (turn markers, end of text).
  package func isSpecial(_ id: Int32) -> Bool {
    guard 0..<count ~= Int(id) else { return false }
    return types[Int(id)] == .control || types[Int(id)] == .unknown
  }

  /// The bytes that a token stands for inside a text: part of a character where it is cut inside
  /// one; none for an id that is not in the vocabulary.
  package func bytes(of id: Int32) -> [UInt8] {
    guard 0..<count ~= Int(id) else { return [] }
    let string = Array(vocabulary[Int(id)])
    switch types[Int(id)] {
    case .normal where isByteLevel: return ByteAlphabet.bytes(of: string)
    case .byte: return ByteAlphabet.byte(ofFallback: string).map { [$0] } ?? string
    case .normal, .userDefined, .unused: return spaceMark.map { spaced(string, $0) } ?? string
    case .control, .unknown: return string
    }
  }

  /// The text of one token inside a text, with the space it begins with.
  package func text(of id: Int32) -> String { String(decoding: bytes(of: id), as: UTF8.self) }

  private func spaced(_ string: [UInt8], _ mark: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = string[...]
    while let found = rest.firstRange(of: mark) {
      result += rest[..<found.lowerBound] + [0x20]
      rest = rest[found.upperBound...]
    }
    return result + rest
  }

  /// The text of tokens; bytes that are not UTF-8 become U+FFFD.
  package func decode(_ ids: some Sequence<Int32>, skipSpecial: Bool = false) -> String {
    var bytes: [UInt8] = []
    var start = TextStart()
    for id in ids where !(skipSpecial && isSpecial(id)) {
      bytes.append(contentsOf: start.bytes(of: id, self))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Takes off what decoding takes off the beginning of a text.
  struct TextStart {
    private var isPast = false

    mutating func bytes(of id: Int32, _ tokenizer: Tokenizer) -> [UInt8] {
      let bytes = tokenizer.bytes(of: id)
      if isPast || bytes.isEmpty { return bytes }
      isPast = true
      switch tokenizer.leadingSpace {
      case .kept: return bytes
      case .one: return bytes.first == 0x20 ? Array(bytes.dropFirst()) : bytes
      case .firstToken: return bytes.filter { $0 != 0x20 }
      }
    }
  }
}

/// Turns tokens into text as they arrive, never half a character: the pieces put together are
/// what ``Tokenizer/decode(_:skipSpecial:)`` makes of all tokens.
///
///     var decoder = StreamingDecoder(tokenizer)
///     decoder.append(10813) + decoder.append(225) + decoder.finish()
package struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecial: Bool
  /// The beginning of a character that is not complete yet: at most three bytes.
  private var pending: [UInt8] = []
  private var start = Tokenizer.TextStart()

  package init(_ tokenizer: Tokenizer, skipSpecial: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecial = skipSpecial
  }

  /// The text that the token completes; empty where it ends inside a character.
  package mutating func append(_ id: Int32) -> String {
    if skipSpecial, tokenizer.isSpecial(id) { return "" }
    pending.append(contentsOf: start.bytes(of: id, tokenizer))
    let complete = pending.count - Self.unfinished(pending)
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// What is left at the end: U+FFFD where a character was never completed.
  package mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many of the last bytes begin a character that more bytes could complete.
  private static func unfinished(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let start = bytes.count - length
      if bytes[start] & 0xC0 == 0x80 { continue }
      guard length < UTF8Bytes.width(lead: bytes[start]) else { return 0 }
      return length == 1 || UTF8Bytes.allows(second: bytes[start + 1], after: bytes[start])
        ? length : 0
    }
    return 0
  }
}
