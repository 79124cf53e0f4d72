import SeerSupport

/// GPT-2 (Radford et al. 2019): learned positions, LayerNorm, biases everywhere, GELU without a
/// gate, queries, keys and values in one tensor.
///
/// Keys: `gpt2.*`, `config.json`. Hugging Face stores its matrices as (inputs, outputs); those are
/// copied into memory.
extension ModelFamily {
  static let gpt2 = ModelFamily(
    architectures: ["gpt2"], modelTypes: ["gpt2"],
    settings: { model in
      let c = model.configuration
      return [
        "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": c.blocks,
        "n_embd": c.width, "n_head": c.heads, "n_inner": c.feedForward, "n_positions": c.context,
        "n_ctx": c.context, "layer_norm_epsilon": Double(c.epsilon),
        "activation_function": "gelu_new",
      ]
    }
  ) { (model: ModelReader) throws(Failure) in
    var keys = SizeKeys()
    keys.blocks = ModelKey("block_count", "n_layer")
    keys.width = ModelKey("embedding_length", "n_embd")
    keys.heads = ModelKey("attention.head_count", "n_head")
    keys.feedForward = ModelKey("feed_forward_length", "n_inner")
    keys.feedForwardWidths = 4
    keys.context = ModelKey("context_length", "n_positions")
    keys.epsilon = ModelKey("attention.layer_norm_epsilon", "layer_norm_epsilon")
    let names = model.prefixed(tensorNames)
    var c = try model.configuration(names, keys)
    try model.require(.activation, oneOf: "gelu_new", "gelu_pytorch_tanh")
    c.activation = .geluTanh
    c.blockPath = "transformer.h"
    c.modules = [
      LoRAModule("attn.c_attn", [.queries, .keys, .values], isTransposed: true),
      LoRAModule("attn.c_proj", [.output], isTransposed: true),
      LoRAModule("mlp.c_fc", [.up], isTransposed: true),
      LoRAModule("mlp.c_proj", [.down], isTransposed: true),
    ]
    return try model.transformer(c, names)
  }
}

extension ModelReader {
  /// Folders that were saved as the model without its head lack the names' first part.
  fileprivate func prefixed(_ names: TensorNames) -> TensorNames {
    guard format == .huggingFace, !has(names.embeddings) else { return names }
    func short(_ name: TensorName) -> TensorName {
      let prefix = "transformer."
      guard name.huggingFace.hasPrefix(prefix) else { return name }
      return TensorName(
        name.gguf, String(name.huggingFace.dropFirst(prefix.count)), hasBias: name.hasBias,
        isTransposed: name.isTransposed)
    }
    return TensorNames(
      embeddings: short(names.embeddings), positions: names.positions.map(short),
      attentionNorm: short(names.attentionNorm),
      attentionInputs: names.attentionInputs.map(short),
      attentionOutput: short(names.attentionOutput),
      feedForwardNorm: short(names.feedForwardNorm),
      feedForwardInputs: names.feedForwardInputs.map(short),
      feedForwardOutput: short(names.feedForwardOutput), finalNorm: short(names.finalNorm),
      head: names.head)
  }
}

private let tensorNames = TensorNames(
  embeddings: TensorName("token_embd", "transformer.wte"),
  positions: TensorName("position_embd", "transformer.wpe"),
  attentionNorm: TensorName("blk.#.attn_norm", "transformer.h.#.ln_1", hasBias: true),
  attentionInputs: [
    TensorName("blk.#.attn_qkv", "transformer.h.#.attn.c_attn", hasBias: true, isTransposed: true)
  ],
  attentionOutput: TensorName(
    "blk.#.attn_output", "transformer.h.#.attn.c_proj", hasBias: true, isTransposed: true),
  feedForwardNorm: TensorName("blk.#.ffn_norm", "transformer.h.#.ln_2", hasBias: true),
  feedForwardInputs: [
    TensorName("blk.#.ffn_up", "transformer.h.#.mlp.c_fc", hasBias: true, isTransposed: true)
  ],
  feedForwardOutput: TensorName(
    "blk.#.ffn_down", "transformer.h.#.mlp.c_proj", hasBias: true, isTransposed: true),
  finalNorm: TensorName("output_norm", "transformer.ln_f", hasBias: true),
  head: TensorName("output", "lm_head"))
