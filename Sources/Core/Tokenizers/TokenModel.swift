import SeerSupport

/// The model of a tokenizer: how a word becomes tokens.
package struct TokenModel: Sendable {
  package enum Kind {
    case ranked(BytePairMerges)
    case scored(ScoredMerges)
    case unigram(UnigramModel)
  }

  package let kind: Kind
  private let isByteLevel: Bool
  /// The token of each byte, -1 where there is none: of its character of ``ByteAlphabet``, or of
  /// the byte fallback.
  package let byteTokens: [Int32]
  /// Where a word that is a token is not cut: the tokens by the bytes they stand for.
  private let words: Vocabulary?
  /// The token of symbols without one, or -1.
  private let unknown: Int32
  private let fusesUnknown: Bool

  package init(
    _ description: TokenizerDescription, _ vocabulary: Vocabulary,
    _ types: [TokenizerDescription.TokenType], unknown: Int32?
  ) throws(Failure) {
    isByteLevel = description.isByteLevel
    fusesUnknown = description.fusesUnknown
    self.unknown = description.encodesUnknown ? unknown ?? -1 : -1
    if description.isByteLevel {
      let missing = self.unknown
      byteTokens = (0...255).map { vocabulary.id(of: ByteAlphabet.string(of: $0)) ?? missing }
    } else if description.byteFallback {
      byteTokens = (0...255).map { vocabulary.id(of: ByteAlphabet.fallback(of: $0)) ?? -1 }
    } else {
      byteTokens = Array(repeating: -1, count: 256)
    }
    switch description.model {
    case .bytePair: kind = .ranked(try Self.merges(of: description, vocabulary))
    case .scoredBytePair:
      let scores = try Self.scores(of: description).map { Float($0) }
      kind = .scored(ScoredMerges(scores: scores) { types[$0] == .normal })
    case .unigram:
      let longest = description.vocabulary.reduce(0) { max($0, $1.count) }
      kind = .unigram(
        UnigramModel(
          scores: try Self.scores(of: description), unknown: unknown ?? -1, longest: longest,
          isUsable: types.map { $0 == .normal }))
    }
    words = description.ignoresMerges ? Self.words(vocabulary, types, isByteLevel) : nil
  }

  private static func words(
    _ vocabulary: Vocabulary, _ types: [TokenizerDescription.TokenType], _ isByteLevel: Bool
  ) -> Vocabulary {
    var words = Vocabulary(capacity: vocabulary.count)
    for id in 0..<vocabulary.count {
      let string = Array(vocabulary[id])
      let isOrdinary = types[id] == .normal && !string.isEmpty
      // Two strings of one meaning cannot both be reached: the first stands.
      _ = words.append(
        isByteLevel ? ByteAlphabet.bytes(of: string) : string, isIndexed: isOrdinary)
    }
    return words
  }

  private static func scores(of description: TokenizerDescription) throws(Failure) -> [Double] {
    let count = description.vocabulary.count
    guard description.scores.count == count else {
      throw Failure(
        .badData, place: "token scores", found: "\(description.scores.count)",
        wanted: "\(count), one for each token")
    }
    if let id = description.scores.firstIndex(where: { !$0.isFinite }) {
      throw Failure(
        .badData, place: "token scores, token \(id)", found: "\(description.scores[id])",
        wanted: "a finite number")
    }
    return description.scores
  }
}

// MARK: Merges

extension TokenModel {
  private static func merges(
    of description: TokenizerDescription, _ vocabulary: Vocabulary
  ) throws(Failure) -> BytePairMerges {
    var merges = BytePairMerges(capacity: description.merges.count)
    for (rank, line) in description.merges.enumerated() {
      let (left, right) = try halves(
        of: line, rank: rank, separator: description.mergeSeparator, vocabulary)
      let product = Array(line[..<left.end] + line[(left.end + 1)...])
      guard let productID = vocabulary.id(of: product) else {
        throw Failure(
          .badData, place: "merge \(rank) (\(Tokenizer.quoted(line)))",
          found: "its product missing from the vocabulary", wanted: Tokenizer.quoted(product))
      }
      guard merges.insert(left: left.id, right: right, product: productID, rank: rank) else {
        throw Failure(
          .badData, place: "merge \(rank) (\(Tokenizer.quoted(line)))",
          found: "a second merge of this pair",
          wanted: "every pair once")
      }
    }
    return merges
  }

  /// The tokens on the two sides of the space in `left right`.
  private static func halves(
    of line: [UInt8], rank: Int, separator: UInt8, _ vocabulary: Vocabulary
  ) throws(Failure) -> (left: (id: Int32, end: Int), right: Int32) {
    var stranger: [UInt8]?
    // A token may itself hold a space: any space that has a token on both sides will do.
    for place in line.indices
    where line[place] == separator && place > 0 && place < line.count - 1 {
      let left = line[..<place]
      let right = line[(place + 1)...]
      let leftID = vocabulary.id(of: left)
      if let leftID, let rightID = vocabulary.id(of: right) { return ((leftID, place), rightID) }
      stranger = stranger ?? Array(leftID == nil ? left : right)
    }
    throw Failure(
      .badData, place: "merge \(rank) (\(Tokenizer.quoted(line)))",
      found: stranger.map { "\(Tokenizer.quoted($0)), which is not in the vocabulary" }
        ?? "no pair",
      wanted: "two tokens of the vocabulary with a space between them")
  }
}

// MARK: Encoding

extension TokenModel {
  /// Appends the tokens of the words of a text, which begin where `origin` says.
  package func encode(
    _ text: UnsafeBufferPointer<UInt8>, words ranges: [Range<Int>], _ vocabulary: Vocabulary.View,
    _ merger: inout BytePairMerger, origin: (Int) -> Int, into result: inout Encoding
  ) {
    switch kind {
    case .ranked(let merges):
      merges.withLookup { lookup in
        encode(text, ranges, vocabulary, lookup, &merger, origin: origin, into: &result)
      }
    case .scored(let merges):
      merges.withLookup(vocabulary) { lookup in
        encode(text, ranges, vocabulary, lookup, &merger, origin: origin, into: &result)
      }
    case .unigram(let model):
      for range in ranges {
        let word = UnsafeBufferPointer(rebasing: text[range])
        for token in model.tokens(of: word, vocabulary) {
          let start = range.lowerBound + token.range.lowerBound
          let bytes = word[token.range]
          if token.id == unknown, bytes.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
            for (offset, byte) in bytes.enumerated() {
              result.append(byteTokens[Int(byte)], start: origin(start + offset))
            }
          } else if token.id >= 0 {
            result.append(token.id, start: origin(start))
          }
        }
      }
    }
  }

  @inline(__always)
  private func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ ranges: [Range<Int>], _ vocabulary: Vocabulary.View,
    _ lookup: some MergeLookup, _ merger: inout BytePairMerger, origin: (Int) -> Int,
    into result: inout Encoding
  ) {
    byteTokens.withUnsafeBufferPointer { byteTokens in
      for range in ranges {
        if let words {
          let word = UnsafeBufferPointer(rebasing: text[range])
          let id = words.withView { $0.id(of: word) }
          if id >= 0 {
            result.append(id, start: origin(range.lowerBound))
            continue
          }
        }
        merger.removeAll()
        if isByteLevel {
          for place in range {
            let token = byteTokens[Int(text[place])]
            if token >= 0 { merger.append(token, start: place) }
          }
        } else {
          appendCharacters(text, range, vocabulary, byteTokens, &merger)
        }
        merger.merge(with: lookup)
        for (id, start) in zip(merger.symbols, merger.starts) {
          result.append(id, start: origin(start))
        }
      }
    }
  }

  /// A word's characters as symbols: their tokens, those of their bytes, or the unknown one.
  private func appendCharacters(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ vocabulary: Vocabulary.View,
    _ byteTokens: UnsafeBufferPointer<Int32>, _ merger: inout BytePairMerger
  ) {
    var place = range.lowerBound
    var followsUnknown = false
    while place < range.upperBound {
      let width = max(1, min(UTF8Bytes.width(lead: text[place]), range.upperBound - place))
      let character = UnsafeBufferPointer(rebasing: text[place..<place + width])
      let id = vocabulary.id(of: character)
      if id >= 0 {
        merger.append(id, start: place)
        followsUnknown = false
      } else if character.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
        for (offset, byte) in character.enumerated() {
          merger.append(byteTokens[Int(byte)], start: place + offset)
        }
        followsUnknown = false
      } else if unknown >= 0 {
        if !(followsUnknown && fusesUnknown) { merger.append(unknown, start: place) }
        followsUnknown = true
      }
      place += width
    }
  }
}
