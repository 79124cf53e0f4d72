import SeerFormats
import SeerSupport

/// Command R (Cohere 2024): attention and feed-forward both read the one LayerNorm, without bias,
/// of a block's input; sizes of a head turn in pairs of neighbours; logits are multiplied with a
/// constant. Command R+ norms every head of queries and keys by weights of its own.
///
/// Keys: `command-r.*`, `cohere2.*`, `config.json`. In Command R7B (`cohere2`) three of four blocks
/// look back on a window, and the others do not turn.
extension ModelFamily {
  static let cohere = ModelFamily(
    architectures: ["command-r", "cohere2"], modelTypes: ["cohere", "cohere2"],
    usual: [
      "cohere": usualCohere.adding(["use_qk_norm": false]),
      "cohere2": usualCohere.adding(["sliding_window": 4096, "sliding_window_pattern": 4]),
    ],
    obeyed: ["logit_scale"],
    settings: { model in
      let c = model.configuration
      var settings: [String: Any] = [
        "model_type": "cohere", "architectures": ["CohereForCausalLM"], "hidden_act": "silu",
        "attention_bias": model.blocks.first?.queries.bias != nil,
        "logit_scale": Double(c.logitScale), "use_qk_norm": c.normsHeads,
        "layer_norm_eps": Double(c.epsilon),
      ]
      if c.architecture == "cohere2" {
        settings = settings.adding([
          "model_type": "cohere2", "architectures": ["Cohere2ForCausalLM"],
          "layer_types": c.layerTypes,
        ])
      }
      return settings.adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.feedForwardNorm = nil
    let headNorms = TensorNames.headNorms
    let isFirst = ["command-r", "cohere"].contains(model.architecture)
    if isFirst,
      try model.format == .gguf
        ? model.has(headNorms[0], block: 0)
        : model.flag(ModelKey("", "use_qk_norm"), default: false)
    {
      own.headNorms = headNorms
      own.headNormScope = .own
    }
    var names = model.located(own)
    names.bias(model, attention: try model.hasAttentionBias)
    var keys = SizeKeys()
    keys.epsilon = ModelKey("attention.layer_norm_epsilon", "layer_norm_eps")
    var c = try model.configuration(names, keys)
    (c.isParallel, c.centresNorms, c.turnsNeighbours) = (true, true, true)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(
      &c, RopeKeys(usualBase: model.architecture == "cohere" ? 500_000 : 10_000))
    c.logitScale = Float(try model.positive(ModelKey("logit_scale", "logit_scale")))
    if !isFirst {
      let sliding = try model.slidingBlocks(c.blocks, by: .windowPattern, period: 4)
      try model.window(&c, of: sliding)
      c.unturnedBlocks = Set(0..<c.blocks).subtracting(sliding)
    }
    return try model.transformer(c, names)
  }
}

private let usualCohere: [String: GGUFValue] = [
  "hidden_size": 8192, "num_hidden_layers": 40, "num_attention_heads": 64,
  "intermediate_size": 22528, "max_position_embeddings": 8192, "layer_norm_eps": 1e-5,
  "hidden_act": "silu", "attention_bias": false, "logit_scale": 0.0625,
]
