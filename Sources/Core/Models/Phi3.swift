import SeerFormats
import SeerSupport

/// Phi-3 and Phi-4-mini (Abdin et al. 2024): Llama's shape with queries, keys and values in one
/// tensor, gate and up in another; some turn only the first part of each head.
///
/// Keys: `phi3.*`, `config.json`. Rows beyond the original context turn by other factors (LongRoPE).
extension ModelFamily {
  static let phi3 = ModelFamily(
    architectures: ["phi3"], modelTypes: ["phi3"],
    usual: [
      "phi3": [
        "hidden_size": 3072, "num_hidden_layers": 32, "num_attention_heads": 32,
        "intermediate_size": 8192, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
        "hidden_act": "silu", "original_max_position_embeddings": 4096,
      ]
    ],
    settings: { model in
      let c = model.configuration
      return [
        "model_type": "phi3", "architectures": ["Phi3ForCausalLM"], "hidden_act": "silu",
        "partial_rotary_factor": Double(2 * c.rope.frequencies.count) / Double(c.headDimension),
      ].adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    let names = model.located(tensorNames)
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(
      &c,
      RopeKeys(
        turnsParts: true,
        // Older files have other names for it.
        types: [
          "default": "default", "longrope": "longrope", "su": "longrope", "yarn": "longrope",
        ]))
    if model.has(.window) { try model.window(&c, of: Set(0..<c.blocks)) }
    c.modules = [
      LoRAModule("self_attn.qkv_proj", [.queries, .keys, .values]),
      LoRAModule("self_attn.o_proj", [.output]),
      LoRAModule("mlp.gate_up_proj", [.gate, .up]),
      LoRAModule("mlp.down_proj", [.down]),
    ]
    return try model.transformer(c, names)
  }
}

private let tensorNames = TensorNames(
  embeddings: TensorName("token_embd", "model.embed_tokens"),
  attentionNorm: TensorName("blk.#.attn_norm", "model.layers.#.input_layernorm"),
  attentionInputs: [TensorName("blk.#.attn_qkv", "model.layers.#.self_attn.qkv_proj")],
  attentionOutput: TensorName("blk.#.attn_output", "model.layers.#.self_attn.o_proj"),
  feedForwardNorm: TensorName("blk.#.ffn_norm", "model.layers.#.post_attention_layernorm"),
  feedForwardInputs: [TensorName("blk.#.ffn_up", "model.layers.#.mlp.gate_up_proj")],
  feedForwardOutput: TensorName("blk.#.ffn_down", "model.layers.#.mlp.down_proj"),
  finalNorm: TensorName("output_norm", "model.norm"),
  head: TensorName("output", "lm_head"))
