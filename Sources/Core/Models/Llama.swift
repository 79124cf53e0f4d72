import SeerSupport

/// Llama 1 to 3.3 (Touvron et al. 2023, Grattafiori et al. 2024), and what copies its shape:
/// SmolLM2, Mistral (Jiang et al. 2023; v0.1 looks back on a window).
///
/// Keys: `llama.*`, `config.json`. A block: x += attention(norm x); x += down(silu(gate) * up) of
/// norm x. RMSNorm, rotary positions, grouped queries, no biases unless the file has them.
extension ModelFamily {
  static let llama = ModelFamily(
    architectures: ["llama"], modelTypes: ["llama", "mistral"],
    settings: { model in
      let c = model.configuration
      let name = c.window == nil ? "Llama" : "Mistral"
      var settings: [String: Any] = [
        "model_type": name.lowercased(), "architectures": [name + "ForCausalLM"],
        "hidden_act": "silu",
      ]
      if model.blocks.first?.queries.bias != nil { settings["attention_bias"] = true }
      if model.blocks.first?.up.bias != nil { settings["mlp_bias"] = true }
      return settings.adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var c = try model.configuration(tensorNames)
    try model.require(.activation, oneOf: "silu")
    c.rope = try model.rope(&c)
    // The converter's permutation of a head that turns in part only is not known.
    guard model.format == .huggingFace || 2 * c.rope.frequencies.count == c.headDimension else {
      throw model.wrongKey(
        ModelKey("rope.dimension_count"), "\(c.headDimension), the whole head")
    }
    if model.has(.window) {
      c.window = try model.integer(.window, in: 1...1 << 30)
      c.slidingBlocks = Set(0..<c.blocks)
    }
    var names = tensorNames
    for index in names.attentionInputs.indices {
      names.attentionInputs[index].hasBias = model.hasBias(names.attentionInputs[index])
    }
    for index in names.feedForwardInputs.indices {
      names.feedForwardInputs[index].hasBias = model.hasBias(names.feedForwardInputs[index])
    }
    names.attentionOutput.hasBias = model.hasBias(names.attentionOutput)
    names.feedForwardOutput.hasBias = model.hasBias(names.feedForwardOutput)
    // llama.cpp's converter permutes q and k of this architecture only.
    return try model.transformer(
      c, names,
      headOrder: model.format == .gguf
        ? .interleavedHeads(headDimension: c.headDimension) : .asStored)
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
