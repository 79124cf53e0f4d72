import SeerFormats
import SeerSupport

/// Gemma 2 (Gemma Team 2024): norms before and after both parts of a block, embeddings times
/// sqrt(width), gelu(gate) * up, soft caps on scores and logits, every other block looks back on a
/// window.
///
/// Keys: `gemma2.*`, `config.json`. Hugging Face stores norms as w - 1, GGUF as w.
extension ModelFamily {
  static let gemma2 = ModelFamily(
    architectures: ["gemma2"], modelTypes: ["gemma2"], normOffset: 1,
    usual: [
      "gemma2": usualGemma.adding([
        "max_position_embeddings": 8192, "attn_logit_softcapping": 50.0,
        "final_logit_softcapping": 30.0,
      ])
    ],
    obeyed: ["attn_logit_softcapping", "final_logit_softcapping"],
    settings: { $0.configuration.gemmaSettings(type: "gemma2", "Gemma2ForCausalLM") }
  ) { (model: ModelReader) throws(Failure) in
    // The 27B model alone has 46 blocks.
    var names = model.located(tensorNames)
    var c = try model.gemma(names, largest: 46)
    c.attentionCap = Float(try model.cap(.attentionCap, default: 50))
    c.logitCap = Float(try model.cap(.logitCap, default: 30))
    c.rope = try model.rope(&c)
    try model.gemmaWindow(&c, of: model.slidingBlocks(c.blocks) { $0 % 2 == 0 })
    return try model.transformer(c, model.gemmaBiases(&names))
  }

  /// Gemma 3 (Gemma Team 2025), text: heads of queries and keys are normed before they turn, five
  /// of six blocks look back on a window and turn by frequencies of their own; no caps.
  static let gemma3 = ModelFamily(
    architectures: ["gemma3"], modelTypes: ["gemma3_text"], normOffset: 1,
    usual: [
      "gemma3_text": usualGemma.adding([
        "max_position_embeddings": 131_072, "use_bidirectional_attention": false,
      ])
    ],
    obeyed: ["final_logit_softcapping"],
    settings: { $0.configuration.gemmaSettings(type: "gemma3_text", "Gemma3ForCausalLM") }
  ) { (model: ModelReader) throws(Failure) in
    var own = tensorNames
    own.headNorms = TensorNames.headNorms
    var names = model.located(own)
    // The 27B model alone has 62 blocks. transformers reads attn_logit_softcapping and caps nothing.
    var c = try model.gemma(names, largest: 62)
    c.logitCap = Float(try model.cap(.logitCap, default: 0))
    // The sliding blocks' positions are not scaled with the others'.
    var sliding = c
    c.rope = try model.rope(&c, RopeKeys(layers: "full_attention", usualBase: 1_000_000))
    if model.format == .gguf {
      c.slidingRope = Rope(
        base: try model.positive(ModelKey("rope.freq_base_swa"), default: 10_000),
        dimension: c.headDimension)
    } else {
      c.slidingRope = try model.rope(
        &sliding, RopeKeys(layers: "sliding_attention", base: "rope_local_base_freq"))
      c.context = max(c.context, sliding.context)
    }
    try model.gemmaWindow(&c, of: model.slidingBlocks(c.blocks, by: .windowPattern, period: 6))
    // Tokens then look as far ahead as back, through half the window on either side.
    if try model.flag(ModelKey("", "use_bidirectional_attention"), default: false) {
      c.isCausal = false
      c.windowAhead = (c.window ?? 0) / 2
      c.window = c.window.map { $0 / 2 + 1 }
    }
    return try model.transformer(c, model.gemmaBiases(&names))
  }
}

extension ModelKey {
  fileprivate static let attentionCap = ModelKey(
    "attn_logit_softcapping", "attn_logit_softcapping")
  fileprivate static let logitCap = ModelKey(
    "final_logit_softcapping", "final_logit_softcapping")
  fileprivate static let queryScale = ModelKey("", "query_pre_attn_scalar")
}

extension ModelConfiguration {
  fileprivate func gemmaSettings(type: String, _ architecture: String) -> [String: Any] {
    var settings: [String: Any] = [
      "model_type": type, "architectures": [architecture],
      "hidden_activation": "gelu_pytorch_tanh",
      "query_pre_attn_scalar": Double((1 / (scale * scale)).rounded()),
      "layer_types": layerTypes,
    ]
    if attentionCap > 0 { settings["attn_logit_softcapping"] = Double(attentionCap) }
    if logitCap > 0 { settings["final_logit_softcapping"] = Double(logitCap) }
    if let local = slidingRope { settings["rope_local_base_freq"] = local.base }
    return settings.adding(sizeSettings).adding(rotarySettings)
  }
}

extension ModelReader {
  /// - Parameter largest: how many blocks the one model has whose scores are scaled by the width
  ///   a head, not by the head's own; GGUF has no key for it.
  fileprivate func gemma(
    _ names: TensorNames, largest: Int
  ) throws(Failure) -> ModelConfiguration {
    var c = try configuration(names)
    c.activation = try activation("hidden_activation", isGated: true, stored: .gatedGeluTanh)
    c.embeddingScale = Float(c.width).squareRoot()
    if format == .huggingFace {
      let scalar = try positive(.queryScale, default: 256)
      c.attentionScale = 1 / Float(scalar).squareRoot()
    } else if c.attentionScale == nil, c.blocks == largest {
      c.attentionScale = 1 / (Float(c.width) / Float(c.heads)).squareRoot()
    }
    return c
  }

  /// The window, which GGUF files may leave out.
  fileprivate func gemmaWindow(
    _ c: inout ModelConfiguration, of blocks: Set<Int>
  ) throws(Failure) {
    if format == .gguf, !has(.window) {
      (c.window, c.slidingBlocks) = (4096, blocks)
    } else {
      try window(&c, of: blocks)
    }
  }

  fileprivate func gemmaBiases(_ names: inout TensorNames) throws(Failure) -> TensorNames {
    names.bias(self, attention: try hasAttentionBias)
    return names
  }

  /// A soft cap; null in `config.json` is none.
  fileprivate func cap(_ key: ModelKey, default value: Double) throws(Failure) -> Double {
    if has(key) { return try positive(key) }
    return format == .gguf ? value : 0
  }
}

private let usualGemma: [String: GGUFValue] = [
  "hidden_size": 2304, "num_hidden_layers": 26, "num_attention_heads": 8,
  "num_key_value_heads": 4, "head_dim": 256, "intermediate_size": 9216, "rms_norm_eps": 1e-6,
  "hidden_activation": "gelu_pytorch_tanh", "attention_bias": false,
  "query_pre_attn_scalar": 256, "sliding_window": 4096,
]

private let tensorNames = {
  var names = TensorNames.llama
  names.attentionPostNorm = TensorName(
    "blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm")
  names.feedForwardNorm = TensorName("blk.#.ffn_norm", "model.layers.#.pre_feedforward_layernorm")
  names.feedForwardPostNorm = TensorName(
    "blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm")
  return names
}()
