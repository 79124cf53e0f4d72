/// Turns text into token ids and back, as the model was trained: special tokens apart, then
/// ``PreTokenizer``, then byte-level BPE (Radford et al. 2019), and their inverse.
///
///     let tokenizer = try Tokenizer(description)
///     tokenizer.encode("The capital of France is")  // [504, 3575, 282, 4649, 314]
///     tokenizer.decode([504, 3575])                 // "The capital"
///
/// A value without mutable state: one serves all threads.
public struct Tokenizer: Sendable {
  /// The vocabulary strings as UTF-8, by token id.
  let vocabulary: [[UInt8]]
  let types: [TokenizerDescription.TokenType]
  let ids: [[UInt8]: Int32]
  let merges: BytePairMerges
  /// The token of each byte, -1 where the vocabulary has none.
  let byteTokens: [Int32]
  let preTokenizer: PreTokenizer
  /// Tokens recognised in text wherever they stand.
  let userDefined: SpecialTokens
  /// The same with the control tokens.
  let special: SpecialTokens

  public let beginningOfText: Int32?
  public let endOfText: Int32?
  public let unknown: Int32?
  public let padding: Int32?
  /// Whether the beginning-of-text token is put before every text.
  public let addsBeginningOfText: Bool
  /// The chat template's text (Jinja), where the model has one.
  public let chatTemplate: String?

  /// The number of tokens in the vocabulary.
  public var count: Int { vocabulary.count }

  /// Builds the tokenizer; fails, naming the entry, where the description contradicts itself or
  /// asks for a model or pre-tokenizer there is none of.
  public init(_ description: TokenizerDescription) throws(Failure) {
    do throws(Failure) {
      guard description.model == "gpt2" else {
        throw Failure(
          .badData, place: "tokenizer model", found: "`\(description.model)`",
          wanted: "one of gpt2", advice: "Use a model with a byte-level BPE tokenizer.")
      }
      preTokenizer = try PreTokenizer(named: description.preTokenizer)
      vocabulary = description.vocabulary
      ids = try Self.index(vocabulary)
      types = try Self.types(of: description)
      merges = try Self.merges(of: description, ids: ids)
      let ids = ids
      byteTokens = (0...255).map { ids[ByteAlphabet.string(of: $0)] ?? -1 }
      beginningOfText = try Self.checked(description.beginningOfText, "bos", of: vocabulary)
      endOfText = try Self.checked(description.endOfText, "eos", of: vocabulary)
      unknown = try Self.checked(description.unknown, "unknown", of: vocabulary)
      padding = try Self.checked(description.padding, "padding", of: vocabulary)
      addsBeginningOfText = description.addsBeginningOfText
      guard !addsBeginningOfText || beginningOfText != nil else {
        throw Failure(
          .badData, place: "bos token id", found: "none",
          wanted: "one, as the tokenizer adds it to every text")
      }
      chatTemplate = description.chatTemplate
    } catch {
      var failure = error
      failure.file = failure.file ?? description.source
      throw failure
    }
    var userDefined = SpecialTokens()
    for (id, type) in types.enumerated() where type == .userDefined {
      userDefined.insert(vocabulary[id], id: Int32(id))
    }
    var special = userDefined
    for (id, type) in types.enumerated() where type == .control || type == .unknown {
      special.insert(vocabulary[id], id: Int32(id))
    }
    self.userDefined = userDefined
    self.special = special
  }

  private static func index(_ vocabulary: [[UInt8]]) throws(Failure) -> [[UInt8]: Int32] {
    guard !vocabulary.isEmpty, vocabulary.count < Int32.max else {
      throw Failure(.badData, place: "vocabulary", found: "\(vocabulary.count) tokens")
    }
    var ids: [[UInt8]: Int32] = [:]
    ids.reserveCapacity(vocabulary.count)
    for (id, string) in vocabulary.enumerated() {
      if let earlier = ids.updateValue(Int32(id), forKey: string) {
        throw Failure(
          .badData, place: "vocabulary, token \(id)",
          found: "\(quoted(string)), which is token \(earlier) already",
          wanted: "every token once")
      }
    }
    return ids
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

  private static func merges(
    of description: TokenizerDescription, ids: [[UInt8]: Int32]
  ) throws(Failure) -> BytePairMerges {
    var merges = BytePairMerges(capacity: description.merges.count)
    for (rank, line) in description.merges.enumerated() {
      let (left, right) = try halves(of: line, rank: rank, ids: ids)
      let product = line[..<left.end] + line[(left.end + 1)...]
      guard let productID = ids[Array(product)] else {
        throw Failure(
          .badData, place: "merge \(rank) (\(quoted(line)))",
          found: "its product missing from the vocabulary", wanted: quoted(Array(product)))
      }
      guard merges.insert(left: left.id, right: right, product: productID, rank: rank) else {
        throw Failure(
          .badData, place: "merge \(rank) (\(quoted(line)))", found: "a second merge of this pair",
          wanted: "every pair once")
      }
    }
    return merges
  }

  /// The tokens on the two sides of the space in `left right`.
  private static func halves(
    of line: [UInt8], rank: Int, ids: [[UInt8]: Int32]
  ) throws(Failure) -> (left: (id: Int32, end: Int), right: Int32) {
    var stranger: [UInt8]?
    // A token may itself hold a space: any space that has a token on both sides will do.
    for space in line.indices where line[space] == 0x20 && space > 0 && space < line.count - 1 {
      let left = Array(line[..<space])
      let right = Array(line[(space + 1)...])
      if let leftID = ids[left], let rightID = ids[right] {
        return ((leftID, space), rightID)
      }
      stranger = stranger ?? (ids[left] == nil ? left : right)
    }
    throw Failure(
      .badData, place: "merge \(rank) (\(quoted(line)))",
      found: stranger.map { "\(quoted($0)), which is not in the vocabulary" } ?? "no pair",
      wanted: "two tokens of the vocabulary with a space between them")
  }

  private static func checked(
    _ id: Int?, _ name: String, of vocabulary: [[UInt8]]
  ) throws(Failure) -> Int32? {
    guard let id else { return nil }
    guard vocabulary.indices.contains(id) else {
      throw Failure(
        .badData, place: "\(name) token id", found: "\(id)",
        wanted: "an id below \(vocabulary.count)")
    }
    return Int32(id)
  }

  private static func quoted(_ string: [UInt8]) -> String {
    let text = String(decoding: string.prefix(80), as: UTF8.self)
    return string.count > 80 ? "`\(text)...`" : "`\(text)`"
  }
}
