import SeerSupport

/// Everything a model file says about its tokenizer, as plain values.
///
/// A reader of a file format fills it in; ``Tokenizer/init(_:)`` checks it. Strings are kept as
/// bytes: two different vocabulary entries can be equal as Swift strings (U+212B and U+00C5).
package struct TokenizerDescription: Sendable {
  /// What a vocabulary entry is, numbered as GGUF does.
  package enum TokenType: Int32, Sendable {
    case normal = 1
    case unknown = 2
    /// Never part of ordinary text: turn markers, end of text.
    case control = 3
    /// Added later by whoever tuned the model; always recognised in text.
    case userDefined = 4
    case unused = 5
    case byte = 6
  }

  /// How words become tokens.
  package enum Model: String, Sendable {
    /// Merges of a list, best first (GGUF's `gpt2`, tokenizer.json's `BPE`).
    case bytePair
    /// Merges in the order of the tokens' scores (SentencePiece's BPE, GGUF's `llama`).
    case scoredBytePair
    /// The best-scored way to cut (SentencePiece's Unigram, GGUF's `t5`).
    case unigram
  }

  /// What decoding takes off the beginning of a text.
  enum LeadingSpace: Equatable, Sendable {
    case kept
    /// One space.
    case one
    /// All spaces of the first token.
    case firstToken
  }

  /// The file the description came from, for messages.
  package var source: String?
  package var model = Model.bytePair
  /// The vocabulary strings as UTF-8, by token id; empty ones are ids without a token.
  package var vocabulary: [[UInt8]] = []
  /// The type of each token, numbered as ``TokenType``; empty where all are normal.
  package var types: [Int32] = []
  /// The log probability of each token, for models that go by it.
  package var scores: [Double] = []
  /// The merges, best first, each written `left right` with vocabulary strings.
  package var merges: [[UInt8]] = []
  /// What stands between left and right.
  var mergeSeparator = UInt8(ascii: " ")
  /// Whether the vocabulary is written in ``ByteAlphabet`` and symbols are bytes, not characters.
  var isByteLevel = true
  /// Whether a word that is a token is that token, whatever the merges make of it.
  var ignoresMerges = false
  /// Whether characters without a token become the tokens of their bytes, `<0x00>` to `<0xFF>`.
  var byteFallback = false
  /// Whether unknown characters in a row are one token.
  var fusesUnknown = false
  /// Whether characters without a token become the unknown one; else they are left out.
  var encodesUnknown = false
  package var normalizers: [Normalizer] = []
  package var preTokenizer = PreTokenizer()
  /// Added tokens with rules of their own; others are recognised by their type.
  var addedTokens: [AddedToken] = []
  package var beginningOfText: Int?
  package var endOfText: Int?
  package var unknown: Int?
  package var padding: Int?
  /// More tokens that end an answer.
  package var stops: [Int] = []
  /// Whether the beginning-of-text token is put before every text.
  package var addsBeginningOfText = false
  /// Whether the end-of-text token is put after every text.
  package var addsEndOfText = false
  /// Whether special tokens in text are cut like any other text.
  var splitsSpecialTokens = false
  /// How a text with a hole is written, where the model fills holes.
  var infilling: Infilling?
  /// What decoding writes as a space.
  var spaceMark: [UInt8]?
  var leadingSpace = LeadingSpace.kept
  /// The chat template's text (Jinja), where the model has one.
  package var chatTemplate: String?
  /// The one for conversations with tools, where that is another.
  package var toolTemplate: String?
  /// Special tokens by the names that templates know them by, such as `bos_token`; nil where they
  /// are those of the ids above.
  package var templateTokens: [String: String]?
  /// What the user says of how conversations are written.
  package var chatOptions = ChatOptions()

  package init() {}
}

extension TokenizerDescription {
  /// SentencePiece's mark of a space, U+2581.
  static let spaceMark = Array("\u{2581}".utf8)

  /// Takes over what a GGUF file's pre-tokenizer name stands for.
  package mutating func use(preTokenizer name: String) throws(Failure) {
    let named = try PreTokenizer.named(name)
    normalizers = named.normalizer.map { [.form($0)] } ?? []
    ignoresMerges = named.ignoresMerges
    addsBeginningOfText = named.addsBeginningOfText
    var steps: [PreTokenizer.Step] = []
    for expression in named.expressions {
      steps.append(.split(try Pattern(oniguruma: expression), .isolated, inverted: false))
    }
    preTokenizer = PreTokenizer(steps)
  }
}
