import SeerSupport

/// A conversation with its text and tokens.
struct MarkedChat {
  let turns: [ChatMessage]
  let generationHeader: Bool
  let text: String
  let encoding: Encoding
}

/// Finds the token that ends a message's turn under any template: the positions `last` and
/// `prompt-end`.
///
/// A conversation is written twice: up to the message, and with what follows it. The tokens after the
/// message's words that both have in common are its turn's own, and the last of them that is not
/// blank ends the turn. Where a turn writes nothing of its own after its words, their last token does;
/// of the last message, the text's last.
struct TurnMarks {
  private let tokenizer: Tokenizer
  private let opensAnswers: Bool

  init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    opensAnswers = tokenizer.chat.opensAnswers
  }

  /// The place of the token that ends a message's turn.
  ///
  /// - Parameter content: where the message's words lie in the text.
  func end(
    of index: Int, content: Range<Int>, in chat: MarkedChat
  ) throws(Failure) -> Int {
    let isFinal = index == chat.turns.count - 1 && !chat.generationHeader
    let after = tail(chat.text, chat.encoding, from: content.upperBound)
    let turns = Array(chat.turns[...index])
    let other =
      isFinal ? try following(turns) : try tail(of: index, turns, generationHeader: false)
    var own = after
    if let other { own.tokens = common(after, other) }
    // Where the opening of the answer is in it, too, the first special token ends the question.
    if opensAnswers, turns[index].role != .assistant {
      let special = own.tokens.first { !own.isBlank($0) && isAdded(chat.encoding.ids[$0]) }
      if let special { return special }
    }
    if let end = own.tokens.last(where: { !own.isBlank($0) }) { return end }
    // An answer that ends otherwise where it is the last one.
    if isFinal, let end = after.tokens.last(where: { !after.isBlank($0) }) { return end }
    return max(0, after.tokens.startIndex - 1)
  }

  /// The tokens that one text has in common with another, up to where a marker or a blank ends:
  /// `<|end|>` and `<|return|>` have nothing in common.
  private func common(_ tail: Tail, _ other: Tail) -> ArraySlice<Int> {
    let count = zip(tail.tokens, other.tokens).prefix { tail.ids[$0] == other.ids[$1] }.count
    let common = tail.tokens.prefix(count)
    let next = [
      tail.tokens.dropFirst(count).first.map { tail.ids[$0] },
      other.tokens.dropFirst(count).first.map { other.ids[$0] },
    ]
    if next.contains(where: { $0.map(isAdded) ?? true }) { return common }
    let end = common.lastIndex { tail.isBlank($0) || isAdded(tail.ids[$0]) }
    return end.map { common[...$0] } ?? []
  }

  /// The tokens after some place of a text.
  private struct Tail {
    var tokens: ArraySlice<Int>
    let ids: [Int32]
    let starts: [Int]
    let bytes: [UInt8]

    func isBlank(_ token: Int) -> Bool {
      let end = token + 1 < starts.count ? starts[token + 1] : bytes.count
      return bytes[starts[token]..<max(starts[token], end)].allSatisfy {
        $0 == 0x20 || 9...13 ~= $0
      }
    }
  }

  private func tail(_ text: String, _ encoding: Encoding, from place: Int) -> Tail {
    let first = encoding.starts.firstIndex { $0 >= place } ?? encoding.starts.count
    return Tail(
      tokens: Array(encoding.starts.indices)[first...], ids: encoding.ids,
      starts: encoding.starts, bytes: Array(text.utf8))
  }

  /// What comes after a message in a text of its own; nil where the template refuses it.
  private func tail(
    of index: Int, _ turns: [ChatMessage], generationHeader: Bool
  ) throws(Failure) -> Tail? {
    guard let text = try? tokenizer.chat.text(turns, generationHeader: generationHeader),
      let content = try? tokenizer.chat.content(
        of: index, in: turns, generationHeader: generationHeader, text: text)
    else { return nil }
    return tail(text, tokenizer.encoding(of: text, addSpecial: false), from: content.upperBound)
  }

  /// What comes after the last message where another one follows.
  private func following(_ turns: [ChatMessage]) throws(Failure) -> Tail? {
    let role = turns.last?.role == .assistant ? ChatMessage.Role.user : .assistant
    return try tail(
      of: turns.count - 1, turns + [ChatMessage(role, "x")], generationHeader: false)
  }

  private func isAdded(_ id: Int32) -> Bool {
    let types = tokenizer.types
    return types.indices.contains(Int(id)) && [.control, .userDefined].contains(types[Int(id)])
  }
}
