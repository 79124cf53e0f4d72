import SeerFormats
import SeerSupport

/// SmolLM3 (Hugging Face 2025): Llama's shape; the queries and keys of every fourth block do not
/// turn (NoPE, Kazemnejad et al. 2023).
///
/// Keys: `smollm3.*`, `config.json`. Which blocks do not turn, GGUF does not say: every fourth.
extension ModelFamily {
  static let smolLM3 = ModelFamily(
    architectures: ["smollm3"], modelTypes: ["smollm3"],
    usual: [
      "smollm3": [
        "hidden_size": 2048, "num_hidden_layers": 36, "num_attention_heads": 16,
        "num_key_value_heads": 4, "intermediate_size": 11008, "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6, "hidden_act": "silu", "attention_bias": false, "mlp_bias": false,
        "use_sliding_window": false, "no_rope_layer_interval": 4,
      ]
    ],
    settings: { model in
      let c = model.configuration
      return [
        "model_type": "smollm3", "architectures": ["SmolLM3ForCausalLM"], "hidden_act": "silu",
        "attention_bias": model.blocks.first?.queries.bias != nil,
        "mlp_bias": model.blocks.first?.up?.bias != nil,
        "no_rope_layers": (0..<c.blocks).map { c.unturnedBlocks.contains($0) ? 0 : 1 },
      ].adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var names = model.located(.llama)
    names.bias(
      model, attention: try model.hasAttentionBias,
      feedForward: try model.flag(ModelKey("", "mlp_bias"), default: false))
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c, RopeKeys(usualBase: 2_000_000))
    c.unturnedBlocks = try model.unturnedBlocks(c.blocks)
    if model.format == .huggingFace {
      let slides =
        try model.flag(ModelKey("", "use_sliding_window"), default: false) && model.has(.window)
      let unturned = c.unturnedBlocks
      try model.window(
        &c, of: model.slidingBlocks(c.blocks) { slides && unturned.contains($0) })
    }
    return try model.transformer(c, names, headOrder: model.convertedHeads(c))
  }
}

extension ModelReader {
  /// The blocks for which `no_rope_layers` has 0, or every fourth.
  fileprivate func unturnedBlocks(_ blocks: Int) throws(Failure) -> Set<Int> {
    let key = "no_rope_layers"
    guard format == .huggingFace, source.has(key) else {
      let interval = ModelKey("", "no_rope_layer_interval")
      let period = try has(interval) ? integer(interval, in: 1...4096) : 4
      return Set((0..<blocks).filter { ($0 + 1) % period == 0 })
    }
    let turns = try source.integers(key)
    guard turns.count >= blocks, turns.allSatisfy({ [0, 1].contains($0) }) else {
      throw source.wrongKey(key, "0 or 1 for each of \(blocks) blocks")
    }
    return Set((0..<blocks).filter { turns[$0] == 0 })
  }
}
