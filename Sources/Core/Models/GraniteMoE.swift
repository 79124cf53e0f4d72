import SeerFormats
import SeerSupport

/// Granite 3 with experts (IBM 2024): Granite's shape with experts in every block, weighed by the
/// softmax over the chosen ones; some have a part that every token goes through beside them.
///
/// Keys: `granitemoe.*`, `config.json`.
extension ModelFamily {
  static let graniteMoE = ModelFamily(
    architectures: ["granitemoe"], modelTypes: ["granitemoe", "granitemoeshared"],
    usual: [
      "granitemoe": usualExperts,
      "granitemoeshared": usualExperts.adding(["shared_intermediate_size": 0]),
    ],
    obeyed: ["expert_count", "embedding_scale", "residual_scale", "logit_scale"],
    settings: { _ in [:] }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.experts = graniteExperts(isStored: model.format == .gguf)
    var names = model.located(own)
    names.bias(model, attention: try model.hasAttentionBias)
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c)
    try model.graniteFactors(&c)
    let count = ModelKey("expert_count", "num_local_experts")
    var experts = try model.experts(c, .chosen, count: count)
    let shared = ModelKey("expert_shared_feed_forward_length", "shared_intermediate_size")
    if model.architecture == "granitemoeshared" || model.format == .gguf, model.has(shared) {
      experts.shared = try model.integer(shared, in: 0...1 << 20)
    }
    c.replaceFeedForward(by: experts)
    if experts.shared > 0 {
      c.experts?.modules += [
        LoRAModule("shared_mlp.input_linear", [.gate, .up]),
        LoRAModule("shared_mlp.output_linear", [.down]),
      ]
    }
    return try model.transformer(c, names, headOrder: model.convertedHeads(c))
  }
}

private let usualExperts = usualGranite.adding(["num_local_experts": 8, "num_experts_per_tok": 2])

/// Folders have gate and up of all experts, and of the shared part, in one tensor each.
private func graniteExperts(isStored: Bool) -> ExpertNames {
  let path = "model.layers.#.block_sparse_moe."
  func form(_ inputs: String, _ output: String, ending: String) -> ExpertNames.Form {
    ExpertNames.Form(
      kind: .stacked, inputs: [TensorName("", path + inputs)],
      output: TensorName("", path + output), ending: ending)
  }
  var names = ExpertNames(
    routers: [
      TensorName("blk.#.ffn_gate_inp", path + "router.layer"),
      TensorName("blk.#.ffn_gate_inp", path + "router"),
    ],
    forms: ExpertNames.stored + [
      form("input_linear", "output_linear", ending: ".weight"),
      form("experts.gate_up_proj", "experts.down_proj", ending: ""),
    ])
  names.sharedInputs =
    isStored
    ? [TensorName("blk.#.ffn_gate_shexp", ""), TensorName("blk.#.ffn_up_shexp", "")]
    : [TensorName("", "model.layers.#.shared_mlp.input_linear")]
  names.sharedOutput = TensorName(
    "blk.#.ffn_down_shexp", "model.layers.#.shared_mlp.output_linear")
  return names
}
