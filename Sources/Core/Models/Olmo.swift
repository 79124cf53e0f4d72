import SeerFormats
import SeerSupport

/// OLMo 2 (OLMo Team 2024): both parts of a block read the residual stream as it is, and what they
/// make is normed before it is added. All heads of queries, and of keys, are normed as one.
///
/// Keys: `olmo2.*`, `config.json`. In OLMo 3 three of four blocks look back on a window; their
/// positions are not scaled with the others'.
extension ModelFamily {
  static let olmo2 = ModelFamily(
    architectures: ["olmo2"], modelTypes: ["olmo2", "olmo3"],
    usual: ["olmo2": usualOlmo, "olmo3": usualOlmo.adding(["sliding_window": 4096])],
    settings: { model in
      let c = model.configuration
      var settings: [String: Any] = [
        "model_type": "olmo2", "architectures": ["Olmo2ForCausalLM"], "hidden_act": "silu",
        "attention_bias": model.blocks.first?.queries.bias != nil,
      ]
      if c.window != nil {
        let plain: [String: Any] = ["rope_type": "default", "rope_theta": c.rope.base]
        settings = settings.adding([
          "model_type": "olmo3", "architectures": ["Olmo3ForCausalLM"],
          "layer_types": c.layerTypes,
          "rope_parameters": ["full_attention": plain, "sliding_attention": plain],
        ])
      }
      return settings.adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.norm(headsAs: .whole)
    var names = model.located(own)
    names.bias(model, attention: try model.hasAttentionBias)
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    guard model.architecture == "olmo3" || model.format == .gguf && model.has(.window) else {
      c.rope = try model.rope(&c)
      return try model.transformer(c, names)
    }
    var sliding = c
    c.rope = try model.rope(&c, RopeKeys(layers: "full_attention", usualBase: 500_000))
    if model.format == .gguf {
      c.slidingRope = Rope(base: c.rope.base, dimension: 2 * c.rope.frequencies.count)
    } else {
      // transformers takes `rope_theta` for the others alone.
      c.slidingRope = try model.rope(
        &sliding, RopeKeys(layers: "sliding_attention", base: "", usualBase: 500_000))
      c.context = max(c.context, sliding.context)
    }
    try model.window(
      &c,
      of: model.slidingBlocks(
        c.blocks, by: ModelKey(ModelKey.windowPattern.gguf), period: 4))
    return try model.transformer(c, names)
  }
}

private let usualOlmo: [String: GGUFValue] = [
  "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
  "intermediate_size": 11008, "max_position_embeddings": 2048, "rms_norm_eps": 1e-5,
  "hidden_act": "silu", "attention_bias": false,
]

extension TensorNames {
  /// Norms of what the parts of a block make, not of what they read, and of queries and keys.
  mutating func norm(headsAs scope: HeadNormScope) {
    (attentionNorm, feedForwardNorm) = (nil, nil)
    attentionPostNorm = TensorName(
      "blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm")
    feedForwardPostNorm = TensorName(
      "blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm")
    headNorms = TensorNames.headNorms
    headNormScope = scope
  }
}
