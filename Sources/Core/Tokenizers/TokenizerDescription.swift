/// Everything a model file says about its tokenizer, as plain values.
///
/// A reader of a file format fills it in; ``Tokenizer/init(_:)`` checks it. Strings are kept as
/// bytes: two different vocabulary entries can be equal as Swift strings (U+212B and U+00C5).
public struct TokenizerDescription: Sendable {
  /// What a vocabulary entry is, numbered as GGUF does.
  public enum TokenType: Int32, Sendable {
    case normal = 1
    case unknown = 2
    /// Never part of ordinary text: turn markers, end of text.
    case control = 3
    /// Added later by whoever tuned the model; always recognised in text.
    case userDefined = 4
    case unused = 5
    case byte = 6
  }

  /// The file the description came from, for messages.
  public var source: String?
  /// The tokenization model: `gpt2` is byte-level BPE.
  public var model = "gpt2"
  /// The name of the pre-tokenizer, one of ``PreTokenizer/names``.
  public var preTokenizer = "default"
  /// The vocabulary strings as UTF-8, by token id.
  public var vocabulary: [[UInt8]] = []
  /// The type of each token, numbered as ``TokenType``; empty where all are normal.
  public var types: [Int32] = []
  /// The merges, best first, each written `left right` with vocabulary strings.
  public var merges: [[UInt8]] = []
  public var beginningOfText: Int?
  public var endOfText: Int?
  public var unknown: Int?
  public var padding: Int?
  /// Whether the beginning-of-text token is put before every text.
  public var addsBeginningOfText = false
  /// The chat template's text (Jinja), where the model has one.
  public var chatTemplate: String?

  public init() {}
}
