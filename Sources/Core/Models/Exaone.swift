import Foundation
import SeerFormats
import SeerSupport

/// EXAONE 4 (LG AI Research 2025): both parts of a block read the residual stream as it is, and what
/// they make is normed before it is added; every head of queries and keys is normed. In the 32B
/// model three of four blocks look back on a window, and the others do not turn.
///
/// Keys: `exaone4.*`, `config.json`.
extension ModelFamily {
  static let exaone4 = ModelFamily(
    architectures: ["exaone4"], modelTypes: ["exaone4"],
    usual: [
      "exaone4": [
        "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
        "num_key_value_heads": 32, "intermediate_size": 16384, "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-5, "hidden_act": "silu", "sliding_window": 4096,
        "sliding_window_pattern": 4,
      ]
    ],
    settings: { model in
      let c = model.configuration
      var settings: [String: Any] = [
        "model_type": "exaone4", "architectures": ["Exaone4ForCausalLM"], "hidden_act": "silu",
        "layer_types": c.layerTypes,
      ]
      if c.window == nil { settings["sliding_window"] = NSNull() }
      return settings.adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.norm(headsAs: .shared)
    let names = model.located(own)
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c)
    if model.format == .huggingFace || model.has(.window) {
      let sliding = try model.slidingBlocks(c.blocks, by: .windowPattern, period: 4)
      try model.window(&c, of: sliding)
      if model.has(.window) { c.unturnedBlocks = Set(0..<c.blocks).subtracting(sliding) }
    }
    return try model.transformer(c, names)
  }
}
