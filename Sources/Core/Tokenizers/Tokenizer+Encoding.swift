/// Token ids with the places in the text where they begin.
public struct Encoding: Equatable, Sendable {
  public internal(set) var ids: [Int32] = []
  /// The UTF-8 offset in the text at which each token begins, ascending; 0 for an added
  /// beginning-of-text token.
  public internal(set) var starts: [Int] = []

  /// The range of the tokens that stand for any of the text's bytes in a range.
  public func tokens(overlapping bytes: Range<Int>) -> Range<Int> {
    let end = firstToken { $0 >= bytes.upperBound }
    // The last token that begins at or before the range holds its first byte.
    let start = firstToken { $0 > bytes.lowerBound } - 1
    return bytes.isEmpty ? end..<end : max(0, start)..<max(0, start, end)
  }

  /// The first token whose start satisfies a condition that all later ones satisfy too.
  private func firstToken(where condition: (Int) -> Bool) -> Int {
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if condition(starts[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Tokenizer {
  /// The token ids of a text.
  ///
  /// - addSpecial: puts the beginning-of-text token first where the model wants it, unless the
  ///   text itself begins with it.
  /// - parseSpecial: recognises control tokens written in the text; user-defined ones always are.
  ///
  /// A byte that the vocabulary has no token for is left out, as the reference implementation
  /// does. O(n log n) in the longest word, O(n) in the text.
  public func encode(
    _ text: String, addSpecial: Bool = true, parseSpecial: Bool = true
  ) -> [Int32] {
    encoding(of: text, addSpecial: addSpecial, parseSpecial: parseSpecial).ids
  }

  /// The same as ``encode(_:addSpecial:parseSpecial:)`` with the place of every token.
  public func encoding(
    of text: String, addSpecial: Bool = true, parseSpecial: Bool = true
  ) -> Encoding {
    var text = text
    var result = Encoding()
    text.withUTF8 { bytes in
      result.ids.reserveCapacity(bytes.count / 3 + 2)
      result.starts.reserveCapacity(bytes.count / 3 + 2)
      encode(bytes, parseSpecial ? special : userDefined, into: &result)
    }
    if addSpecial, addsBeginningOfText, let beginningOfText,
      result.ids.first != beginningOfText
    {
      result.ids.insert(beginningOfText, at: 0)
      result.starts.insert(0, at: 0)
    }
    return result
  }

  private func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ special: SpecialTokens, into result: inout Encoding
  ) {
    var merger = BytePairMerger()
    let matcher = Pattern.Matcher()
    var place = 0
    while place < text.count {
      let found = special.first(in: text, from: place)
      let plain = place..<(found?.range.lowerBound ?? text.count)
      encodeOrdinary(
        UnsafeBufferPointer(rebasing: text[plain]), base: plain.lowerBound, matcher, &merger,
        into: &result)
      guard let found else { return }
      result.ids.append(found.id)
      result.starts.append(found.range.lowerBound)
      place = found.range.upperBound
    }
  }

  private func encodeOrdinary(
    _ text: UnsafeBufferPointer<UInt8>, base: Int, _ matcher: Pattern.Matcher,
    _ merger: inout BytePairMerger, into result: inout Encoding
  ) {
    let words = preTokenizer.split(text, with: matcher)
    merges.withLookup { lookup in
      byteTokens.withUnsafeBufferPointer { byteTokens in
        for word in words {
          merger.removeAll()
          for index in word {
            let token = byteTokens[Int(text[index])]
            if token >= 0 { merger.append(token, start: base &+ index) }
          }
          merger.merge(with: lookup)
          result.ids.append(contentsOf: merger.symbols)
          result.starts.append(contentsOf: merger.starts)
        }
      }
    }
  }
}
