import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// GGUF's keys beside what transformers makes of the same under `config.json`'s names.
struct StoredKeyTests {
  /// A change of a family's GGUF file, and the variant of `config.json` that means the same; nil is
  /// the family as it is.
  struct Change: CustomTestStringConvertible, Sendable {
    let family: String
    let name: String
    var variant: String?
    let make: @Sendable (inout GGUFBuilder) -> Void

    init(
      _ family: String, _ name: String, is variant: String? = nil,
      _ make: @escaping @Sendable (inout GGUFBuilder) -> Void
    ) {
      (self.family, self.name, self.variant, self.make) = (family, name, variant, make)
    }

    var testDescription: String { "\(family), \(name)" }
  }

  static let yarn: @Sendable (inout GGUFBuilder) -> Void = {
    $0.set("qwen2.rope.scaling.type", .string("yarn"))
    $0.set("qwen2.rope.scaling.factor", .float32(4))
    $0.set("qwen2.rope.scaling.original_context_length", .uint32(32))
  }

  /// What YaRN multiplies queries and keys with for a factor of 4.
  static let yarnAttention = 0.1 * logf(4) + 1

  static func factors(_ builder: inout GGUFBuilder, original: UInt32, attention: Float?) {
    for (kind, first, step) in [("short", Float(1), Float(0.5)), ("long", 2, 1.5)] {
      builder.tensors.append(
        GGUFBuilder.Tensor(
          "rope_factors_\(kind).weight", sizes: [4],
          bytes: floatBytes((0..<4).map { first + step * Float($0) })))
    }
    builder.set("qwen2.rope.scaling.original_context_length", .uint32(original))
    builder.set("qwen2.rope.scaling.attn_factor", attention.map { .float32($0) })
  }

  static let older: [Change] = [
    Change("qwen2", "linear", is: "linear") {
      $0.set("qwen2.rope.scaling.type", .string("linear"))
      $0.set("qwen2.rope.scaling.factor", .float32(4))
    },
    Change("qwen2", "a factor without a type", is: "linear") {
      $0.set("qwen2.rope.scaling.factor", .float32(4))
    },
    Change("qwen2", "the old factor", is: "linear") {
      $0.set("qwen2.rope.scale_linear", .float32(4))
    },
    Change("qwen2", "both factors", is: "linear") {
      $0.set("qwen2.rope.scale_linear", .float32(9))
      $0.set("qwen2.rope.scaling.factor", .float32(4))
    },
    Change("qwen2", "a factor of 0") { $0.set("qwen2.rope.scale_linear", .float32(0)) },
    Change("qwen2", "a factor and no scaling") {
      $0.set("qwen2.rope.scaling.type", .string("none"))
      $0.set("qwen2.rope.scaling.factor", .float32(4))
    },
    Change("qwen2", "yarn", is: "yarn", yarn),
    Change("qwen2", "yarn, betas", is: "yarn, betas") {
      yarn(&$0)
      $0.set("qwen2.rope.scaling.yarn_beta_fast", .float32(4))
      $0.set("qwen2.rope.scaling.yarn_beta_slow", .float32(2))
      $0.set("qwen2.rope.scaling.yarn_ext_factor", .float32(1))
    },
    Change("qwen2", "yarn, attention factor", is: "yarn, attention factor") {
      yarn(&$0)
      $0.set("qwen2.rope.scaling.attn_factor", .float32(0.7 / yarnAttention))
    },
    Change("qwen2", "yarn, no original", is: "yarn, no original") {
      yarn(&$0)
      $0.set("qwen2.rope.scaling.original_context_length", nil)
      $0.set("qwen2.rope.freq_base", .float32(100))
    },
    Change("qwen2", "long rows", is: "longrope, attention factor") {
      factors(&$0, original: 32, attention: 0.8)
    },
    Change("qwen2", "long rows, usual attention", is: "longrope long") {
      factors(&$0, original: 32, attention: nil)
    },
    Change("qwen2", "short rows", is: "longrope short") {
      factors(&$0, original: 128, attention: nil)
    },
    Change("qwen2", "factors of frequencies", is: "linear") {
      $0.tensors.append(
        GGUFBuilder.Tensor("rope_freqs.weight", sizes: [4], bytes: floatBytes([4, 4, 4, 4])))
    },
    Change("qwen2", "not causal", is: "not causal") {
      $0.set("qwen2.attention.causal", .bool(false))
    },
    Change("qwen2", "arrays") {
      $0.set("qwen2.attention.head_count_kv", .int32s([2, 2, 2]))
      $0.set("qwen2.attention.head_count", .int32s([4, 4, 4]))
      $0.set("qwen2.feed_forward_length", .int32s([48, 48, 48]))
    },
    Change("qwen2", "what llama.cpp never reads") {
      $0.set("qwen2.attention.sliding_window", .uint32(5))
      $0.set("qwen2.pooling_type", .uint32(1))
      $0.set("qwen2.of_tomorrow", .float32(7))
    },
    Change("gemma2", "scale", is: "scale") {
      $0.set("gemma2.attention.scale", .float32(1 / Float(30).squareRoot()))
    },
    Change("gemma2", "caps absent", is: "cap absent") {
      $0.set("gemma2.attn_logit_softcapping", nil)
      $0.set("gemma2.final_logit_softcapping", nil)
      // What this file's heads are scaled by already.
      $0.set("gemma2.attention.scale", .float32(1 / Float(12).squareRoot()))
    },
    Change("gemma2", "window absent", is: "window absent") {
      $0.set("gemma2.attention.sliding_window", nil)
    },
    Change("gemma3", "pattern", is: "pattern") {
      $0.set("gemma3.attention.sliding_window_pattern", .uint32(2))
    },
    Change("gemma3", "kinds of layers", is: "layer types") {
      $0.set(
        "gemma3.attention.sliding_window_pattern",
        .array(of: 7, (0..<6).map { .bool($0 % 2 == 1) }))
    },
  ]

  static let changes = older + newer

  /// Which of three blocks look through the window.
  static func sliding(_ architecture: String, _ slides: [Bool] = [false, true, false])
    -> @Sendable (inout GGUFBuilder) -> Void
  {
    number(
      architecture + ".attention.sliding_window_pattern",
      .array(of: 7, slides.map { .bool($0) }))
  }

  static func number(_ key: String, _ value: GGUFBuilder.Value?)
    -> @Sendable (inout GGUFBuilder) -> Void
  {
    { $0.set(key, value) }
  }

  /// What the families of 2025 and 2026 brought.
  static let newer: [Change] = multipliers + blocks + mixtures

  static let multipliers: [Change] = ["granite", "granitemoe"].flatMap { name in
    [
      Change(
        name, "embeddings", is: "embedding_multiplier",
        number("\(name).embedding_scale", .float32(0.7))),
      Change(
        name, "scores", is: "attention_multiplier",
        number("\(name).attention.scale", .float32(0.7))),
      Change(
        name, "additions", is: "residual_multiplier",
        number("\(name).residual_scale", .float32(0.7))),
      // transformers takes 1 where the key is left out; 0 is none.
      Change(
        name, "no additions", is: "residual_multiplier absent",
        number("\(name).residual_scale", nil)),
      Change(
        name, "additions of 0", is: "residual_multiplier absent",
        number("\(name).residual_scale", .float32(0))),
      Change(
        name, "no embeddings", is: "embedding_multiplier absent",
        number("\(name).embedding_scale", nil)),
    ]
  }

  static let blocks: [Change] = [
    Change(
      "granite4", "no positions", is: "no positions",
      number("granite.rope.scaling.finetuned", .bool(false))),
    Change(
      "cohere2", "window", is: "window", number("cohere2.attention.sliding_window", .uint32(5))),
    Change("cohere2", "kinds of layers", is: "layer types", sliding("cohere2")),
    Change(
      "cohere2", "period", is: "pattern",
      number("cohere2.attention.sliding_window_pattern", .uint32(2))),
    Change("cohere2", "all full", is: "all full", sliding("cohere2", [false, false, false])),
    Change("olmo3", "window", is: "window", number("olmo2.attention.sliding_window", .uint32(5))),
    Change("olmo3", "kinds of layers", is: "layer types", sliding("olmo2")),
    Change(
      "exaone4", "window", is: "window", number("exaone4.attention.sliding_window", .uint32(5))),
    Change("exaone4", "kinds of layers", is: "layer types", sliding("exaone4")),
    Change(
      "stablelm", "epsilon", is: "epsilon",
      number("stablelm.attention.layer_norm_epsilon", .float32(0.1))),
    Change("stablelm", "part of a head", is: "part outside") {
      $0.set("stablelm.rope.dimension_count", .uint32(4))
      $0.set("stablelm.rope.freq_base", .float32(100))
    },
    Change("glm", "part of a head", is: "part outside") {
      $0.set("chatglm.rope.dimension_count", .uint32(2))
      $0.set("chatglm.rope.freq_base", .float32(100))
    },
    Change("ministral3", "growth of queries", is: "slope") {
      $0.set("mistral3.attention.temperature_scale", .float32(1.5))
      $0.set("mistral3.rope.scaling.original_context_length", .uint32(32))
      $0.set("mistral3.rope.scaling.yarn_log_multiplier", nil)
    },
    Change("ministral3", "no growth of queries", is: "slope 0") {
      $0.set("mistral3.attention.temperature_scale", nil)
      $0.set("mistral3.rope.scaling.original_context_length", .uint32(32))
      $0.set("mistral3.rope.scaling.yarn_log_multiplier", nil)
    },
    Change("ministral3", "multiplier of YaRN", is: "scales") {
      $0.set("mistral3.attention.temperature_scale", .float32(0.5))
      $0.set("mistral3.rope.scaling.original_context_length", .uint32(32))
      $0.set("mistral3.rope.scaling.yarn_log_multiplier", .float32(0.5))
    },
  ]

  static let mixtures: [Change] =
    [
      ("mixtral", "llama"), ("qwen2moe", "qwen2moe"), ("qwen3moe", "qwen3moe"), ("olmoe", "olmoe"),
      ("gptoss", "gpt-oss"), ("granitemoe", "granitemoe"), ("granitemoeshared", "granitemoe"),
    ].map { family, architecture in
      Change(
        family, "experts a token", is: "experts a token",
        number("\(architecture).expert_used_count", .uint32(1)))
    } + [
      Change(
        "qwen3moe", "not normalised", is: "not normalised",
        number("qwen3moe.expert_weights_norm", .bool(false))),
      Change(
        "olmoe", "normalised", is: "normalised",
        number("olmoe.expert_weights_norm", .bool(true))),
      Change(
        "gptoss", "window", is: "window", number("gpt-oss.attention.sliding_window", .uint32(5))),
      Change("gptoss", "linear", is: "linear") {
        $0.set("gpt-oss.rope.scaling.type", .string("linear"))
        $0.set("gpt-oss.rope.scaling.factor", .float32(4))
        $0.set("gpt-oss.rope.freq_base", .float32(100))
      },
    ]

  static func opened(_ family: String, _ make: (inout GGUFBuilder) -> Void) throws -> (
    TemporaryFolder, any ModelSource
  ) {
    var builder = try TinyLlama.builder(of: Fixtures.folder + "/Families/\(family)/model.gguf")
    make(&builder)
    let folder = try TemporaryFolder()
    return (folder, try openModel(folder.write(builder.bytes, to: "model.gguf")))
  }

  @Test(arguments: changes)
  func aKeyIsObeyed(change: Change) throws {
    let (folder, source) = try Self.opened(change.family, change.make)
    defer { withExtendedLifetime(folder) {} }
    let golden = TinyFamily(name: change.family, format: .gguf)
    let ids = try golden.ids(0)
    let model = try Transformer(source)
    let ours = try #require(
      try model.states(ids, layers: [model.configuration.blocks])[0].last)
    var theirs = try #require(try golden.golden("0.states").last)
    if let name = change.variant {
      let variant = ConfigurationVariant.all.first { $0.family == change.family && $0.name == name }
      theirs = try #require(variant?.state)
    }
    #expect(relativeDistance(ours, theirs) <= golden.tolerance)
  }

  /// The text parts of Qwen's models that read pictures, as llama.cpp's converter writes them: the
  /// same tensors under a name and with keys of their own.
  @Test(arguments: [("qwen2", "qwen2vl"), ("qwen3", "qwen3vl")])
  func aTextPartIsTheFamily(family: String, architecture: String) throws {
    let (folder, source) = try Self.opened(family) { builder in
      for index in builder.keys.indices where builder.keys[index].name.hasPrefix(family + ".") {
        builder.keys[index].name = architecture + builder.keys[index].name.dropFirst(family.count)
      }
      builder.set("general.architecture", .string(architecture))
      builder.set(architecture + ".rope.dimension_sections", .int32s([2, 1, 1, 0]))
      builder.set(architecture + ".n_deepstack_layers", .uint32(3))
    }
    defer { withExtendedLifetime(folder) {} }
    let golden = TinyFamily(name: family, format: .gguf)
    let ids = try golden.ids(0)
    let ours = try Transformer(source).states(ids).flatMap { $0 }
    for (a, b) in zip(ours, try golden.golden("0.states")) {
      #expect(relativeDistance(a, b) <= 1e-4)
    }
  }

  @Test(arguments: [
    ("attention.head_count_kv", GGUFBuilder.Value.int32s([2, 1, 2]), "the same number"),
    ("attention.head_count_kv", .int32s([2, 2]), "one for each block"),
    ("attention.head_count", .int32s([4, 4, 2]), "the same number"),
    ("feed_forward_length", .int32s([48, 48, 32]), "the same number"),
    ("attention.head_count_kv", .int32s([0, 0, 0]), "1 to 4096"),
    ("attention.value_length", .uint32(4), "8, the size of a head"),
    ("attention.key_length_swa", .uint32(4), "8, the size of a head"),
    ("expert_count", .uint32(8), "mixture of experts"),
    ("logit_scale", .float32(0.5), "scaling logits"),
    ("residual_scale", .float32(0.5), "what a block adds"),
    ("embedding_scale", .float32(12), "scaling embeddings"),
    ("attn_logit_softcapping", .float32(30), "capping this family's scores"),
    ("final_logit_softcapping", .float32(30), "capping this family's logits"),
    ("attention.max_alibi_bias", .float32(8), "ALiBi"),
    ("attention.clamp_kqv", .float32(8), "clamping queries"),
    ("attention.temperature_length", .uint32(4096), "temperature"),
    ("rope.scaling.yarn_log_multiplier", .float32(0.1), "multiplier"),
    ("rope.scaling.yarn_ext_factor", .float32(0.5), "YaRN in part"),
    ("rope.scaling.alpha", .float32(1000), "alpha"),
    ("rope.scaling.factor", .float32(-2), "above 0"),
    ("rope.dimension_count", .uint32(12), "at most 8 sizes"),
    ("attention.causal", .uint32(0), "true or false"),
  ])
  func aKeyIsRefusedByName(key: String, value: GGUFBuilder.Value, wanted: String) throws {
    let (folder, source) = try Self.opened("qwen2") { $0.set("qwen2." + key, value) }
    defer { withExtendedLifetime(folder) {} }
    let failure = try #require(thrownFailure { _ = try Transformer(source) }, "it opened")
    failure.expect(
      file: folder("model.gguf"), place: "key qwen2.\(key)", found: "", wanted: wanted)
  }
}
