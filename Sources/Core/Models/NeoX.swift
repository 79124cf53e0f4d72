import SeerFormats
import SeerSupport

/// GPT-NeoX (Black et al. 2022) and Pythia: LayerNorm, biases, GELU without a gate, the first part
/// of each head turns, attention and feed-forward both read the block's input.
///
/// Keys: `gptneox.*`, `config.json`. Hugging Face stores queries, keys and values head by head in
/// one tensor; its rows are copied into memory in GGUF's order.
extension ModelFamily {
  static let neoX = ModelFamily(
    architectures: ["gptneox"], modelTypes: ["gpt_neox"],
    usual: [
      "gpt_neox": [
        "hidden_size": 6144, "num_hidden_layers": 44, "num_attention_heads": 64,
        "intermediate_size": 24576, "max_position_embeddings": 2048, "layer_norm_eps": 1e-5,
        "hidden_act": "gelu", "use_parallel_residual": true, "attention_bias": true,
      ]
    ],
    settings: { model in
      let c = model.configuration
      return [
        "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"],
        "layer_norm_eps": Double(c.epsilon), "hidden_act": "gelu",
        "use_parallel_residual": c.isParallel, "rotary_emb_base": c.rope.base,
        "rotary_pct": Double(2 * c.rope.frequencies.count) / Double(c.headDimension),
      ].adding(c.sizeSettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var keys = SizeKeys()
    keys.epsilon = ModelKey("attention.layer_norm_epsilon", "layer_norm_eps")
    keys.kvHeads = ModelKey("attention.head_count_kv")
    keys.headDimension = ModelKey("attention.key_length")
    var names = model.located(tensorNames)
    names.bias(
      model, attention: try model.flag(ModelKey("", "attention_bias"), default: true),
      feedForward: true)
    var c = try model.configuration(names, keys)
    c.activation = try model.activation("hidden_act", isGated: false, stored: .gelu)
    c.rope = try model.rope(
      &c,
      RopeKeys(
        base: "rotary_emb_base", share: "rotary_pct", usualShare: 0.25, size: "head_dim",
        turnsParts: true))
    c.isParallel = try model.flag(
      ModelKey("use_parallel_residual", "use_parallel_residual"), default: true)
    c.blockPath = "gpt_neox.layers"
    c.modules = [
      LoRAModule("attention.query_key_value", [.queries, .keys, .values], isInterleaved: true),
      LoRAModule("attention.dense", [.output]),
      LoRAModule("mlp.dense_h_to_4h", [.up]),
      LoRAModule("mlp.dense_4h_to_h", [.down]),
    ]
    return try model.transformer(c, names)
  }
}

private let tensorNames = TensorNames(
  embeddings: TensorName("token_embd", "gpt_neox.embed_in"),
  attentionNorm: TensorName("blk.#.attn_norm", "gpt_neox.layers.#.input_layernorm", hasBias: true),
  attentionInputs: [
    TensorName(
      "blk.#.attn_qkv", "gpt_neox.layers.#.attention.query_key_value", hasBias: true,
      isInterleaved: true)
  ],
  attentionOutput: TensorName(
    "blk.#.attn_output", "gpt_neox.layers.#.attention.dense", hasBias: true),
  feedForwardNorm: TensorName(
    "blk.#.ffn_norm", "gpt_neox.layers.#.post_attention_layernorm", hasBias: true),
  feedForwardInputs: [
    TensorName("blk.#.ffn_up", "gpt_neox.layers.#.mlp.dense_h_to_4h", hasBias: true)
  ],
  feedForwardOutput: TensorName(
    "blk.#.ffn_down", "gpt_neox.layers.#.mlp.dense_4h_to_h", hasBias: true),
  finalNorm: TensorName("output_norm", "gpt_neox.final_layer_norm", hasBias: true),
  head: TensorName("output", "embed_out"))
