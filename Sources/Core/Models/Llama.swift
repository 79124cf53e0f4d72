import SeerFormats
import SeerSupport

/// Llama 1 to 3.3 (Touvron et al. 2023, Grattafiori et al. 2024), and what copies its shape:
/// SmolLM2, Mistral (Jiang et al. 2023; v0.1 looks back on a window).
///
/// Keys: `llama.*`, `config.json`. A block: x += attention(norm x); x += down(silu(gate) * up) of
/// norm x. RMSNorm, rotary positions, grouped queries, no biases unless the file has them.
extension ModelFamily {
  static let llama = ModelFamily(
    architectures: ["llama"], modelTypes: ["llama", "mistral"],
    usual: [
      "llama": [
        "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "intermediate_size": 11008,
        "max_position_embeddings": 2048, "rms_norm_eps": 1e-6,
        "hidden_act": "silu", "attention_bias": false, "mlp_bias": false,
      ],
      "mistral": [
        "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8,
        "intermediate_size": 14336, "max_position_embeddings": 131_072,
        "rms_norm_eps": 1e-6, "hidden_act": "silu",
        "sliding_window": 4096,
      ],
    ],
    settings: { $0.llamaSettings }
  ) { (model: ModelReader) throws(Failure) in
    var names = model.located(.llama)
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c)
    // transformers' Llama never reads a window that a configuration has kept from a Mistral, which
    // with kinds of layers is a Ministral.
    if model.architecture == "mistral" || model.format == .gguf, model.has(.window) {
      let sliding =
        model.architecture == "mistral"
        ? try model.slidingBlocks(c.blocks) { _ in true } : Set(0..<c.blocks)
      try model.window(&c, of: sliding)
    }
    let (attentionBias, feedForwardBias) = (
      try model.hasAttentionBias, try model.flag(ModelKey("", "mlp_bias"), default: false)
    )
    let isLlama = model.architecture == "llama"
    names.bias(model, attention: isLlama && attentionBias, feedForward: isLlama && feedForwardBias)
    return try model.transformer(c, names, headOrder: model.convertedHeads(c))
  }
}

extension Transformer {
  /// What `config.json` says of Llama's shape; with a window it is a Mistral.
  var llamaSettings: [String: Any] {
    let name = configuration.window == nil ? "Llama" : "Mistral"
    var settings: [String: Any] = [
      "model_type": name.lowercased(), "architectures": [name + "ForCausalLM"],
      "hidden_act": "silu",
    ]
    if blocks.first?.queries.bias != nil { settings["attention_bias"] = true }
    if blocks.first?.up?.bias != nil { settings["mlp_bias"] = true }
    return settings.adding(configuration.sizeSettings).adding(configuration.rotarySettings)
  }
}

extension TensorNames {
  /// The norms of queries and keys, in the families that have them.
  static let headNorms = [
    TensorName("blk.#.attn_q_norm", "model.layers.#.self_attn.q_norm"),
    TensorName("blk.#.attn_k_norm", "model.layers.#.self_attn.k_norm"),
  ]

  /// Llama's, which many families have with a few others.
  static let llama = TensorNames(
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
}
