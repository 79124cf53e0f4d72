import SeerSupport

/// Turns text into token ids and back, as the model was trained: added tokens apart, then
/// normalizers, ``PreTokenizer``, the model (byte-pair encoding, Radford et al. 2019, or Unigram,
/// Kudo 2018), and their inverse.
///
///     let tokenizer = try Tokenizer(description)
///     tokenizer.encode("The capital of France is")  // [504, 3575, 282, 4649, 314]
///     tokenizer.decode([504, 3575])                 // "The capital"
///
/// A value without mutable state: one serves all threads.
package struct Tokenizer: Sendable {
  /// The vocabulary strings as UTF-8, by token id.
  package let vocabulary: Vocabulary
  package let types: [TokenizerDescription.TokenType]
  package let model: TokenModel
  let normalizers: [Normalizer]
  package let preTokenizer: PreTokenizer
  /// Tokens recognised in the text as it is.
  let addedTokens: AddedTokens
  /// Tokens recognised in the normalized text.
  let normalizedTokens: AddedTokens
  let splitsSpecialTokens: Bool
  let infilling: Infilling?
  let isByteLevel: Bool
  let spaceMark: [UInt8]?
  let leadingSpace: TokenizerDescription.LeadingSpace

  package let beginningOfText: Int32?
  package let endOfText: Int32?
  package let unknown: Int32?
  package let padding: Int32?
  /// Tokens that end an answer beside the end of text.
  package let stops: Set<Int32>
  /// Whether the beginning-of-text token is put before every text.
  package let addsBeginningOfText: Bool
  /// Whether the end-of-text token is put after every text.
  package let addsEndOfText: Bool
  /// How the model writes conversations.
  package let chat: ChatTemplate

  /// The number of tokens in the vocabulary.
  package var count: Int { vocabulary.count }

  /// Builds the tokenizer; fails, naming the entry, where the description contradicts itself.
  package init(_ description: TokenizerDescription) throws(Failure) {
    do throws(Failure) {
      guard !description.vocabulary.isEmpty else {
        throw Failure(.badData, place: "vocabulary", found: "0 tokens", wanted: "some")
      }
      types = try Self.types(of: description)
      vocabulary = try Self.index(description.vocabulary, types)
      beginningOfText = try Self.checked(description.beginningOfText, "bos", of: vocabulary)
      endOfText = try Self.checked(description.endOfText, "eos", of: vocabulary)
      unknown = try Self.checked(description.unknown, "unknown", of: vocabulary)
      padding = try Self.checked(description.padding, "padding", of: vocabulary)
      model = try TokenModel(description, vocabulary, types, unknown: unknown)
      addsBeginningOfText = description.addsBeginningOfText
      addsEndOfText = description.addsEndOfText
      for (adds, id, name) in [
        (addsBeginningOfText, beginningOfText, "bos"), (addsEndOfText, endOfText, "eos"),
      ] where adds && id == nil {
        throw Failure(
          .badData, place: "\(name) token id", found: "none",
          wanted: "one, as the tokenizer adds it to every text")
      }
    } catch {
      var failure = error
      failure.file = failure.file ?? description.source
      throw failure
    }
    var tokens = description.templateTokens ?? [:]
    if description.templateTokens == nil {
      for (name, id) in [
        ("bos", beginningOfText), ("eos", endOfText), ("unk", unknown), ("pad", padding),
      ] {
        guard let id else { continue }
        tokens[name + "_token"] = String(decoding: Array(vocabulary[Int(id)]), as: UTF8.self)
      }
    }
    chat = ChatTemplate(
      description.chatTemplate, tools: description.toolTemplate, tokens: tokens,
      options: description.chatOptions)
    stops = Set(description.stops.compactMap { Int32(exactly: $0) })
    normalizers = description.normalizers
    preTokenizer = description.preTokenizer
    splitsSpecialTokens = description.splitsSpecialTokens
    infilling = description.infilling
    isByteLevel = description.isByteLevel
    spaceMark = description.spaceMark
    leadingSpace = description.leadingSpace
    var added = AddedTokens()
    var normalized = AddedTokens()
    let listed = Set(description.addedTokens.map(\.id))
    for (id, type) in types.enumerated() where !listed.contains(Int32(id)) {
      switch type {
      case .userDefined, .control, .unknown:
        added.insert(
          AddedToken(
            id: Int32(id), content: Array(vocabulary[id]), isSpecial: type != .userDefined))
      case .normal, .unused, .byte: continue
      }
    }
    for token in description.addedTokens {
      if token.isNormalized { normalized.insert(token) } else { added.insert(token) }
    }
    addedTokens = added
    normalizedTokens = normalized
  }

  private static func index(
    _ strings: [[UInt8]], _ types: [TokenizerDescription.TokenType]
  ) throws(Failure) -> Vocabulary {
    let bytes = strings.reduce(0) { $0 + $1.count }
    guard strings.count < Int32.max, bytes < Int32.max else {
      throw Failure(.badData, place: "vocabulary", found: "\(strings.count) tokens")
    }
    var vocabulary = Vocabulary(capacity: strings.count)
    for (id, string) in strings.enumerated() {
      // Ids that a model leaves free have no string, or one of no meaning.
      let isIndexed = !string.isEmpty && types[id] != .unused
      if let earlier = vocabulary.append(string, isIndexed: isIndexed) {
        throw Failure(
          .badData, place: "vocabulary, token \(id)",
          found: "\(quoted(string)), which is token \(earlier) already",
          wanted: "every token once")
      }
    }
    return vocabulary
  }

  private static func types(
    of description: TokenizerDescription
  ) throws(Failure) -> [TokenizerDescription.TokenType] {
    let count = description.vocabulary.count
    if description.types.isEmpty { return Array(repeating: .normal, count: count) }
    guard description.types.count == count else {
      throw Failure(
        .badData, place: "token types", found: "\(description.types.count)",
        wanted: "\(count), one for each token")
    }
    var types: [TokenizerDescription.TokenType] = []
    types.reserveCapacity(count)
    for (id, number) in description.types.enumerated() {
      guard let type = TokenizerDescription.TokenType(rawValue: number) else {
        throw Failure(
          .badData, place: "token types, token \(id)", found: "type \(number)",
          wanted: "1 to 6")
      }
      types.append(type)
    }
    return types
  }

  private static func checked(
    _ id: Int?, _ name: String, of vocabulary: Vocabulary
  ) throws(Failure) -> Int32? {
    guard let id else { return nil }
    guard 0..<vocabulary.count ~= id else {
      throw Failure(
        .badData, place: "\(name) token id", found: "\(id)",
        wanted: "an id below \(vocabulary.count)")
    }
    return Int32(id)
  }

  package static func quoted(_ string: [UInt8]) -> String {
    let text = String(decoding: string.prefix(80), as: UTF8.self)
    return string.count > 80 ? "`\(text)...`" : "`\(text)`"
  }
}
