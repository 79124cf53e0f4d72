import SeerFormats
import SeerSupport

/// StableLM and StableLM 2 (Bellagente et al. 2024): Llama's shape with LayerNorm; the first part of
/// each head turns. The 12B model norms every head of queries and keys by weights of its own, and
/// both parts of its blocks read the one norm of the block's input.
///
/// Keys: `stablelm.*`, `config.json`. GGUF says by its tensors what a model has.
extension ModelFamily {
  static let stableLM = ModelFamily(
    architectures: ["stablelm"], modelTypes: ["stablelm"],
    usual: [
      "stablelm": [
        "hidden_size": 2560, "num_hidden_layers": 32, "num_attention_heads": 32,
        "num_key_value_heads": 32, "intermediate_size": 6912, "max_position_embeddings": 4096,
        "layer_norm_eps": 1e-5, "hidden_act": "silu", "use_qkv_bias": false,
        "qk_layernorm": false, "use_parallel_residual": false,
      ]
    ],
    headSizes: ["head_dim"],
    settings: { model in
      let c = model.configuration
      return [
        "model_type": "stablelm", "architectures": ["StableLmForCausalLM"], "hidden_act": "silu",
        "use_qkv_bias": model.blocks.first?.queries.bias != nil, "qk_layernorm": c.normsHeads,
        "use_parallel_residual": c.isParallel, "layer_norm_eps": Double(c.epsilon),
        "partial_rotary_factor": Double(2 * c.rope.frequencies.count) / Double(c.headDimension),
      ].adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.attentionNorm?.hasBias = true
    own.feedForwardNorm?.hasBias = true
    own.finalNorm.hasBias = true
    let headNorms = [
      TensorName("blk.#.attn_q_norm", "model.layers.#.self_attn.q_layernorm.norms.*"),
      TensorName("blk.#.attn_k_norm", "model.layers.#.self_attn.k_layernorm.norms.*"),
    ]
    if try model.format == .gguf
      ? model.has(headNorms[0], block: 0)
      : model.flag(ModelKey("", "qk_layernorm"), default: false)
    {
      own.headNorms = headNorms
      own.headNormScope = .own
    }
    let isParallel =
      try model.format == .gguf
      ? own.feedForwardNorm.map { !model.has($0, block: 0) } ?? true
      : model.flag(ModelKey("", "use_parallel_residual"), default: false)
    if isParallel { own.feedForwardNorm = nil }
    var names = model.located(own)
    names.bias(
      model, attention: try model.flag(ModelKey("", "use_qkv_bias"), default: false),
      output: false)
    var keys = SizeKeys()
    keys.epsilon = ModelKey("attention.layer_norm_epsilon", "layer_norm_eps")
    keys.headDimension = ModelKey("attention.key_length")
    var c = try model.configuration(names, keys)
    (c.isParallel, c.centresNorms) = (isParallel, true)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c, RopeKeys(usualShare: 0.25, turnsParts: true))
    return try model.transformer(c, names)
  }
}
