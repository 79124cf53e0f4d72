import SeerFormats
import SeerSupport
import SeerTokenizers

/// One family of models: by which names files call it, how it is opened, and what is written of it.
///
/// A key that changes what is computed is obeyed or refused by its name. Which ones there are stands
/// here: ``usual`` has the keys of `config.json` that transformers reads of the family,
/// ``neutralKeys`` those of GGUF that some family has and this one may have too. Others pass.
struct ModelFamily: Sendable {
  /// `general.architecture` of GGUF files.
  let architectures: [String]
  /// `model_type` of Hugging Face's `config.json`.
  let modelTypes: [String]
  /// What GGUF's norms hold beyond Hugging Face's: 1 where those are stored as w - 1.
  var normOffset: Float = 0
  /// Of GGUF's models of this name it is those that have experts.
  var isMixture = false
  /// The keys of `config.json` that are obeyed, by `model_type`, with what transformers takes where
  /// they are left out; those that are required, or that follow from others, are not among them.
  let usual: [String: [String: GGUFValue]]
  /// Keys of `config.json` that have to be the heads' size.
  var headSizes: [String] = []
  /// Those of ``neutralKeys`` that the family obeys.
  var obeyed: Set<String> = []
  /// The keys of Hugging Face's `config.json` of a model that was read from a GGUF file, beside
  /// those of ``Transformer/huggingFaceConfiguration(_:)``.
  let settings: @Sendable (Transformer) -> [String: Any]
  let open: @Sendable (ModelReader) throws(Failure) -> Transformer

  /// Every family; one file each in this folder.
  static let all: [ModelFamily] = [
    .llama, .qwen2, .qwen3, .gemma2, .gemma3, .phi3, .gpt2, .neoX, .olmo2, .smolLM3, .granite,
    .cohere, .glm, .exaone4, .stableLM, .ministral3, .mixtral, .qwen2MoE, .qwen3MoE, .olmoE,
    .gptOss, .graniteMoE, .seedOss,
  ]

  /// A key of GGUF's, after the architecture's name, for what only some families do.
  struct NeutralKey: Sendable {
    let key: String
    /// The values that change nothing.
    let values: [Double]
    let what: String

    init(_ key: String, _ values: Double..., what: String) {
      (self.key, self.values, self.what) = (key, values, what)
    }
  }

  static let neutralKeys = [
    NeutralKey("expert_count", 0, what: "a mixture of experts"),
    NeutralKey("expert_group_count", 0, 1, what: "groups of experts"),
    NeutralKey("expert_gating_func", 0, 1, what: "another weighting of experts"),
    NeutralKey("expert_weights_scale", 0, 1, what: "scaling what experts make"),
    NeutralKey("moe_every_n_layers", 0, what: "a mixture of experts"),
    NeutralKey("interleave_moe_layer_step", 0, what: "a mixture of experts"),
    NeutralKey("nextn_predict_layers", 0, what: "a block that predicts several tokens"),
    NeutralKey("logit_scale", 0, 1, what: "scaling logits"),
    NeutralKey("residual_scale", 0, 1, what: "scaling what a block adds"),
    NeutralKey("embedding_scale", 0, 1, what: "scaling embeddings"),
    NeutralKey("attn_logit_softcapping", 0, what: "capping this family's scores"),
    NeutralKey("final_logit_softcapping", 0, what: "capping this family's logits"),
    NeutralKey("attention.max_alibi_bias", 0, what: "ALiBi"),
    NeutralKey("attention.clamp_kqv", 0, what: "clamping queries, keys and values"),
    NeutralKey("attention.output_scale", 0, 1, what: "scaling attention's output"),
    NeutralKey("attention.temperature_length", 0, what: "attention by temperature"),
    NeutralKey("attention.temperature_scale", 0, what: "attention by temperature"),
    NeutralKey("attention.q_lora_rank", 0, what: "latent attention"),
    NeutralKey("attention.kv_lora_rank", 0, what: "latent attention"),
    NeutralKey("attention.shared_kv_layers", 0, what: "sharing keys and values among blocks"),
    NeutralKey("attention.group_norm_groups", 0, what: "norms of groups"),
    NeutralKey("attention.relative_buckets_count", 0, what: "relative positions"),
    NeutralKey("rope.scaling.alpha", 0, 1, what: "scaling positions by alpha"),
    NeutralKey("rope.scaling.yarn_log_multiplier", 0, what: "YaRN with a multiplier"),
    NeutralKey("rope.scaling.yarn_ext_factor", -1, 1, what: "YaRN in part"),
    NeutralKey("rope.scaling.yarn_attn_factor", 1, what: "YaRN with a second factor"),
    NeutralKey("rope.dimension_sections", 0, what: "positions in several dimensions"),
    NeutralKey("deepstack_mapping", -1, what: "pictures that enter between blocks"),
    NeutralKey("swin_norm", 0, what: "norms after attention"),
    NeutralKey("full_attention_interval", 0, what: "blocks without attention"),
    NeutralKey("altup.num_inputs", 0, what: "alternating updates"),
    NeutralKey("embedding_length_per_layer_input", 0, what: "embeddings of each layer"),
    NeutralKey("swiglu_clamp_exp", 0, what: "clamping the gate"),
    NeutralKey("activation_sparsity_scale", 0, what: "sparse activations"),
  ]

  /// The keys of GGUF, after the architecture's name, that have to be the heads' size.
  static let storedHeadSizes = [
    "attention.value_length", "attention.key_length_swa", "attention.value_length_swa",
    "rope.dimension_count_swa",
  ]

  /// Models that read pictures too and whose text part is one of a family, by `model_type`: the
  /// `model_type` of the text part where `text_config` leaves it out.
  static let textParts = [
    "gemma3": "gemma3_text", "mistral3": "mistral", "llava": "llama", "llava_next": "llama",
    "internvl": "qwen2", "idefics3": "llama", "smolvlm": "llama", "qwen2_vl": "qwen2_vl_text",
    "qwen2_5_vl": "qwen2_5_vl_text", "qwen3_vl": "qwen3_vl_text",
  ]

  func names(in format: WeightFormat) -> [String] {
    format == .gguf ? architectures : modelTypes
  }
}

extension Transformer {
  /// Opens a model of whichever family the file names.
  ///
  /// - Parameter problems: takes what is wrong with single tensors, to find the rest; such a model
  ///   must not be run.
  package init(_ source: any ModelSource, noting problems: TensorProblems? = nil) throws(Failure) {
    var key = source.format == .gguf ? "general.architecture" : "model_type"
    var name = try source.string(key)
    var root = ""
    if source.format == .huggingFace, let part = ModelFamily.textParts[name] {
      if !source.members("text_config").isEmpty {
        root = "text_config."
        key = root + key
        name = source.has(key) ? try source.string(key) : part
      } else if name.hasPrefix("qwen2") {
        // Older files have the text part's keys beside the others.
        name = part
      }
    }
    let families = ModelFamily.all
    let named = families.filter { $0.names(in: source.format).contains(name) }
    // llama.cpp has Mixtral under Llama's name.
    let experts = source.value(name + ".expert_count")?.number ?? 0
    guard let family = named.first(where: { $0.isMixture == (experts > 0) }) ?? named.first else {
      var seen: Set<String> = []
      let known = families.flatMap { $0.names(in: source.format) }
        .filter { seen.insert($0).inserted }
      throw Failure(
        .badData, file: source.configurationPath, place: "key \(key)",
        found: "`\(name)`" + (ForeignFamily.obstacle(name).map { ", which has \($0)" } ?? ""),
        wanted: "one of \(known.joined(separator: ", "))",
        advice: "Other families are not supported: use a model of one of these.")
    }
    let usual = source.format == .gguf ? [:] : family.usual[name] ?? [:]
    self = try family.open(
      ModelReader(
        source: ReferenceSource(source: source, root: root, usual: usual), architecture: name,
        family: family, problems: problems))
  }
}
