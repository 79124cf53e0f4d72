import SeerFormats
import SeerSupport

/// Seed-OSS (ByteDance 2025): Llama's shape with biases on queries, keys and values.
///
/// Keys: `seed_oss.*`, `config.json`.
extension ModelFamily {
  static let seedOss = ModelFamily(
    architectures: ["seed_oss"], modelTypes: ["seed_oss"],
    usual: [
      "seed_oss": [
        "hidden_size": 4096, "num_hidden_layers": 64, "num_attention_heads": 80,
        "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 27648,
        "max_position_embeddings": 524_288, "rms_norm_eps": 1e-6, "hidden_act": "silu",
        "attention_bias": true, "attention_out_bias": false, "mlp_bias": false,
      ]
    ],
    settings: { model in
      model.llamaSettings.adding([
        "model_type": "seed_oss", "architectures": ["SeedOssForCausalLM"],
        "attention_bias": model.blocks.first?.queries.bias != nil,
        "attention_out_bias": model.blocks.first?.output.bias != nil,
      ])
    }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.feedForwardNorm = TensorName(
      "blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm")
    var names = model.located(own)
    names.bias(
      model, attention: try model.flag(ModelKey("", "attention_bias"), default: true),
      output: try model.flag(ModelKey("", "attention_out_bias"), default: false),
      feedForward: try model.flag(ModelKey("", "mlp_bias"), default: false))
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c)
    return try model.transformer(c, names)
  }
}
