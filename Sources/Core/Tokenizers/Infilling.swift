/// CodeLlama's way of asking for what stands in the middle (Rozière et al. 2023): a text with one mark
/// becomes the prefix token, what stands before the mark, the suffix token, what stands after it,
/// and the middle token.
struct Infilling: Equatable, Sendable {
  /// The mark, such as `<FILL_ME>`.
  let mark: [UInt8]
  let prefix: Int32
  let suffix: Int32
  let middle: Int32

  /// Where the mark stands in a text that has it once.
  func hole(in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    guard !mark.isEmpty else { return nil }
    var hole: Range<Int>?
    var place = 0
    while place + mark.count <= text.count {
      guard text[place..<place + mark.count].elementsEqual(mark) else {
        place += 1
        continue
      }
      guard hole == nil else { return nil }
      hole = place..<place + mark.count
      place += mark.count
    }
    return hole
  }
}

extension Tokenizer {
  /// Encodes a text with a hole as the parts around it, with the tokens that say which is which. A
  /// hole at the text's end is none.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, around hole: Range<Int>, _ infilling: Infilling,
    _ vocabulary: Vocabulary.View, into result: inout Encoding
  ) {
    guard hole.upperBound < text.count else {
      let before = UnsafeBufferPointer(rebasing: text[..<hole.lowerBound])
      return encode(before, special: true, vocabulary, into: &result)
    }
    // What stands before gets a space in front.
    let before = [UInt8(ascii: " ")] + text[..<hole.lowerBound]
    var part = Encoding()
    before.withUnsafeBufferPointer { encode($0, special: true, vocabulary, into: &part) }
    result.append(infilling.prefix, start: 0)
    for (id, start) in zip(part.ids, part.starts) { result.append(id, start: max(0, start - 1)) }
    let after = UnsafeBufferPointer(rebasing: text[hole.upperBound...])
    part = Encoding()
    encode(after, special: true, vocabulary, into: &part)
    result.append(infilling.suffix, start: hole.lowerBound)
    for (id, start) in zip(part.ids, part.starts) {
      result.append(id, start: hole.upperBound + start)
    }
    result.append(infilling.middle, start: text.count)
  }
}
