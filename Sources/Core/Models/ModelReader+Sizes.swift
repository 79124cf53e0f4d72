import SeerSupport

/// Under which keys a family's sizes stand.
struct SizeKeys: Sendable {
  var blocks = ModelKey("block_count", "num_hidden_layers")
  var width = ModelKey("embedding_length", "hidden_size")
  var heads = ModelKey("attention.head_count", "num_attention_heads")
  var kvHeads = ModelKey("attention.head_count_kv", "num_key_value_heads")
  var headDimension = ModelKey("attention.key_length", "head_dim")
  var feedForward = ModelKey("feed_forward_length", "intermediate_size")
  var context = ModelKey("context_length", "max_position_embeddings")
  var epsilon = ModelKey("attention.layer_norm_rms_epsilon", "rms_norm_eps")
  /// The feed-forward's size in widths where its key is absent.
  var feedForwardWidths: Int?
}

extension ModelKey {
  static let window = ModelKey("attention.sliding_window", "sliding_window")
  static let windowPattern = ModelKey(
    "attention.sliding_window_pattern", "sliding_window_pattern")
}

extension ModelReader {
  /// The sizes that every family has; the rest as in Llama, with nothing that turns.
  func configuration(
    _ names: TensorNames, _ keys: SizeKeys = SizeKeys()
  ) throws(Failure) -> ModelConfiguration {
    let sizes = 1...1 << 20
    let blocks = try integer(keys.blocks, in: 1...4096)
    let width = try integer(keys.width, in: sizes)
    let heads = try integer(keys.heads, in: 1...4096)
    let kvHeads = has(keys.kvHeads) ? try integer(keys.kvHeads, in: 1...4096) : heads
    guard heads % kvHeads == 0 else {
      throw wrongKey(keys.kvHeads, "a divisor of \(heads) heads")
    }
    let headDimension =
      has(keys.headDimension) ? try integer(keys.headDimension, in: 2...4096) : width / heads
    guard headDimension >= 2, headDimension % 2 == 0 else {
      throw unsupported(keys.heads, "heads of an even number of sizes")
    }
    try checkNeutralKeys(headDimension: headDimension)
    var feedForward = width * (keys.feedForwardWidths ?? 0)
    if keys.feedForwardWidths == nil || has(keys.feedForward) {
      feedForward = try integer(keys.feedForward, in: sizes)
    }
    let vocabulary = try rows(names.embeddings)
    let told = ModelKey("vocab_size", "vocab_size")
    if format == .huggingFace, has(told), try integer(told, in: 0...1 << 30) != vocabulary {
      throw wrongKey(told, "\(vocabulary), the rows of tensor \(name(names.embeddings))")
    }
    var c = ModelConfiguration(
      architecture: architecture, blocks: blocks, width: width, heads: heads, kvHeads: kvHeads,
      headDimension: headDimension, feedForward: feedForward, vocabulary: vocabulary,
      context: try integer(keys.context, in: 1...1 << 30),
      rope: .none, epsilon: Float(try positive(keys.epsilon)))
    let scale = ModelKey("attention.scale")
    if format == .gguf, has(scale), try real(scale) != 0 {
      c.attentionScale = Float(try positive(scale))
    }
    return c
  }

  /// What lies between the feed-forward's products, by transformers' name for it.
  ///
  /// - Parameter stored: what it is in GGUF files, which do not say.
  func activation(
    _ key: String, isGated: Bool, stored: Activation
  ) throws(Failure) -> Activation {
    guard format == .huggingFace, source.has(key) else { return stored }
    switch try source.string(key) {
    case "silu", "swish": return isGated ? .gatedSilu : .silu
    case "gelu_pytorch_tanh", "gelu_new", "gelu_fast": return isGated ? .gatedGeluTanh : .geluTanh
    case "gelu": return isGated ? .gatedGelu : .gelu
    case "relu": return isGated ? .gatedRelu : .relu
    default:
      throw source.unsupported(key, "silu, gelu, relu, gelu_pytorch_tanh, gelu_new, gelu_fast")
    }
  }

  /// The window of the blocks that have one.
  func window(_ c: inout ModelConfiguration, of blocks: Set<Int>) throws(Failure) {
    guard !blocks.isEmpty else { return }
    // llama.cpp's converter writes 0 for none.
    if format == .gguf, has(.window), try integer(.window, in: 0...1 << 30) == 0 { return }
    c.window = try integer(.window, in: 1...1 << 30)
    c.slidingBlocks = blocks
  }

  /// The same names with biases where the file has them: `config.json` says so by a switch, and what
  /// it does not ask for is not read; in GGUF files they are there or not.
  func biased(_ name: TensorName, _ isAskedFor: Bool) -> TensorName {
    var name = name
    name.hasBias = format == .gguf ? has(name, block: 0, ending: ".bias") : isAskedFor
    return name
  }

  /// Whether `config.json` asks for biases of attention, where most families' references take none.
  var hasAttentionBias: Bool {
    get throws(Failure) { try flag(ModelKey("", "attention_bias"), default: false) }
  }

  /// Throws where a key that the family does not obey would change what is computed.
  private func checkNeutralKeys(headDimension: Int) throws(Failure) {
    func check(_ key: String, _ values: [Double], _ wanted: String) throws(Failure) {
      let isNeutral =
        switch source.value(key) {
        case .bool(let flag)?: values.contains(flag ? 1 : 0)
        case .integers(let numbers)?: numbers.allSatisfy { values.contains(Double($0)) }
        case let value?: value.number.map(values.contains) ?? false
        case nil: true
        }
      guard isNeutral else { throw source.unsupported(key, wanted) }
    }
    let heads = format == .gguf ? ModelFamily.storedHeadSizes : family.headSizes
    for key in heads.map({ format == .gguf ? architecture + "." + $0 : $0 }) {
      try check(key, [Double(headDimension)], "\(headDimension), the size of a head")
    }
    guard format == .gguf else { return }
    for neutral in ModelFamily.neutralKeys where !family.obeyed.contains(neutral.key) {
      try check(
        architecture + "." + neutral.key, neutral.values, "none of it: \(neutral.what)")
    }
  }

  /// The blocks that `layer_types` of `config.json` calls sliding, or those of the usual pattern.
  func slidingBlocks(
    _ blocks: Int, otherwise isSliding: (Int) -> Bool
  ) throws(Failure) -> Set<Int> {
    let key = "layer_types"
    guard format == .huggingFace, source.has(key) else {
      return Set((0..<blocks).filter(isSliding))
    }
    let types = try source.strings(key)
    guard types.count == blocks,
      types.allSatisfy({ ["sliding_attention", "full_attention"].contains($0) })
    else {
      throw source.unsupported(key, "sliding_attention or full_attention for \(blocks) blocks")
    }
    return Set(types.indices.filter { types[$0] == "sliding_attention" })
  }

  /// The sliding blocks by `layer_types`, or by a pattern: a switch for each block, or a period of
  /// which only the last block is full.
  func slidingBlocks(
    _ blocks: Int, by pattern: ModelKey, period usual: Int
  ) throws(Failure) -> Set<Int> {
    if case .bools(let slides)? = source.value(name(pattern)) {
      guard slides.count == blocks else { throw wrongKey(pattern, "one for each block") }
      return Set(slides.indices.filter { slides[$0] })
    }
    let period = try has(pattern) ? integer(pattern, in: 1...4096) : usual
    return try slidingBlocks(blocks) { ($0 + 1) % period != 0 }
  }
}

extension TensorNames {
  /// Gives attention's linear layers, and the feed-forward's, biases: where `config.json` asks for
  /// them, in GGUF files where they are there.
  mutating func bias(
    _ model: ModelReader, attention: Bool, output: Bool? = nil, feedForward: Bool = false
  ) {
    attentionInputs = attentionInputs.map { model.biased($0, attention) }
    attentionOutput = model.biased(attentionOutput, output ?? attention)
    feedForwardInputs = feedForwardInputs.map { model.biased($0, feedForward) }
    feedForwardOutput = model.biased(feedForwardOutput, feedForward)
  }
}
