import SeerSupport

/// Under which keys a family's sizes stand.
struct SizeKeys {
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
  static let experts = ModelKey("expert_count", "num_local_experts", "num_experts")
  static let activation = ModelKey("", "hidden_act", "hidden_activation", "activation_function")
  static let window = ModelKey("attention.sliding_window", "sliding_window")
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
      throw wrongKey(keys.heads, "heads of an even number of sizes")
    }
    if has(.experts), try integer(.experts, in: 0...1 << 20) > 0 {
      throw wrongKey(.experts, "0: mixtures of experts are not supported")
    }
    var feedForward = width * (keys.feedForwardWidths ?? 0)
    if keys.feedForwardWidths == nil || has(keys.feedForward) {
      feedForward = try integer(keys.feedForward, in: sizes)
    }
    let vocabulary = try rows(names.embeddings)
    let told = ModelKey("vocab_size", "vocab_size")
    if format == .huggingFace, has(told), try integer(told, in: 0...1 << 30) != vocabulary {
      throw wrongKey(told, "\(vocabulary), the rows of tensor \(name(names.embeddings))")
    }
    return ModelConfiguration(
      architecture: architecture, blocks: blocks, width: width, heads: heads, kvHeads: kvHeads,
      headDimension: headDimension, feedForward: feedForward, vocabulary: vocabulary,
      context: try integer(keys.context, in: 1...1 << 30),
      rope: .none, epsilon: Float(try positive(keys.epsilon)))
  }

  /// How many of a head's leading sizes turn: all of them unless a key says otherwise.
  func rotatedDimensions(_ headDimension: Int, share: ModelKey) throws(Failure) -> Int {
    let key = ModelKey("rope.dimension_count")
    var rotated = headDimension
    if format == .gguf {
      if has(key) { rotated = try integer(key, in: 0...1 << 20) }
    } else if has(share) {
      rotated = Int(Double(headDimension) * min(1, try positive(share)))
    }
    guard rotated <= headDimension, rotated % 2 == 0 else {
      throw wrongKey(
        format == .gguf ? key : share, "an even number of at most \(headDimension) sizes")
    }
    return rotated
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
    else { throw source.wrongKey(key, "sliding_attention or full_attention for \(blocks) blocks") }
    return Set(types.indices.filter { types[$0] == "sliding_attention" })
  }
}
