import SeerSupport

/// A conversation written out, with the UTF-8 ranges of the messages' own words.
package struct RenderedChat: Equatable, Sendable {
  package var text: String
  /// One a message: its words as the template writes them, trimmed where it trims them; empty where it
  /// leaves them out.
  package var contents: [Range<Int>]
}

extension ChatTemplate {
  /// Writes a conversation and finds every message's words in it.
  package func render(
    _ messages: [ChatMessage], generationHeader: Bool = false
  ) throws(Failure) -> RenderedChat {
    let text = try text(messages, generationHeader: generationHeader)
    var contents: [Range<Int>] = []
    for index in messages.indices {
      contents.append(
        try content(of: index, in: messages, generationHeader: generationHeader, text: text))
    }
    return RenderedChat(text: text, contents: contents)
  }

  /// Whether the template opens the answer with every question, asked for or not.
  package var opensAnswers: Bool {
    let question = [ChatMessage(.user, "x")]
    guard let bare = try? text(question), let opened = try? text(question, generationHeader: true)
    else { return false }
    return bare.utf8.elementsEqual(opened.utf8)
  }

  /// Where a message's words lie in the conversation's text.
  ///
  /// The conversation is written again with another word for them: what differs are the words.
  /// Where the template takes them apart, as reasoning from an answer, and writes all of them
  /// again, the whole is taken. Fails where the template refuses any other word.
  package func content(
    of index: Int, in messages: [ChatMessage], generationHeader: Bool = false, text: String
  ) throws(Failure) -> Range<Int> {
    let bytes = Array(text.utf8)
    let content = Array(messages[index].content.utf8)
    var other = messages
    other[index].content = Self.probe(for: content)
    other[index].fields.removeAll { $0.name == "content" }
    guard let otherText = try? self.text(other, generationHeader: generationHeader) else {
      guard !content.isEmpty, let place = bytes.firstRange(of: content),
        bytes[(place.lowerBound + 1)...].firstRange(of: content) == nil
      else {
        throw Failure(
          .badData, place: "chat template",
          found: "message \(index + 1), whose words cannot be told from the template's own",
          wanted: "a template that writes other words in the same way",
          advice: "Use --template plain, or give a template of your own with --template-file.")
      }
      return place
    }
    let differing = Self.difference(bytes, Array(otherText.utf8))
    guard content.count > differing.count else { return differing }
    // The words as they were given, around what differs.
    let first = max(0, differing.upperBound - content.count)
    let last = min(differing.lowerBound, bytes.count - content.count)
    for start in stride(from: last, through: first, by: -1)
    where bytes[start..<start + content.count].elementsEqual(content) {
      return start..<start + content.count
    }
    return differing
  }

  /// A word that begins and ends otherwise than the content does.
  private static func probe(for content: [UInt8]) -> String {
    let words = content.filter { !($0 == 0x20 || 9...13 ~= $0) }
    for letter in ["x", "q", "z"] {
      guard let byte = letter.utf8.first else { continue }
      let ends = [content.first, content.last, words.first, words.last]
      if !ends.contains(byte) { return letter }
    }
    return "0"
  }

  /// Where a text differs from another: between what both begin and end with.
  private static func difference(_ bytes: [UInt8], _ other: [UInt8]) -> Range<Int> {
    let shorter = min(bytes.count, other.count)
    var start = 0
    while start < shorter, bytes[start] == other[start] { start += 1 }
    if start == bytes.count, start == other.count { return start..<start }
    var end = 0
    while end < shorter - start, bytes[bytes.count - 1 - end] == other[other.count - 1 - end] {
      end += 1
    }
    return start..<bytes.count - end
  }
}
