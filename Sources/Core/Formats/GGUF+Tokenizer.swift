extension GGUF {
  /// What the `tokenizer.*` keys say.
  func tokenizerDescription() throws(Failure) -> TokenizerDescription {
    func bytes(_ key: String) throws(Failure) -> [[UInt8]] {
      try strings(key).map { Array($0.utf8) }
    }
    func id(_ key: String) throws(Failure) -> Int? { has(key) ? try integer(key) : nil }
    var description = TokenizerDescription()
    description.source = file.path
    description.model = try string("tokenizer.ggml.model")
    if has("tokenizer.ggml.pre") { description.preTokenizer = try string("tokenizer.ggml.pre") }
    description.vocabulary = try bytes("tokenizer.ggml.tokens")
    if has("tokenizer.ggml.token_type") {
      description.types = try integers("tokenizer.ggml.token_type").map {
        Int32(clamping: $0)
      }
    }
    if has("tokenizer.ggml.merges") {
      description.merges = try bytes("tokenizer.ggml.merges")
    }
    description.beginningOfText = try id("tokenizer.ggml.bos_token_id")
    description.endOfText = try id("tokenizer.ggml.eos_token_id")
    description.unknown = try id("tokenizer.ggml.unknown_token_id")
    description.padding = try id("tokenizer.ggml.padding_token_id")
    if case .bool(let adds)? = metadata["tokenizer.ggml.add_bos_token"] {
      description.addsBeginningOfText = adds
    }
    if has("tokenizer.chat_template") {
      description.chatTemplate = try string("tokenizer.chat_template")
    }
    return description
  }
}
