import SeerFormats
import SeerSupport

/// GPT-2 (Radford et al. 2019): learned positions, LayerNorm, biases everywhere, GELU without a
/// gate, queries, keys and values in one tensor.
///
/// Keys: `gpt2.*`, `config.json`. Hugging Face stores its matrices as (inputs, outputs); those are
/// copied into memory.
extension ModelFamily {
  static let gpt2 = ModelFamily(
    architectures: ["gpt2"], modelTypes: ["gpt2"],
    usual: [
      "gpt2": [
        "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 1024,
        "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "scale_attn_weights": true,
        "scale_attn_by_inverse_layer_idx": false,
      ]
    ],
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
    // transformers takes the other families' names of these too, and they count.
    keys.blocks = ModelKey("block_count", "num_hidden_layers", "n_layer")
    keys.width = ModelKey("embedding_length", "hidden_size", "n_embd")
    keys.heads = ModelKey("attention.head_count", "num_attention_heads", "n_head")
    keys.kvHeads = ModelKey("attention.head_count_kv")
    keys.headDimension = ModelKey("attention.key_length")
    keys.feedForward = ModelKey("feed_forward_length", "n_inner")
    keys.feedForwardWidths = 4
    keys.context = ModelKey("context_length", "max_position_embeddings", "n_positions")
    keys.epsilon = ModelKey("attention.layer_norm_epsilon", "layer_norm_epsilon")
    var names = model.located(tensorNames)
    names.bias(model, attention: true, feedForward: true)
    var c = try model.configuration(names, keys)
    c.activation = try model.activation(
      "activation_function", isGated: false, stored: .geluTanh)
    if try !model.flag(ModelKey("", "scale_attn_weights"), default: true) { c.attentionScale = 1 }
    c.scalesByBlock = try model.flag(
      ModelKey("", "scale_attn_by_inverse_layer_idx"), default: false)
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
