extension GGUF {
  /// What the `tokenizer.*` keys say.
  func tokenizerDescription() throws(Failure) -> TokenizerDescription {
    func bytes(_ key: String) throws(Failure) -> [[UInt8]] {
      try strings(key).map { Array($0.utf8) }
    }
    func id(_ key: String) throws(Failure) -> Int? { has(key) ? try integer(key) : nil }
    func flag(_ key: String, else value: Bool) throws(Failure) -> Bool {
      has(key) ? try bool(key) : value
    }
    var description = TokenizerDescription()
    description.source = file.path
    description.vocabulary = try bytes("tokenizer.ggml.tokens")
    if has("tokenizer.ggml.token_type") {
      description.types = try integers("tokenizer.ggml.token_type").map {
        Int32(clamping: $0)
      }
    }
    description.beginningOfText = try id("tokenizer.ggml.bos_token_id")
    description.endOfText = try id("tokenizer.ggml.eos_token_id")
    description.unknown = try id("tokenizer.ggml.unknown_token_id")
    description.padding = try id("tokenizer.ggml.padding_token_id")
    for name in ["eot", "eom"] {
      if let id = try id("tokenizer.ggml.\(name)_token_id") { description.stops.append(id) }
    }
    let model = try string("tokenizer.ggml.model")
    switch model {
    case "gpt2":
      if has("tokenizer.ggml.merges") {
        description.merges = try bytes("tokenizer.ggml.merges")
      }
      let name = has("tokenizer.ggml.pre") ? try string("tokenizer.ggml.pre") : "default"
      do throws(Failure) {
        try description.use(preTokenizer: name)
      } catch {
        var failure = error
        failure.file = file.path
        failure.place = "key tokenizer.ggml.pre"
        throw failure
      }
    case "llama", "t5":
      try description.useSentencePiece(isUnigram: model == "t5")
      guard case .reals(let scores)? = metadata["tokenizer.ggml.scores"] else {
        throw wrongKey("tokenizer.ggml.scores", "an array of numbers")
      }
      description.scores = scores
      if case .integers(let map)? = metadata["tokenizer.ggml.precompiled_charsmap"], !map.isEmpty {
        throw wrongKey("tokenizer.ggml.precompiled_charsmap", "none: its rules are not supported")
      }
      // A space before every text and after every token written in it.
      if try flag("tokenizer.ggml.add_space_prefix", else: true) {
        description.normalizers.insert(
          .prepend(TokenizerDescription.spaceMark), at: 0)
        description.leadingSpace = .one
      }
    default:
      throw Failure(
        .badData, file: file.path, place: "key tokenizer.ggml.model", found: "`\(model)`",
        wanted: "one of gpt2, llama, t5",
        advice: "Use a model with a BPE or Unigram tokenizer.")
    }
    description.addsBeginningOfText = try flag(
      "tokenizer.ggml.add_bos_token", else: description.addsBeginningOfText)
    description.addsEndOfText = try flag(
      "tokenizer.ggml.add_eos_token", else: description.addsEndOfText)
    if has("tokenizer.chat_template") {
      description.chatTemplate = try string("tokenizer.chat_template")
    }
    return description
  }
}

extension TokenizerDescription {
  /// SentencePiece's ways: characters for symbols, U+2581 for a space, bytes where no token fits.
  mutating func useSentencePiece(isUnigram: Bool) throws(Failure) {
    model = isUnigram ? .unigram : .scoredBytePair
    isByteLevel = false
    byteFallback = true
    encodesUnknown = unknown != nil
    fusesUnknown = true
    spaceMark = Self.spaceMark
    addsBeginningOfText = !isUnigram
    addsEndOfText = isUnigram
    normalizers = [.replace(try Pattern(literal: " "), Self.spaceMark)]
  }
}
