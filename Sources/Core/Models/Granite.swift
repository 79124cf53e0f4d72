import SeerFormats
import SeerSupport

/// Granite 3 and 4, dense (IBM 2024, 2025): Llama's shape; embeddings, scores, what a block adds
/// and logits are multiplied with constants.
///
/// Keys: `granite.*`, `config.json`. Dense models of Granite 4 are published as `granitemoehybrid`
/// with attention in every block and no experts; their feed-forward part is the shared one, and
/// adapters call it so.
extension ModelFamily {
  static let granite = ModelFamily(
    architectures: ["granite"], modelTypes: ["granite", "granitemoehybrid"],
    usual: [
      "granite": usualGranite.adding(["mlp_bias": false]),
      "granitemoehybrid": usualGranite.adding([
        "num_local_experts": 8, "shared_intermediate_size": 1024,
      ]),
    ],
    obeyed: ["embedding_scale", "residual_scale", "logit_scale"],
    settings: { model in
      let c = model.configuration
      return [
        "model_type": "granite", "architectures": ["GraniteForCausalLM"], "hidden_act": "silu",
        "attention_bias": model.blocks.first?.queries.bias != nil,
        "mlp_bias": model.blocks.first?.up?.bias != nil,
      ].adding(c.graniteSettings).adding(c.sizeSettings).adding(c.rotarySettings)
    }
  ) { (model: ModelReader) throws(Failure) in
    let isHybrid = model.architecture == "granitemoehybrid"
    var names = model.located(isHybrid ? hybridNames : .llama)
    var keys = SizeKeys()
    if isHybrid {
      try model.checkIsDense()
      keys.feedForward = ModelKey("", "shared_intermediate_size")
    }
    names.bias(
      model, attention: try model.hasAttentionBias,
      feedForward: isHybrid ? false : try model.flag(ModelKey("", "mlp_bias"), default: false))
    var c = try model.configuration(names, keys)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    // llama.cpp's switch for it has this name.
    var turns = try model.flag(ModelKey("rope.scaling.finetuned"), default: true)
    if isHybrid {
      let kind = ModelKey("", "position_embedding_type")
      turns = model.has(kind) ? try model.string(kind) == "rope" : false
    }
    if turns { c.rope = try model.rope(&c) }
    try model.graniteFactors(&c)
    // The converter writes the shared part's size of those alone.
    if isHybrid || model.has(ModelKey("expert_shared_feed_forward_length")) {
      c.modules =
        LoRAModule.separate.filter { $0.path.hasPrefix("self_attn.") } + [
          LoRAModule("shared_mlp.input_linear", [.gate, .up]),
          LoRAModule("shared_mlp.output_linear", [.down]),
        ]
    }
    return try model.transformer(c, names, headOrder: model.convertedHeads(c))
  }
}

extension ModelConfiguration {
  /// What `config.json` says of constants that things are multiplied with.
  var graniteSettings: [String: Any] {
    [
      "embedding_multiplier": Double(embeddingScale), "attention_multiplier": Double(scale),
      "residual_multiplier": Double(residualScale), "logits_scaling": 1 / Double(logitScale),
    ]
  }
}

extension ModelReader {
  /// The constants that a family's embeddings, scores, additions and logits are multiplied with.
  func graniteFactors(_ c: inout ModelConfiguration) throws(Failure) {
    c.embeddingScale = try factor(ModelKey("embedding_scale", "embedding_multiplier"))
    c.residualScale = try factor(ModelKey("residual_scale", "residual_multiplier"))
    c.logitScale = try 1 / factor(ModelKey("logit_scale", "logits_scaling"))
    if format == .huggingFace {
      c.attentionScale = try factor(ModelKey("", "attention_multiplier"))
    }
  }

  /// A number above 0 to multiply with; GGUF's 0 is none.
  private func factor(_ key: ModelKey) throws(Failure) -> Float {
    if format == .gguf { guard has(key), try real(key) != 0 else { return 1 } }
    return Float(try positive(key))
  }

  /// Throws where blocks of a hybrid have experts or no attention.
  fileprivate func checkIsDense() throws(Failure) {
    let experts = ModelKey("", "num_local_experts")
    guard try integer(experts, in: 0...1 << 20) == 0 else {
      throw unsupported(experts, "0: a mixture of experts is not read of this family")
    }
    let blocks = try integer(SizeKeys().blocks, in: 1...4096)
    let key = "layer_types"
    guard source.has(key), try source.strings(key).count == blocks,
      try source.strings(key).allSatisfy({ ["attention", "full_attention"].contains($0) })
    else { throw source.unsupported(key, "attention in all \(blocks) blocks, none recurrent") }
  }
}

let usualGranite: [String: GGUFValue] = [
  "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
  "intermediate_size": 11008, "max_position_embeddings": 2048, "rms_norm_eps": 1e-6,
  "hidden_act": "silu", "attention_bias": false, "embedding_multiplier": 1.0,
  "logits_scaling": 1.0, "residual_multiplier": 1.0, "attention_multiplier": 1.0,
]

private let hybridNames: TensorNames = {
  var names = TensorNames.llama
  names.feedForwardInputs = [TensorName("", "model.layers.#.shared_mlp.input_linear")]
  names.feedForwardOutput = TensorName("", "model.layers.#.shared_mlp.output_linear")
  return names
}()
