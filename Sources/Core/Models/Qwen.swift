import SeerFormats
import SeerSupport

/// Qwen 2 and 2.5 (Yang et al. 2024): Llama's shape with biases on queries, keys and values.
///
/// Keys: `qwen2.*`, `qwen2vl.*`, `config.json`. The upper blocks look back on a window where the
/// configuration asks for it, which released models do not. The text parts of Qwen 2 VL and 2.5 VL
/// are the same: a text without pictures turns by one position.
extension ModelFamily {
  static let qwen2 = ModelFamily(
    architectures: ["qwen2", "qwen2vl"],
    modelTypes: ["qwen2", "qwen2_vl_text", "qwen2_5_vl_text"],
    usual: [
      "qwen2": usualQwen, "qwen2_vl_text": usualQwenVL, "qwen2_5_vl_text": usualQwenVL,
    ],
    obeyed: positionsOfPictures,
    settings: { model in
      ["model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_act": "silu"]
        .adding(model.configuration.sizeSettings).adding(model.configuration.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var names = model.located(.llama)
    names.bias(model, attention: true, output: false)
    var keys = RopeKeys()
    if model.format == .huggingFace, model.architecture != "qwen2" {
      keys.usualBase = 1_000_000
      keys.types = ["mrope": "default", "default": "default", "linear": "linear", "yarn": "yarn"]
    }
    return try model.transformer(try model.qwen(names, keys), names)
  }

  /// Qwen 3 (Yang et al. 2025): no biases; every head of queries and keys is normed before it
  /// turns.
  static let qwen3 = ModelFamily(
    architectures: ["qwen3", "qwen3vl"], modelTypes: ["qwen3", "qwen3_vl_text"],
    usual: [
      "qwen3": usualQwen.adding([
        "head_dim": 128, "attention_bias": false,
      ]),
      "qwen3_vl_text": usualQwen.adding([
        "head_dim": 128, "attention_bias": false,
        "max_position_embeddings": 128_000,
      ]),
    ],
    obeyed: positionsOfPictures,
    settings: { model in
      [
        "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_act": "silu",
        "attention_bias": model.blocks.first?.queries.bias != nil,
      ].adding(model.configuration.sizeSettings).adding(model.configuration.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.headNorms = TensorNames.headNorms
    var names = model.located(own)
    names.bias(model, attention: try model.hasAttentionBias)
    var keys = RopeKeys()
    if model.architecture == "qwen3_vl_text" {
      keys.usualBase = 500_000
      keys.types = ["mrope": "default", "default": "default", "linear": "linear", "yarn": "yarn"]
    }
    return try model.transformer(try model.qwen(names, keys), names)
  }
}

extension ModelReader {
  fileprivate func qwen(
    _ names: TensorNames, _ keys: RopeKeys
  ) throws(Failure) -> ModelConfiguration {
    var c = try configuration(names)
    c.activation = try activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try rope(&c, keys)
    // Qwen 3 VL has no windows; llama.cpp reads none.
    guard format == .huggingFace, architecture != "qwen3_vl_text" else { return c }
    let uses = try flag(ModelKey("", "use_sliding_window"), default: false) && has(.window)
    let first = uses ? try integer(ModelKey("", "max_window_layers"), in: 0...1 << 20) : c.blocks
    let sliding = try slidingBlocks(c.blocks) { $0 >= first }
    guard uses || sliding.isEmpty else {
      throw source.unsupported("layer_types", "full_attention: use_sliding_window is off")
    }
    try window(&c, of: sliding)
    return c
  }
}

/// Which frequencies turn by which side of a picture; a text's positions are the same on all sides.
private let positionsOfPictures: Set = ["rope.dimension_sections"]

private let usualQwen: [String: GGUFValue] = [
  "hidden_size": 4096, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": 32,
  "intermediate_size": 22016, "max_position_embeddings": 32768,
  "rms_norm_eps": 1e-6, "hidden_act": "silu", "use_sliding_window": false,
  "sliding_window": 4096, "max_window_layers": 28,
]

private let usualQwenVL = usualQwen.adding([
  "hidden_size": 8192, "num_hidden_layers": 80,
  "num_attention_heads": 64, "num_key_value_heads": 8,
  "intermediate_size": 29568, "rms_norm_eps": 1e-5,
  "max_window_layers": 80,
])
