import SeerFormats
import SeerSupport

extension Transformer {
  /// `config.json` of a model that was read from a GGUF file: what all families have in common and
  /// what its own family adds (``ModelFamily/settings``).
  ///
  /// - Throws: where the file holds what Hugging Face describes by constants that the file has not:
  ///   scaled rotary positions.
  package func huggingFaceConfiguration(_ path: String) throws(Failure) -> [String: Any] {
    let c = configuration
    guard c.experts == nil else {
      throw Failure(
        .usage, file: path, place: "--output",
        found: "a folder for a mixture of experts that was read from a GGUF file",
        wanted: "a file that ends in .gguf")
    }
    var object: [String: Any] = [
      "torch_dtype": "float16", "vocab_size": c.vocabulary, "tie_word_embeddings": ownHead == nil,
    ]
    // No other family's reference has a key for it.
    guard
      c.attentionScale == nil
        || family.usual.values.contains(where: {
          $0["query_pre_attn_scalar"] != nil || $0["attention_multiplier"] != nil
        })
    else {
      throw Failure(
        .usage, file: path, place: "--output",
        found: "a folder for a model whose scores have a scale of their own",
        wanted: "a file that ends in .gguf")
    }
    if !c.isCausal { object["is_causal"] = false }
    let plain = Rope(base: c.rope.base, dimension: 2 * c.rope.frequencies.count)
    if let first = c.rope.frequencies.first, c.rope != plain,
      c.rope == plain.scaled(linear: plain.frequencies[0] / first)
    {
      let factor = Double(plain.frequencies[0] / first)
      object["rope_scaling"] = ["rope_type": "linear", "factor": factor] as [String: Any]
    } else if !c.rope.frequencies.isEmpty, c.rope != plain || !c.slidesUnscaled {
      throw Failure(
        .usage, file: path, place: "--output", found: "a folder for a model with scaled positions",
        wanted: "a file that ends in .gguf",
        advice: "The GGUF file holds the scaled frequencies, not what they were made of.")
    }
    return object.adding(family.settings(self))
  }
}

extension ModelConfiguration {
  /// Whether the rotation of sliding blocks is that of its base alone.
  fileprivate var slidesUnscaled: Bool {
    slidingRope.map { $0 == Rope(base: $0.base, dimension: 2 * $0.frequencies.count) } ?? true
  }

  /// The sizes as most families' `config.json` has them.
  var sizeSettings: [String: Any] {
    [
      "hidden_size": width, "num_hidden_layers": blocks, "num_attention_heads": heads,
      "intermediate_size": feedForward, "max_position_embeddings": context,
    ]
  }

  /// The blocks' kinds, as `config.json` names them.
  var layerTypes: [String] {
    (0..<blocks).map { slidingBlocks.contains($0) ? "sliding_attention" : "full_attention" }
  }

  /// Grouped queries, RMSNorm and rotary positions, as the families that have Llama's shape do.
  var rotarySettings: [String: Any] {
    var settings: [String: Any] = [
      "num_key_value_heads": kvHeads, "head_dim": headDimension, "rms_norm_eps": Double(epsilon),
      "rope_theta": rope.base,
    ]
    if let window { settings["sliding_window"] = window }
    return settings
  }
}

extension [String: Any] {
  /// With another's keys and values, which count where both have a key.
  func adding(_ other: [String: Any]) -> [String: Any] { merging(other) { $1 } }
}

extension [String: GGUFValue] {
  func adding(_ other: [String: GGUFValue]) -> [String: GGUFValue] { merging(other) { $1 } }
}
