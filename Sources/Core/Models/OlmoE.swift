import SeerFormats
import SeerSupport

/// OLMoE (Muennighoff et al. 2024): experts in every block, weighed by the softmax over all of them;
/// all heads of queries, and of keys, are normed as one.
///
/// Keys: `olmoe.*`, `config.json`.
extension ModelFamily {
  static let olmoE = ModelFamily(
    architectures: ["olmoe"], modelTypes: ["olmoe"],
    usual: [
      "olmoe": [
        "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 16,
        "intermediate_size": 2048, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
        "hidden_act": "silu", "attention_bias": false, "num_experts_per_tok": 8,
        "num_experts": 64, "norm_topk_prob": false,
      ]
    ],
    obeyed: ["expert_count"],
    settings: { _ in [:] }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.headNorms = TensorNames.headNorms
    own.headNormScope = .whole
    own.experts = .qwen
    var names = model.located(own)
    names.bias(model, attention: try model.hasAttentionBias)
    guard !model.has(ModelKey("", "clip_qkv")) || model.format == .gguf else {
      throw model.unsupported(
        ModelKey("", "clip_qkv"), "null: queries, keys and values as they are")
    }
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    c.rope = try model.rope(&c)
    let isNormalised = try model.flag(ModelKey("", "norm_topk_prob"), default: false)
    c.replaceFeedForward(by: try model.experts(c, isNormalised ? .normalised : .all))
    return try model.transformer(c, names)
  }
}
