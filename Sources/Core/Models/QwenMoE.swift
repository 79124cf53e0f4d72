import SeerFormats
import SeerSupport

/// Qwen 1.5 and 2 with experts (Yang et al. 2024): Qwen 2's attention; some blocks are dense, the
/// others have experts and a part that every token goes through, behind a gate of its own.
///
/// Keys: `qwen2moe.*`, `config.json`.
extension ModelFamily {
  static let qwen2MoE = ModelFamily(
    architectures: ["qwen2moe"], modelTypes: ["qwen2_moe"],
    usual: [
      "qwen2_moe": [
        "hidden_size": 2048, "num_hidden_layers": 24, "num_attention_heads": 16,
        "num_key_value_heads": 16, "intermediate_size": 5632, "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6, "hidden_act": "silu", "use_sliding_window": false,
        "sliding_window": 4096, "max_window_layers": 28, "decoder_sparse_step": 1,
        "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632,
        "num_experts_per_tok": 4, "num_experts": 60, "norm_topk_prob": false, "qkv_bias": true,
      ]
    ],
    obeyed: ["expert_count"],
    settings: { _ in [:] }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.experts = .qwen
    own.experts?.sharedInputs = [
      TensorName("blk.#.ffn_gate_shexp", "model.layers.#.mlp.shared_expert.gate_proj"),
      TensorName("blk.#.ffn_up_shexp", "model.layers.#.mlp.shared_expert.up_proj"),
    ]
    own.experts?.sharedOutput = TensorName(
      "blk.#.ffn_down_shexp", "model.layers.#.mlp.shared_expert.down_proj")
    own.experts?.sharedGate = TensorName(
      "blk.#.ffn_gate_inp_shexp", "model.layers.#.mlp.shared_expert_gate")
    var names = model.located(own)
    names.bias(
      model, attention: try model.flag(ModelKey("", "qkv_bias"), default: true), output: false)
    var c = try model.sparseQwen(names, normalises: false)
    // The usual pattern is transformers': every other block from the first on.
    let limit = ModelKey("", "max_window_layers")
    try model.switchedWindow(&c) { (count) throws(Failure) in
      let most = try model.integer(limit, in: 0...1 << 20)
      return Set((0..<count).filter { $0 % 2 == 0 && $0 < most })
    }
    guard var experts = c.experts else { return try model.transformer(c, names) }
    let key = ModelKey("expert_shared_feed_forward_length", "shared_expert_intermediate_size")
    experts.shared = try model.integer(key, in: 1...1 << 20)
    experts.gatesShared = true
    experts.modules =
      LoRAModule.attention + [
        LoRAModule("mlp.shared_expert.gate_proj", [.gate]),
        LoRAModule("mlp.shared_expert.up_proj", [.up]),
        LoRAModule("mlp.shared_expert.down_proj", [.down]),
      ]
    c.experts = experts
    return try model.transformer(c, names)
  }

  /// Qwen 3 with experts (Yang et al. 2025): Qwen 3's attention, and no shared part.
  ///
  /// Keys: `qwen3moe.*`, `config.json`.
  static let qwen3MoE = ModelFamily(
    architectures: ["qwen3moe"], modelTypes: ["qwen3_moe"],
    usual: [
      "qwen3_moe": [
        "hidden_size": 2048, "num_hidden_layers": 24, "num_attention_heads": 32,
        "num_key_value_heads": 4, "intermediate_size": 6144, "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6, "hidden_act": "silu", "attention_bias": false,
        "use_sliding_window": false, "sliding_window": 4096, "decoder_sparse_step": 1,
        "moe_intermediate_size": 768, "num_experts_per_tok": 8, "num_experts": 128,
        "norm_topk_prob": false,
      ]
    ],
    obeyed: ["expert_count"],
    settings: { _ in [:] }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.headNorms = TensorNames.headNorms
    own.experts = .qwen
    var names = model.located(own)
    names.bias(model, attention: try model.hasAttentionBias)
    // llama.cpp always divides by the chosen ones' sum.
    var c = try model.sparseQwen(names, normalises: model.format == .gguf)
    try model.switchedWindow(&c) { Set(0..<$0) }
    return try model.transformer(c, names)
  }
}

extension ExpertNames {
  /// Qwen's, which others have too.
  static let qwen = ExpertNames(
    routers: [TensorName("blk.#.ffn_gate_inp", "model.layers.#.mlp.gate")],
    forms: stored
      + folder("model.layers.#.mlp.", gate: "gate_proj", up: "up_proj", down: "down_proj"))
}

extension ModelReader {
  /// - Parameter normalises: whether weights are divided by the chosen ones' sum where no key says.
  fileprivate func sparseQwen(
    _ names: TensorNames, normalises: Bool
  ) throws(Failure) -> ModelConfiguration {
    var c = try configuration(names)
    c.activation = try activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try rope(&c)
    let count =
      architecture == "qwen2_moe" ? ModelKey("expert_count", "num_experts") : ModelKey.experts
    let sparse = try sparseBlocks(names, of: c.blocks, count)
    guard !sparse.isEmpty else { return c }
    let isNormalised = try flag(ModelKey("", "norm_topk_prob"), default: normalises)
    var experts = try experts(c, isNormalised ? .normalised : .all, count: count)
    experts.blocks = sparse
    experts.modules = LoRAModule.attention
    if sparse.count == c.blocks { c.feedForward = 0 }
    c.experts = experts
    return c
  }

  /// The blocks that have experts: by the configuration's keys, in GGUF those that have a router.
  private func sparseBlocks(
    _ names: TensorNames, of count: Int, _ experts: ModelKey
  ) throws(Failure) -> Set<Int> {
    guard format == .huggingFace else {
      let routed = routedBlocks(names, of: count)
      return routed.isEmpty ? Set(0..<count) : routed
    }
    if has(experts), try integer(experts, in: 0...1 << 16) == 0 { return [] }
    let step = try integer(ModelKey("", "decoder_sparse_step"), in: 1...1 << 20)
    let key = "mlp_only_layers"
    let dense = source.has(key) ? Set(try source.integers(key)) : []
    return Set((0..<count).filter { !dense.contains($0) && ($0 + 1) % step == 0 })
  }

  /// A window that is there where a switch asks for it.
  ///
  /// - Parameter blocks: which of so many blocks look through it, where `layer_types` does not say.
  fileprivate func switchedWindow(
    _ c: inout ModelConfiguration, of blocks: (Int) throws(Failure) -> Set<Int>
  ) throws(Failure) {
    guard format == .huggingFace else { return }
    let isAskedFor = try flag(ModelKey("", "use_sliding_window"), default: false)
    let uses = isAskedFor && has(.window)
    guard uses || !isAskedFor || architecture != "qwen2_moe" else {
      throw wrongKey(.window, "a number of tokens, since use_sliding_window is on")
    }
    let usual = uses ? try blocks(c.blocks) : []
    let sliding =
      architecture == "qwen2_moe" ? try slidingBlocks(c.blocks) { usual.contains($0) } : usual
    guard uses || sliding.isEmpty else {
      throw source.unsupported("layer_types", "full_attention: use_sliding_window is off")
    }
    try window(&c, of: sliding)
  }
}
