import SeerSupport

/// The pre-tokenizers that GGUF files name (`tokenizer.ggml.pre`).
///
/// A name stands for what the models it was given to came with: patterns, the normalization before
/// them, and whether a word that is a token is looked up before any merge.
extension PreTokenizer {
  package struct Named {
    package var expressions: [String]
    package var normalizer: Normalizer.Form?
    var ignoresMerges = false
    /// Whether the beginning-of-text token is added where the file does not say.
    package var addsBeginningOfText = false
  }

  /// GPT-2's words; what is white space is spelled out by ``Pattern/translated(_:)``.
  static let byteLevelExpression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Words as in Llama 3, with digits in runs of up to this many.
  private static func words(digits: String) -> String {
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\#(digits)| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + spaces
  }

  /// Words that end where lower case is followed by upper case.
  private static func casedWords(digits: String, suffix: String) -> String {
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    let start = #"[^\r\n\p{L}\p{N}]?"#
    return "\(start)\(upper)*\(lower)+\(suffix)|\(start)\(upper)+\(lower)*\(suffix)"
      + #"|\#(digits)| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces
  }

  private static let gpt2 = Named(expressions: [byteLevelExpression])
  private static let neox = Named(expressions: [byteLevelExpression], normalizer: .nfc)
  private static let singleDigits = Named(expressions: [#"\p{N}"#, byteLevelExpression])
  private static let llama3 = Named(
    expressions: [words(digits: #"\p{N}{1,3}"#)], ignoresMerges: true, addsBeginningOfText: true)
  private static let qwen2 = Named(expressions: [words(digits: #"\p{N}"#)], normalizer: .nfc)

  package static let named: [String: Named] = [
    "gpt-2": gpt2, "phi-2": gpt2, "mpt": gpt2, "exaone4": gpt2, "jina-en": gpt2,
    "gpt-neox": neox, "olmo": neox, "dolma": neox,
    "smollm": singleDigits, "starcoder": singleDigits, "refact": singleDigits,
    "codeshell": singleDigits, "minerva-7b": singleDigits, "exaone": singleDigits,
    "command-r": Named(expressions: singleDigits.expressions, normalizer: .nfc),
    // Digits one by one first.
    "llama-bpe": llama3, "llama3": llama3, "llama-v3": llama3, "falcon3": llama3,
    "dbrx": Named(expressions: llama3.expressions),
    "smaug-bpe": Named(expressions: llama3.expressions),
    "chatglm-bpe": Named(expressions: llama3.expressions),
    "glm4": Named(expressions: llama3.expressions),
    "qwen2": qwen2, "stablelm2": Named(expressions: qwen2.expressions),
    "deepseek-r1-qwen": qwen2, "megrez": qwen2,
    // Marks belong to words.
    "qwen35": Named(
      expressions: [
        contractions
          + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"# + spaces
      ], normalizer: .nfc),
    "tekken": Named(
      expressions: [casedWords(digits: #"\p{N}"#, suffix: "")], ignoresMerges: true,
      addsBeginningOfText: true),
    "gpt-4o": Named(
      expressions: [casedWords(digits: #"\p{N}{1,3}"#, suffix: contractions + "?")]),
    // What a file gets that names `default` or nothing: punctuation apart, digits in threes.
    "default": Named(expressions: [
      #"[\p{P}$+<=>^~|]+"#, byteLevelExpression, #"\p{N}+"#, "[0-9][0-9][0-9]",
    ]),
  ]

  /// The names that there are.
  package static var names: [String] { named.keys.sorted() }

  package static func named(_ name: String) throws(Failure) -> Named {
    guard let found = named[name] else {
      throw Failure(
        .badData, place: "pre-tokenizer", found: "`\(name)`",
        wanted: "one of \(names.joined(separator: ", "))",
        advice: "This model's text cannot be cut as it was trained; use another model.")
    }
    return found
  }
}
