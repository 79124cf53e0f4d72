/// Cuts text into the words that the model's merges never cross.
///
/// Patterns are applied one after the other, each to the pieces the one before left: what a
/// lookahead sees ends with its piece.
public struct PreTokenizer: Sendable {
  private let patterns: [Pattern]

  /// The names that model files use, of the pre-tokenizers there are.
  public static var names: [String] { expressions.keys.sorted() }

  /// White space is spelled out: PCRE2's `\s` has U+180E too, the tokenizers' does not.
  private static let byteLevel =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{Z}\t-\r\x{85}\p{L}\p{N}]+"#
    + #"|[\p{Z}\t-\r\x{85}]+(?![^\p{Z}\t-\r\x{85}])|[\p{Z}\t-\r\x{85}]+"#

  private static let expressions: [String: [String]] = [
    "gpt-2": [byteLevel],
    // Digits one by one first.
    "smollm": [#"\p{N}"#, byteLevel],
    // What a file gets that names `default` or nothing: punctuation apart, digits in threes.
    "default": [#"[\p{P}$+<=>^~|]+"#, byteLevel, #"\p{N}+"#, "[0-9][0-9][0-9]"],
  ]

  /// Fails where the name is not one of ``names``.
  public init(named name: String) throws(Failure) {
    guard let expressions = Self.expressions[name] else {
      throw Failure(
        .badData, place: "pre-tokenizer", found: "`\(name)`",
        wanted: "one of \(Self.names.joined(separator: ", "))",
        advice: "This model's text cannot be cut as it was trained; use another model.")
    }
    var patterns: [Pattern] = []
    for expression in expressions { patterns.append(try Pattern(expression)) }
    self.patterns = patterns
  }

  /// The byte ranges of the words in valid UTF-8 text, in order and without gaps.
  func split(
    _ text: UnsafeBufferPointer<UInt8>, with matcher: Pattern.Matcher
  ) -> [Range<Int>] {
    var pieces = text.isEmpty ? [] : [0..<text.count]
    for pattern in patterns {
      var finer: [Range<Int>] = []
      finer.reserveCapacity(pieces.count + text.count / 8)
      for piece in pieces {
        let part = UnsafeBufferPointer(rebasing: text[piece])
        pattern.split(part, base: piece.lowerBound, with: matcher, into: &finer)
      }
      pieces = finer
    }
    return pieces
  }
}
