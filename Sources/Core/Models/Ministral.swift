import SeerFormats
import SeerSupport

/// Ministral (Mistral AI 2024): Llama's shape, blocks that look back on a window or not. Ministral 3
/// (2025): queries grow with the logarithm of their place beyond the original context.
///
/// Keys: `mistral3.*`, `config.json`.
extension ModelFamily {
  static let ministral3 = ModelFamily(
    architectures: ["mistral3"], modelTypes: ["ministral", "ministral3"],
    usual: [
      "ministral": usualMinistral.adding([
        "max_position_embeddings": 131_072, "rms_norm_eps": 1e-6, "sliding_window": 4096,
      ]),
      "ministral3": usualMinistral.adding([
        "num_hidden_layers": 34, "head_dim": 128, "max_position_embeddings": 262_144,
        "rms_norm_eps": 1e-5,
      ]),
    ],
    obeyed: ["attention.temperature_scale", "rope.scaling.yarn_log_multiplier"],
    settings: { model in
      // Without what is its own it is a Llama or a Mistral.
      guard let growth = model.configuration.queryGrowth else { return model.llamaSettings }
      return model.llamaSettings.adding([
        "model_type": "ministral3", "architectures": ["Ministral3ForCausalLM"],
        "rope_parameters": [
          "rope_type": "default", "rope_theta": model.configuration.rope.base,
          "llama_4_scaling_beta": Double(growth.slope),
          "original_max_position_embeddings": growth.original,
        ] as [String: Any],
      ])
    }
  ) { (model: ModelReader) throws(Failure) in
    let names = model.located(.llama)
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c)
    if model.architecture == "ministral" {
      let slides = model.has(.window)
      try model.window(&c, of: model.slidingBlocks(c.blocks) { _ in slides })
    } else {
      if model.has(.window) { try model.window(&c, of: Set(0..<c.blocks)) }
      c.queryGrowth = try model.queryGrowth(c)
    }
    return try model.transformer(c, names, headOrder: model.convertedHeads(c))
  }
}

extension ModelReader {
  fileprivate func queryGrowth(
    _ c: ModelConfiguration
  ) throws(Failure) -> ModelConfiguration.QueryGrowth? {
    let slope = ModelKey("attention.temperature_scale", "rope_parameters.llama_4_scaling_beta")
    // transformers has other positions for a file that says nothing of them.
    guard format == .gguf || !source.members("rope_parameters").isEmpty else {
      throw source.wrongKey("rope_parameters", "an object")
    }
    let original = ModelKey(
      "rope.scaling.original_context_length", "rope_parameters.original_max_position_embeddings")
    if format == .gguf { guard has(slope), try real(slope) != 0 else { return nil } }
    return ModelConfiguration.QueryGrowth(
      slope: Float(try real(slope)), original: try integer(original, in: 1...1 << 30))
  }
}

private let usualMinistral: [String: GGUFValue] = [
  "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
  "num_key_value_heads": 8, "intermediate_size": 14336, "hidden_act": "silu",
]
