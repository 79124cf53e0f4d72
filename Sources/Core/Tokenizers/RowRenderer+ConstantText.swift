import SeerSupport

extension RowRenderer {
  /// The tokens that the template writes before the first turn of every conversation, such as a
  /// default system prompt; none in plain text.
  ///
  ///     try renderer.constantText()    // "<|im_start|>system\nYou are ...<|im_end|>\n"
  ///
  /// The opening of a turn stands before a later turn, too: what a first user turn has before it
  /// beyond that is the constant text.
  package func constantText() throws(Failure) -> [Int32] {
    guard template == .chat else { return [] }
    let chat = try ChatTemplate(tokenizer).render([
      ChatMessage(.user, "a"), ChatMessage(.assistant, "a"), ChatMessage(.user, "a"),
    ])
    guard chat.turns.count == 3 else { return [] }
    let text = Array(chat.text.utf8)
    let first = text[..<chat.turns[0].content.lowerBound]
    let later = text[chat.turns[1].endOfTurn.upperBound..<chat.turns[2].content.lowerBound]
    let common = zip(first.reversed(), later.reversed()).prefix { $0 == $1 }.count
    // Blanks between turns end the one before.
    let opening = first.suffix(common).drop { $0 == 0x20 || $0 == 0x0A }
    let constant = String(decoding: first.dropLast(opening.count), as: UTF8.self)
    return tokenizer.encoding(of: constant, addSpecial: false).ids
  }
}
