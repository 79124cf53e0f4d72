import SeerSupport

/// The tokens that were added to a model's vocabulary, as the `tokenizers` library numbers them: a
/// token of the vocabulary keeps its number, another gets the next one, whatever a file says; one
/// that is added again takes the flags of the later time.
struct AddedVocabulary {
  /// The model's tokens among those that may be added.
  private let known: [[UInt8]: Int]
  /// How many tokens the model has; where its numbers have holes, the last is higher.
  private let modelCount: Int
  private var numbers: [[UInt8]: Int] = [:]
  private var places: [[UInt8]: Int] = [:]
  /// In the order of their first adding, with their numbers.
  private(set) var tokens: [AddedToken] = []

  /// - Parameter candidates: the strings that may be added or asked for.
  init(_ vocabulary: [[UInt8]], candidates: Set<[UInt8]>) {
    var known: [[UInt8]: Int] = [:]
    var count = 0
    for (id, string) in vocabulary.enumerated() where !string.isEmpty {
      count += 1
      if candidates.contains(string) { known[string] = id }
    }
    (self.known, modelCount) = (known, count)
  }

  /// The number of an added token or one of the model's.
  func id(of content: [UInt8]) -> Int? { numbers[content] ?? known[content] }

  /// Whether a token is there with just these flags.
  func contains(_ token: AddedToken) -> Bool {
    guard let place = places[token.content] else { return false }
    var same = token
    same.id = tokens[place].id
    return tokens[place] == same
  }

  mutating func add(_ token: AddedToken) {
    guard !token.content.isEmpty, !contains(token) else { return }
    let last = tokens.reduce(-1) { max($0, Int($1.id)) }
    let id = id(of: token.content) ?? (last >= modelCount ? last + 1 : modelCount)
    var token = token
    token.id = Int32(clamping: id)
    if let place = places[token.content] {
      tokens[place] = token
    } else {
      places[token.content] = tokens.count
      tokens.append(token)
    }
    numbers[token.content] = id
  }
}

extension AddedToken {
  /// A token as a JSON object; nil where it has no content. Its number is not among its flags.
  ///
  /// - Parameter isSpecial: what it is whatever the object says.
  init?(_ json: JSON, isSpecial: Bool? = nil) {
    guard let content = json["content"]?.bytes else { return nil }
    let special = isSpecial ?? json["special"]?.bool ?? false
    self.init(
      id: 0, content: content, isSpecial: special, leftStrip: json["lstrip"]?.bool ?? false,
      rightStrip: json["rstrip"]?.bool ?? false, singleWord: json["single_word"]?.bool ?? false,
      isNormalized: json["normalized"]?.bool ?? !special)
  }
}
