import SeerFormats
import SeerSupport

/// Mixtral (Jiang et al. 2024): Mistral's blocks with experts in place of the feed-forward part,
/// weighed by the softmax over the chosen ones.
///
/// Keys: `llama.*` with `llama.expert_count`, `config.json`. llama.cpp has it under Llama's name.
extension ModelFamily {
  static let mixtral = ModelFamily(
    architectures: ["llama"], modelTypes: ["mixtral"], isMixture: true,
    usual: [
      "mixtral": [
        "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
        "num_key_value_heads": 8, "intermediate_size": 14336, "max_position_embeddings": 131_072,
        "rms_norm_eps": 1e-5, "hidden_act": "silu", "num_experts_per_tok": 2, "num_experts": 8,
      ]
    ],
    obeyed: ["expert_count"],
    settings: { _ in [:] }
  ) { (model: ModelReader) throws(Failure) in
    var own = TensorNames.llama
    own.experts = ExpertNames(
      routers: [
        TensorName("blk.#.ffn_gate_inp", "model.layers.#.block_sparse_moe.gate"),
        TensorName("blk.#.ffn_gate_inp", "model.layers.#.mlp.gate"),
      ],
      forms: ExpertNames.stored
        + ExpertNames.folder(
          "model.layers.#.block_sparse_moe.", gate: "w1", up: "w3", down: "w2"))
    let names = model.located(own)
    var c = try model.configuration(names)
    c.activation = try model.activation("hidden_act", isGated: true, stored: .gatedSilu)
    var keys = RopeKeys()
    keys.usualBase = model.format == .gguf ? 10_000 : 1_000_000
    c.rope = try model.rope(&c, keys)
    if model.has(.window) { try model.window(&c, of: Set(0..<c.blocks)) }
    c.replaceFeedForward(by: try model.experts(c, .chosen))
    return try model.transformer(c, names, headOrder: model.convertedHeads(c))
  }
}
