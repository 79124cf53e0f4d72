extension Tokenizer {
  /// The vocabulary string of a token, such as `Ġcapital`; nil where there is no such token.
  public func token(_ id: Int32) -> String? {
    guard vocabulary.indices.contains(Int(id)) else { return nil }
    return String(decoding: vocabulary[Int(id)], as: UTF8.self)
  }

  /// The id of a vocabulary string.
  public func id(of token: String) -> Int32? { ids[Array(token.utf8)] }

  /// Whether a token never stands for ordinary text (turn markers, end of text).
  public func isSpecial(_ id: Int32) -> Bool {
    guard types.indices.contains(Int(id)) else { return false }
    return types[Int(id)] == .control || types[Int(id)] == .unknown
  }

  /// The bytes that a token stands for: part of a character where it is cut inside one; none for
  /// an id that is not in the vocabulary.
  public func bytes(of id: Int32) -> [UInt8] {
    guard vocabulary.indices.contains(Int(id)) else { return [] }
    let string = vocabulary[Int(id)]
    return types[Int(id)] == .normal ? ByteAlphabet.bytes(of: string) : string
  }

  /// The text of tokens; bytes that are not UTF-8 become U+FFFD.
  public func decode(_ ids: some Sequence<Int32>, skipSpecial: Bool = false) -> String {
    var bytes: [UInt8] = []
    for id in ids where !(skipSpecial && isSpecial(id)) {
      bytes.append(contentsOf: self.bytes(of: id))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Turns tokens into text as they arrive, never half a character: the pieces put together are
/// what ``Tokenizer/decode(_:skipSpecial:)`` makes of all tokens.
///
///     var decoder = StreamingDecoder(tokenizer)
///     decoder.append(10813) + decoder.append(225) + decoder.finish()
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecial: Bool
  /// The beginning of a character that is not complete yet: at most three bytes.
  private var pending: [UInt8] = []

  public init(_ tokenizer: Tokenizer, skipSpecial: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecial = skipSpecial
  }

  /// The text that the token completes; empty where it ends inside a character.
  public mutating func append(_ id: Int32) -> String {
    if skipSpecial, tokenizer.isSpecial(id) { return "" }
    pending.append(contentsOf: tokenizer.bytes(of: id))
    let complete = pending.count - Self.unfinished(pending)
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// What is left at the end: U+FFFD where a character was never completed.
  public mutating func finish() -> String {
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
