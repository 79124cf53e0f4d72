import SeerFormats
import SeerSupport

extension Transformer {
  /// `config.json` of a model that was read from a GGUF file.
  ///
  /// - Throws: where the file holds what Hugging Face describes by constants that the file has not:
  ///   scaled rotary positions.
  package func huggingFaceConfiguration(_ path: String) throws(Failure) -> [String: Any] {
    let c = configuration
    var object: [String: Any] = [
      "torch_dtype": "float16", "vocab_size": c.vocabulary, "tie_word_embeddings": ownHead == nil,
    ]
    func set(_ values: [String: Any]) { object.merge(values) { $1 } }
    let plain = Rope(base: c.rope.base, dimension: 2 * c.rope.frequencies.count)
    if let first = c.rope.frequencies.first, c.rope != plain,
      c.rope == plain.scaled(linear: plain.frequencies[0] / first)
    {
      let factor = Double(plain.frequencies[0] / first)
      set(["rope_scaling": ["rope_type": "linear", "factor": factor] as [String: Any]])
    } else if !c.rope.frequencies.isEmpty, c.rope != plain {
      throw Failure(
        .usage, file: path, place: "--output", found: "a folder for a model with scaled positions",
        wanted: "a file that ends in .gguf",
        advice: "The GGUF file holds the scaled frequencies, not what they were made of.")
    }
    switch c.architecture {
    case "gpt2":
      set([
        "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": c.blocks,
        "n_embd": c.width, "n_head": c.heads, "n_inner": c.feedForward, "n_positions": c.context,
        "n_ctx": c.context, "layer_norm_epsilon": Double(c.epsilon),
        "activation_function": "gelu_new",
      ])
      return object
    case "gptneox":
      set([
        "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"],
        "layer_norm_eps": Double(c.epsilon), "hidden_act": "gelu",
        "use_parallel_residual": c.isParallel, "rotary_emb_base": c.rope.base,
        "rotary_pct": Double(2 * c.rope.frequencies.count) / Double(c.headDimension),
      ])
    case "phi3":
      set(["model_type": "phi3", "architectures": ["Phi3ForCausalLM"], "hidden_act": "silu"])
      set(["partial_rotary_factor": Double(2 * c.rope.frequencies.count) / Double(c.headDimension)])
    case "qwen2":
      set(["model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_act": "silu"])
    case "qwen3":
      let biased = blocks.first?.queries.bias != nil
      set([
        "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_act": "silu",
        "attention_bias": biased,
      ])
    case "gemma2", "gemma3":
      let isSecond = c.architecture == "gemma2"
      set([
        "model_type": isSecond ? "gemma2" : "gemma3_text",
        "architectures": [isSecond ? "Gemma2ForCausalLM" : "Gemma3ForCausalLM"],
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": Double((1 / (c.scale * c.scale)).rounded()),
        "layer_types": (0..<c.blocks).map {
          c.slidingBlocks.contains($0) ? "sliding_attention" : "full_attention"
        },
      ])
      if c.attentionCap > 0 { set(["attn_logit_softcapping": Double(c.attentionCap)]) }
      if c.logitCap > 0 { set(["final_logit_softcapping": Double(c.logitCap)]) }
      if let local = c.slidingRope { set(["rope_local_base_freq": local.base]) }
    default:
      let name = c.window == nil ? "Llama" : "Mistral"
      let biases = [blocks.first?.queries.bias != nil, blocks.first?.up.bias != nil]
      set([
        "model_type": name.lowercased(), "architectures": [name + "ForCausalLM"],
        "hidden_act": "silu",
      ])
      if biases[0] { set(["attention_bias": true]) }
      if biases[1] { set(["mlp_bias": true]) }
    }
    set([
      "hidden_size": c.width, "num_hidden_layers": c.blocks, "num_attention_heads": c.heads,
      "intermediate_size": c.feedForward, "max_position_embeddings": c.context,
    ])
    if c.architecture != "gptneox" {
      set([
        "num_key_value_heads": c.kvHeads, "head_dim": c.headDimension,
        "rms_norm_eps": Double(c.epsilon), "rope_theta": c.rope.base,
      ])
      if let window = c.window { set(["sliding_window": window]) }
    }
    return object
  }
}
