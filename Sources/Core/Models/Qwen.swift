import SeerSupport

/// Qwen 2 and 2.5 (Yang et al. 2024): Llama's shape with biases on queries, keys and values.
///
/// Keys: `qwen2.*`, `config.json`. The upper blocks look back on a window where the configuration
/// asks for it, which released models do not.
extension ModelFamily {
  static let qwen2 = ModelFamily(
    architectures: ["qwen2"], modelTypes: ["qwen2"],
    settings: { model in
      ["model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_act": "silu"]
        .adding(model.configuration.sizeSettings).adding(model.configuration.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var names = tensorNames
    for index in names.attentionInputs.indices { names.attentionInputs[index].hasBias = true }
    return try model.transformer(try model.qwen(), names)
  }

  /// Qwen 3 (Yang et al. 2025): no biases; every head of queries and keys is normed before it
  /// turns.
  static let qwen3 = ModelFamily(
    architectures: ["qwen3"], modelTypes: ["qwen3"],
    settings: { model in
      [
        "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_act": "silu",
        "attention_bias": model.blocks.first?.queries.bias != nil,
      ].adding(model.configuration.sizeSettings).adding(model.configuration.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var names = tensorNames
    for index in names.attentionInputs.indices {
      names.attentionInputs[index].hasBias = model.hasBias(names.attentionInputs[index])
    }
    names.attentionOutput.hasBias = model.hasBias(names.attentionOutput)
    names.headNorms = [
      TensorName("blk.#.attn_q_norm", "model.layers.#.self_attn.q_norm"),
      TensorName("blk.#.attn_k_norm", "model.layers.#.self_attn.k_norm"),
    ]
    return try model.transformer(try model.qwen(), names)
  }
}

extension ModelReader {
  fileprivate func qwen() throws(Failure) -> ModelConfiguration {
    var c = try configuration(tensorNames)
    try require(.activation, oneOf: "silu")
    c.rope = try rope(&c)
    let uses = "use_sliding_window"
    if format == .huggingFace, source.has(uses), try source.bool(uses), has(.window) {
      c.window = try integer(.window, in: 1...1 << 30)
      let key = "max_window_layers"
      let full = source.has(key) ? try source.integer(key) : 0
      c.slidingBlocks = try slidingBlocks(c.blocks) { $0 >= full }
    }
    return c
  }
}

private let tensorNames = TensorNames(
  embeddings: TensorName("token_embd", "model.embed_tokens"),
  attentionNorm: TensorName("blk.#.attn_norm", "model.layers.#.input_layernorm"),
  attentionInputs: [
    TensorName("blk.#.attn_q", "model.layers.#.self_attn.q_proj"),
    TensorName("blk.#.attn_k", "model.layers.#.self_attn.k_proj"),
    TensorName("blk.#.attn_v", "model.layers.#.self_attn.v_proj"),
  ],
  attentionOutput: TensorName("blk.#.attn_output", "model.layers.#.self_attn.o_proj"),
  feedForwardNorm: TensorName("blk.#.ffn_norm", "model.layers.#.post_attention_layernorm"),
  feedForwardInputs: [
    TensorName("blk.#.ffn_gate", "model.layers.#.mlp.gate_proj"),
    TensorName("blk.#.ffn_up", "model.layers.#.mlp.up_proj"),
  ],
  feedForwardOutput: TensorName("blk.#.ffn_down", "model.layers.#.mlp.down_proj"),
  finalNorm: TensorName("output_norm", "model.norm"),
  head: TensorName("output", "lm_head"))
