/// Token ids with the places in the text where they begin.
package struct Encoding: Equatable, Sendable {
  package internal(set) var ids: [Int32] = []
  /// The UTF-8 offset in the text at which each token begins, ascending; 0 for an added
  /// beginning-of-text token.
  package internal(set) var starts: [Int] = []

  package init(ids: [Int32] = [], starts: [Int] = []) {
    self.ids = ids
    self.starts = starts
  }

  @inline(__always)
  package mutating func append(_ id: Int32, start: Int) {
    ids.append(id)
    starts.append(start)
  }

  /// The range of the tokens that stand for any of the text's bytes in a range.
  package func tokens(overlapping bytes: Range<Int>) -> Range<Int> {
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
  /// The end-of-text token comes last where the model wants it. A byte or character that the
  /// vocabulary has no token for is what the model makes of it: bytes, the unknown token, nothing.
  /// O(n log n) in the longest word, O(n) in the text.
  package func encode(
    _ text: String, addSpecial: Bool = true, parseSpecial: Bool = true
  ) -> [Int32] {
    encoding(of: text, addSpecial: addSpecial, parseSpecial: parseSpecial).ids
  }

  /// The same as ``encode(_:addSpecial:parseSpecial:)`` with the place of every token.
  package func encoding(
    of text: String, addSpecial: Bool = true, parseSpecial: Bool = true
  ) -> Encoding {
    var text = text
    var result = Encoding()
    text.withUTF8 { bytes in
      result.ids.reserveCapacity(bytes.count / 3 + 2)
      result.starts.reserveCapacity(bytes.count / 3 + 2)
      let special = parseSpecial && !splitsSpecialTokens
      vocabulary.withView { view in
        if special, let infilling, let hole = infilling.hole(in: bytes) {
          encode(bytes, around: hole, infilling, view, into: &result)
        } else {
          encode(bytes, special: special, view, into: &result)
        }
      }
    }
    if addSpecial, addsBeginningOfText, let beginningOfText,
      result.ids.first != beginningOfText
    {
      result.ids.insert(beginningOfText, at: 0)
      result.starts.insert(0, at: 0)
    }
    if addSpecial, addsEndOfText, let endOfText, result.ids.last != endOfText {
      result.append(endOfText, start: text.utf8.count)
    }
    return result
  }

  func encode(
    _ text: UnsafeBufferPointer<UInt8>, special: Bool, _ vocabulary: Vocabulary.View,
    into result: inout Encoding
  ) {
    var merger = BytePairMerger()
    let matcher = Pattern.Matcher()
    var place = 0
    while place < text.count {
      let found = addedTokens.first(in: text, from: place, special: special)
      let plain = place..<(found?.range.lowerBound ?? text.count)
      if !plain.isEmpty {
        var part = NormalizedText(
          UnsafeBufferPointer(rebasing: text[plain]), base: plain.lowerBound)
        for normalizer in normalizers { normalizer.apply(to: &part, with: matcher) }
        encode(part, special: special, vocabulary, matcher, &merger, into: &result)
      }
      guard let found else { return }
      result.append(found.id, start: found.range.lowerBound)
      place = max(found.range.upperBound, place)
    }
  }

  /// A normalized part between added tokens of the original text.
  private func encode(
    _ text: NormalizedText, special: Bool, _ vocabulary: Vocabulary.View,
    _ matcher: Pattern.Matcher, _ merger: inout BytePairMerger, into result: inout Encoding
  ) {
    if normalizedTokens.isEmpty {
      return encodeOrdinary(text, vocabulary, matcher, &merger, into: &result)
    }
    var place = 0
    while place < text.bytes.count {
      let found = text.bytes.withUnsafeBufferPointer {
        normalizedTokens.first(in: $0, from: place, special: special)
      }
      let plain = place..<(found?.range.lowerBound ?? text.bytes.count)
      if !plain.isEmpty {
        encodeOrdinary(text[plain], vocabulary, matcher, &merger, into: &result)
      }
      guard let found else { return }
      result.append(found.id, start: text.origin(found.range.lowerBound))
      place = max(found.range.upperBound, place)
    }
  }

  private func encodeOrdinary(
    _ text: NormalizedText, _ vocabulary: Vocabulary.View, _ matcher: Pattern.Matcher,
    _ merger: inout BytePairMerger, into result: inout Encoding
  ) {
    var text = text
    let words = preTokenizer.split(&text, with: matcher)
    text.bytes.withUnsafeBufferPointer { bytes in
      model.encode(
        bytes, words: words, vocabulary, &merger, origin: text.origin, into: &result)
    }
  }
}
