import SeerFormats
import SeerSupport

/// gpt-oss (OpenAI 2025): every other block looks back on a window, attention has a sink a head, and
/// experts with biases and a clamped gate stand in place of the feed-forward part.
///
/// Keys: `gpt-oss.*`, `config.json`. Positions are scaled by YaRN, whose borders are no whole
/// frequencies; GGUF files do not say so.
extension ModelFamily {
  static let gptOss = ModelFamily(
    architectures: ["gpt-oss"], modelTypes: ["gpt_oss"],
    usual: [
      "gpt_oss": [
        "hidden_size": 2880, "num_hidden_layers": 36, "num_attention_heads": 64,
        "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2880,
        "max_position_embeddings": 131_072, "rms_norm_eps": 1e-5, "sliding_window": 128,
        "num_experts_per_tok": 4, "num_experts": 128, "swiglu_alpha": 1.702, "swiglu_limit": 7.0,
        "attention_bias": true,
      ]
    ],
    obeyed: ["expert_count", "expert_gating_func"],
    settings: { _ in [:] }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.feedForwardNorm = TensorName(
      "blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm")
    own.sinks = TensorName("blk.#.attn_sinks", "model.layers.#.self_attn.sinks")
    own.experts = ExpertNames(
      routers: [
        TensorName("blk.#.ffn_gate_inp", "model.layers.#.mlp.router", hasBias: true)
      ],
      forms: [
        ExpertNames.Form(
          kind: .stacked,
          inputs: [TensorName("blk.#.ffn_gate_exps", ""), TensorName("blk.#.ffn_up_exps", "")],
          output: TensorName("blk.#.ffn_down_exps", ""), biasEnding: ".bias"),
        // As it is published, in MXFP4; in 16 bits the same lies the other way round.
        gptOssForm(.stacked, ending: "_blocks"), gptOssForm(.transposed, ending: ""),
      ])
    var names = model.located(own)
    names.bias(model, attention: try model.flag(ModelKey("", "attention_bias"), default: true))
    var c = try model.configuration(names)
    c.activation = .clamped(
      alpha: Float(try model.positive(ModelKey("", "swiglu_alpha"), default: 1.702)),
      limit: Float(try model.positive(ModelKey("", "swiglu_limit"), default: 7)))
    let gating = ModelKey("expert_gating_func")
    if model.format == .gguf, model.has(gating), try model.integer(gating, in: 0...255) != 3 {
      throw model.unsupported(gating, "3, the softmax over the chosen experts")
    }
    c.rope = try model.gptOssRope(&c)
    if model.has(.window) {
      try model.window(&c, of: model.slidingBlocks(c.blocks) { $0 % 2 == 0 })
    } else if try !model.slidingBlocks(c.blocks, otherwise: { _ in false }).isEmpty {
      throw model.wrongKey(.window, "a number of tokens for the blocks with a window")
    }
    c.replaceFeedForward(by: try model.experts(c, .chosen))
    return try model.transformer(c, names)
  }
}

private func gptOssForm(_ kind: ExpertNames.Form.Kind, ending: String) -> ExpertNames.Form {
  ExpertNames.Form(
    kind: kind, inputs: [TensorName("", "model.layers.#.mlp.experts.gate_up_proj")],
    output: TensorName("", "model.layers.#.mlp.experts.down_proj"), ending: ending,
    biasEnding: "_bias", takesTurns: true)
}

extension ModelReader {
  fileprivate func gptOssRope(_ c: inout ModelConfiguration) throws(Failure) -> Rope {
    var keys = RopeKeys()
    keys.usualBase = 150_000
    keys.truncatesYarn = false
    // Without a word of positions they are the released models'.
    let isSilent = ["rope_parameters", "rope_scaling"].allSatisfy {
      source.members($0).isEmpty && !source.has($0)
    }
    guard format == .huggingFace, isSilent else { return try rope(&c, keys) }
    let theta = ModelKey("", "rope_theta")
    var yarn = Rope.Yarn(factor: 32, original: 4096)
    yarn.truncates = false
    return Rope(base: try positive(theta, default: keys.usualBase), dimension: c.headDimension)
      .scaled(yarn, attentionFactor: Float(Rope.Yarn.attention(32)))
  }
}
