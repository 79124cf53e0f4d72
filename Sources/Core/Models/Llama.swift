/// Llama (Touvron et al. 2023), and what copies its shape: SmolLM2, Mistral.
///
/// RMSNorm, rotary positions, grouped-query attention, SwiGLU, no biases.
extension ModelFamily {
  static let llama = ModelFamily(
    architectures: ["llama"], modelTypes: ["llama", "mistral"]
  ) { (model: ModelReader) throws(Failure) in
    let c = try ModelConfiguration(llama: model)
    // llama.cpp's converter permutes q and k of this architecture only.
    let headOrder: StoredMatrix.RowOrder =
      model.format == .gguf ? .interleavedHeads(headDimension: c.headDimension) : .asStored
    let embeddings = try model.matrix(Names.embeddings, rows: c.vocabulary, columns: c.width)
    var blocks: [Transformer.Block] = []
    for block in 0..<c.blocks {
      blocks.append(
        Transformer.Block(
          attentionNorm: try model.vector(Names.attentionNorm, block: block, count: c.width),
          queries: try model.matrix(
            Names.queries, block: block, rows: c.queryWidth, columns: c.width, order: headOrder),
          keys: try model.matrix(
            Names.keys, block: block, rows: c.keyWidth, columns: c.width, order: headOrder),
          values: try model.matrix(
            Names.values, block: block, rows: c.keyWidth, columns: c.width),
          output: try model.matrix(
            Names.output, block: block, rows: c.width, columns: c.queryWidth),
          feedForwardNorm: try model.vector(Names.feedForwardNorm, block: block, count: c.width),
          gate: try model.matrix(Names.gate, block: block, rows: c.feedForward, columns: c.width),
          up: try model.matrix(Names.up, block: block, rows: c.feedForward, columns: c.width),
          down: try model.matrix(
            Names.down, block: block, rows: c.width, columns: c.feedForward)))
    }
    return Transformer(
      configuration: c, embeddings: embeddings, blocks: blocks,
      finalNorm: try model.vector(Names.finalNorm, count: c.width),
      head: model.has(Names.head)
        ? try model.matrix(Names.head, rows: c.vocabulary, columns: c.width) : embeddings)
  }
}

private enum Names {
  static let embeddings = TensorName("token_embd", "model.embed_tokens")
  static let attentionNorm = TensorName("blk.#.attn_norm", "model.layers.#.input_layernorm")
  static let queries = TensorName("blk.#.attn_q", "model.layers.#.self_attn.q_proj")
  static let keys = TensorName("blk.#.attn_k", "model.layers.#.self_attn.k_proj")
  static let values = TensorName("blk.#.attn_v", "model.layers.#.self_attn.v_proj")
  static let output = TensorName("blk.#.attn_output", "model.layers.#.self_attn.o_proj")
  static let feedForwardNorm = TensorName(
    "blk.#.ffn_norm", "model.layers.#.post_attention_layernorm")
  static let gate = TensorName("blk.#.ffn_gate", "model.layers.#.mlp.gate_proj")
  static let up = TensorName("blk.#.ffn_up", "model.layers.#.mlp.up_proj")
  static let down = TensorName("blk.#.ffn_down", "model.layers.#.mlp.down_proj")
  static let finalNorm = TensorName("output_norm", "model.norm")
  static let head = TensorName("output", "lm_head")
}

extension ModelConfiguration {
  fileprivate init(llama model: ModelReader) throws(Failure) {
    let sizes = 1...1 << 20
    blocks = try model.integer(.blocks, in: 1...4096)
    width = try model.integer(.width, in: sizes)
    heads = try model.integer(.heads, in: 1...4096)
    kvHeads = model.has(.kvHeads) ? try model.integer(.kvHeads, in: 1...4096) : heads
    guard heads % kvHeads == 0 else {
      throw model.wrongKey(.kvHeads, "a divisor of \(heads) heads")
    }
    headDimension =
      model.has(.headDimension) ? try model.integer(.headDimension, in: 2...4096) : width / heads
    guard headDimension >= 2, headDimension % 2 == 0 else {
      throw model.wrongKey(.heads, "heads of an even number of sizes")
    }
    if model.format == .gguf, model.has(.rotatedDimensions) {
      let rotated = try model.integer(.rotatedDimensions, in: 0...1 << 20)
      guard rotated == headDimension else {
        throw model.wrongKey(.rotatedDimensions, "\(headDimension), the whole head")
      }
    }
    if model.has(.ropeScaling), !["none", "default"].contains(try model.string(.ropeScaling)) {
      throw model.wrongKey(.ropeScaling, "no RoPE scaling, the only kind supported")
    }
    if model.source.tensor("rope_freqs.weight") != nil {
      throw Failure(
        .badData, file: model.source.path, place: "tensor rope_freqs.weight",
        found: "scaled RoPE frequencies (Llama 3.1 and later)", wanted: "unscaled RoPE",
        advice: "Use a model without RoPE scaling.")
    }
    if model.has(.experts), try model.integer(.experts, in: 0...1 << 20) > 0 {
      throw model.wrongKey(.experts, "0: mixtures of experts are not supported")
    }
    feedForward = try model.integer(.feedForward, in: sizes)
    vocabulary = try model.rows(Names.embeddings)
    context = try model.integer(.context, in: 1...1 << 30)
    ropeBase = model.has(.ropeBase) ? try model.positive(.ropeBase) : 10_000
    epsilon = Float(try model.positive(.rmsEpsilon))
    architecture = model.architecture
  }
}

extension ModelKey {
  static let blocks = ModelKey("block_count", "num_hidden_layers")
  static let width = ModelKey("embedding_length", "hidden_size")
  static let heads = ModelKey("attention.head_count", "num_attention_heads")
  static let kvHeads = ModelKey("attention.head_count_kv", "num_key_value_heads")
  static let headDimension = ModelKey("attention.key_length", "head_dim")
  static let feedForward = ModelKey("feed_forward_length", "intermediate_size")
  static let context = ModelKey("context_length", "max_position_embeddings")
  static let rotatedDimensions = ModelKey("rope.dimension_count")
  static let ropeBase = ModelKey("rope.freq_base", "rope_parameters.rope_theta", "rope_theta")
  static let ropeScaling = ModelKey(
    "rope.scaling.type", "rope_parameters.rope_type", "rope_scaling.rope_type",
    "rope_scaling.type")
  static let rmsEpsilon = ModelKey("attention.layer_norm_rms_epsilon", "rms_norm_eps")
  static let experts = ModelKey("expert_count", "num_local_experts")
}
