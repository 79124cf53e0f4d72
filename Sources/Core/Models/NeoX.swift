import SeerSupport

/// GPT-NeoX (Black et al. 2022) and Pythia: LayerNorm, biases, GELU without a gate, the first part
/// of each head turns, attention and feed-forward both read the block's input.
///
/// Keys: `gptneox.*`, `config.json`. Hugging Face stores queries, keys and values head by head in
/// one tensor; its rows are copied into memory in GGUF's order.
extension ModelFamily {
  static let neoX = ModelFamily(
    architectures: ["gptneox"], modelTypes: ["gpt_neox"],
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
    var c = try model.configuration(tensorNames, keys)
    try model.require(.activation, oneOf: "gelu", "gelu_new", "gelu_pytorch_tanh")
    c.activation = .gelu
    if model.has(.activation), try model.string(.activation) != "gelu" { c.activation = .geluTanh }
    c.rope = try model.rope(&c)
    let parallel = ModelKey("use_parallel_residual", "use_parallel_residual")
    c.isParallel = try model.has(parallel) ? model.source.bool(model.name(parallel)) : true
    c.blockPath = "gpt_neox.layers"
    c.modules = [
      LoRAModule("attention.query_key_value", [.queries, .keys, .values], isInterleaved: true),
      LoRAModule("attention.dense", [.output]),
      LoRAModule("mlp.dense_h_to_4h", [.up]),
      LoRAModule("mlp.dense_4h_to_h", [.down]),
    ]
    return try model.transformer(c, tensorNames)
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
