import SeerSupport

/// The vocabulary, merges and added tokens of `tokenizer.json`.
extension TokenizerFile {
  /// Ids above this many times the entries are a damaged file's.
  private static let sparsest = 4

  package mutating func model(_ json: JSON) throws(Failure) {
    // Files of before the field had a type are BPE.
    let type = part("type", of: json)?.string ?? "BPE"
    switch type {
    case "BPE": try bytePair(json)
    case "Unigram": try unigram(json)
    default: throw unsupported("model", type, "BPE, Unigram")
    }
  }

  private mutating func bytePair(_ json: JSON) throws(Failure) {
    guard let vocabulary = part("vocab", of: json), vocabulary.kind == .object else {
      throw missing("model.vocab", "an object of tokens")
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = part(name, of: json)?.string, !text.isEmpty {
        throw unsupported("model.\(name)", text, "none")
      }
    }
    if let dropout = part("dropout", of: json)?.double, dropout > 0 {
      throw unsupported("model.dropout", "\(dropout)", "0")
    }
    var strings: [[UInt8]] = []
    let limit = vocabulary.count * Self.sparsest + 1024
    for (token, value) in vocabulary.members {
      guard let id = value.integer, 0..<limit ~= id else {
        throw failure(
          "model.vocab, token \(Tokenizer.quoted(token))",
          "id \(value.integer.map(String.init) ?? "of no integer")", "0 to \(limit - 1)")
      }
      while strings.count <= id { strings.append([]) }
      guard strings[id].isEmpty else {
        throw failure(
          "model.vocab, token \(Tokenizer.quoted(token))",
          "id \(id), which is that of \(Tokenizer.quoted(strings[id])) already",
          "every id once")
      }
      guard !token.isEmpty else { throw failure("model.vocab", "an empty token", "tokens") }
      strings[id] = token
    }
    description.vocabulary = strings
    try merges(json)
    let ignoresMerges = try flag("ignore_merges", of: json, "model", else: false)
    let fusesUnknown = try flag("fuse_unk", of: json, "model", else: false)
    let byteFallback = try flag("byte_fallback", of: json, "model", else: false)
    let unknown: Int? =
      if let token = part("unk_token", of: json)?.bytes {
        try id(of: token, "model.unk_token")
      } else { nil }
    description.ignoresMerges = ignoresMerges
    description.fusesUnknown = fusesUnknown
    description.byteFallback = byteFallback
    description.unknown = unknown
    description.encodesUnknown = unknown != nil
  }

  private mutating func merges(_ json: JSON) throws(Failure) {
    guard let list = part("merges", of: json), list.kind == .array else {
      throw missing("model.merges", "an array of merges")
    }
    // In pairs `["a", "b"]` a token may hold a space; no token holds the byte 0xFF.
    var lines: [[UInt8]] = []
    var pairs = false
    for (rank, merge) in list.elements.enumerated() {
      if rank == 0 { pairs = merge.kind == .array }
      if pairs {
        let sides = merge.elements.map { $0.bytes }
        guard sides.count == 2, let left = sides[0], let right = sides[1] else {
          throw failure("model.merges[\(rank)]", "no pair of strings", "a pair")
        }
        lines.append(left + [0xFF] + right)
      } else {
        guard let line = merge.bytes else {
          throw failure("model.merges[\(rank)]", "no string", "`left right`")
        }
        lines.append(line)
      }
    }
    description.merges = lines
    description.mergeSeparator = pairs ? 0xFF : 0x20
  }

  private mutating func unigram(_ json: JSON) throws(Failure) {
    guard let vocabulary = part("vocab", of: json), vocabulary.kind == .array else {
      throw missing("model.vocab", "an array of tokens with scores")
    }
    var strings: [[UInt8]] = []
    var scores: [Double] = []
    for (id, entry) in vocabulary.elements.enumerated() {
      let pair = Array(entry.elements)
      guard pair.count == 2, let token = pair[0].bytes, let score = pair[1].double else {
        throw failure("model.vocab[\(id)]", "no token with a score", "`[\"token\", -1.5]`")
      }
      strings.append(token)
      scores.append(score)
    }
    let unknown = part("unk_id", of: json)?.integer
    let byteFallback = try flag("byte_fallback", of: json, "model", else: false)
    description.model = .unigram
    description.vocabulary = strings
    description.scores = scores
    description.unknown = unknown
    description.encodesUnknown = unknown != nil
    description.fusesUnknown = true
    description.byteFallback = byteFallback
  }

  /// Reads `added_tokens`, adds what the files beside it add, and gives every token its type.
  mutating func addedTokens() throws(Failure) {
    var own: [(id: Int, token: AddedToken)] = []
    let list = part("added_tokens", of: root)?.elements.map { $0 } ?? []
    for (index, json) in list.enumerated() {
      let place = "added_tokens[\(index)]"
      _ = try bytes("content", of: json, place)
      for name in ["special", "lstrip", "rstrip", "single_word", "normalized"] {
        _ = try flag(name, of: json, place, else: false)
      }
      guard let id = json["id"]?.integer, let token = AddedToken(json), !token.content.isEmpty
      else { throw failure(place, "no usable id or content", "an id and a string") }
      own.append((id, token))
    }
    let candidates = own.map(\.token) + (try folder?.candidates() ?? [])
    var added = AddedVocabulary(
      description.vocabulary, candidates: Set(candidates.map(\.content)))
    if folder?.built == nil { for (_, token) in own { added.add(token) } }
    if let folder {
      for token in try folder.tokens(own: own, held: added) { added.add(token) }
    }
    self.added = added
    var types: [Int: TokenizerDescription.TokenType] = [:]
    for token in added.tokens {
      let id = Int(token.id)
      while description.vocabulary.count <= id {
        description.vocabulary.append([])
        if !description.scores.isEmpty { description.scores.append(0) }
      }
      // A number that a hole in the vocabulary makes two tokens share stays the model's own here.
      if description.vocabulary[id].isEmpty { description.vocabulary[id] = token.content }
      if description.vocabulary[id] == token.content {
        types[id] = token.isSpecial ? .control : .userDefined
      }
    }
    let hasFallback = description.byteFallback
    description.types = description.vocabulary.enumerated().map { id, string -> Int32 in
      if let type = types[id] { return type.rawValue }
      if string.isEmpty { return TokenizerDescription.TokenType.unused.rawValue }
      if hasFallback, ByteAlphabet.byte(ofFallback: string) != nil {
        return TokenizerDescription.TokenType.byte.rawValue
      }
      return TokenizerDescription.TokenType.normal.rawValue
    }
    // What is looked for in normalized text is normalized itself.
    let matcher = Pattern.Matcher()
    var tokens = added.tokens
    for index in tokens.indices where tokens[index].isNormalized {
      var text = tokens[index].content.withUnsafeBufferPointer { NormalizedText($0, base: 0) }
      for normalizer in description.normalizers { normalizer.apply(to: &text, with: matcher) }
      tokens[index].content = text.bytes
    }
    description.addedTokens = tokens
  }
}
