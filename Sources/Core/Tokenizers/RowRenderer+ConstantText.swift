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
    func written(_ roles: [ChatMessage.Role]) throws(Failure) -> RenderedChat {
      try tokenizer.chat.render(roles.map { ChatMessage($0, "a") })
    }
    let chat = try written([.user, .assistant, .user])
    let answered = try written([.user, .assistant])
    let text = Array(chat.text.utf8)
    let first = text[..<chat.contents[0].lowerBound]
    // What ends an answer stands before a later question too, and opens none.
    let ending = Array(answered.text.utf8)[answered.contents[1].upperBound...]
    let between = text[chat.contents[1].upperBound..<chat.contents[2].lowerBound]
    let later = between.dropFirst(zip(between, ending).prefix { $0 == $1 }.count)
    let common = zip(first.reversed(), later.reversed()).prefix { $0 == $1 }.count
    // Blanks between turns end the one before.
    let opening = first.suffix(common).drop { $0 == 0x20 || $0 == 0x0A }
    let constant = String(decoding: first.dropLast(opening.count), as: UTF8.self)
    return tokenizer.encoding(of: constant, addSpecial: false).ids
  }
}
