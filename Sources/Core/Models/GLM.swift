import SeerFormats
import SeerSupport

/// GLM-4 (GLM Team 2024): Llama's shape with gate and up in one tensor; the first half of each head
/// turns, in pairs of neighbours. GLM-4-0414 (`glm4`) norms what both parts of a block make, too.
///
/// Keys: `chatglm.*`, `glm4.*`, `config.json`. GGUF files of the first models have queries, keys and
/// values in one tensor.
extension ModelFamily {
  static let glm = ModelFamily(
    architectures: ["chatglm", "glm4"], modelTypes: ["glm", "glm4"],
    usual: ["glm": usualGLM, "glm4": usualGLM],
    settings: { model in
      let c = model.configuration
      let name = c.normsBranches ? "Glm4" : "Glm"
      return [
        "model_type": name.lowercased(), "architectures": [name + "ForCausalLM"],
        "hidden_act": "silu", "attention_bias": model.blocks.first?.queries.bias != nil,
        "partial_rotary_factor": Double(2 * c.rope.frequencies.count) / Double(c.headDimension),
      ].adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.feedForwardInputs = [TensorName("blk.#.ffn_up", "model.layers.#.mlp.gate_up_proj")]
    if model.architecture == "glm4" {
      own.attentionPostNorm = TensorName(
        "blk.#.post_attention_norm", "model.layers.#.post_self_attn_layernorm")
      own.feedForwardPostNorm = TensorName(
        "blk.#.post_ffw_norm", "model.layers.#.post_mlp_layernorm")
    }
    let fused = TensorName("blk.#.attn_qkv", "")
    if model.format == .gguf, model.has(fused, block: 0) { own.attentionInputs = [fused] }
    var names = model.located(own)
    names.bias(
      model, attention: try model.flag(ModelKey("", "attention_bias"), default: true),
      output: false)
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c, RopeKeys(usualShare: 0.5, turnsParts: true))
    c.turnsNeighbours = true
    c.modules =
      LoRAModule.separate.filter { $0.path.hasPrefix("self_attn.") } + [
        LoRAModule("mlp.gate_up_proj", [.gate, .up]), LoRAModule("mlp.down_proj", [.down]),
      ]
    return try model.transformer(c, names)
  }
}

private let usualGLM: [String: GGUFValue] = [
  "hidden_size": 4096, "num_hidden_layers": 40, "num_attention_heads": 32,
  "num_key_value_heads": 2, "head_dim": 128, "intermediate_size": 13696,
  "max_position_embeddings": 131_072, "rms_norm_eps": 1.5625e-7, "hidden_act": "silu",
  "attention_bias": true,
]
