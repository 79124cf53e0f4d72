import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Adapters that cannot be used, each refused by the name of what is wrong with it.
struct BadAdapterTests {
  /// A copy of a peft adapter whose configuration and tensors can be changed.
  struct Copy {
    let folder: TemporaryFolder
    var configuration: [String: Any]
    var tensors: [(name: String, shape: [Int], values: [Float])]

    init(_ name: String = "adapter-partial") throws {
      folder = try TemporaryFolder()
      let source = TrainingGolden.folder + "/" + name
      let object = try JSONSerialization.jsonObject(
        with: Data(bytes(ofFile: source + "/adapter_config.json")))
      configuration = try #require(object as? [String: Any])
      let file = try Safetensors(path: source + "/adapter_model.safetensors")
      tensors = file.tensors.sorted { $0.key < $1.key }.map { name, tensor in
        let matrix = MutableMatrix(rows: 1, columns: tensor.count)
        file.read(tensor, count: tensor.count, into: matrix.elements)
        return (name, tensor.shape, matrix.values)
      }
    }

    func read(for model: ModelConfiguration? = nil) throws -> Adapter {
      let c = try model ?? TinyLlama.model().configuration
      let text = try JSONSerialization.data(withJSONObject: configuration)
      try folder.write([UInt8](text), to: "adapter_config.json")
      try folder.write(
        Safetensors.header(tensors.map { ($0.name, .float32, $0.shape) })
          + tensors.flatMap { floatBytes($0.values) }, to: "adapter_model.safetensors")
      return try AdapterFile.read(folder.path, for: c)
    }

    func failure(for model: ModelConfiguration? = nil) throws -> Failure {
      try #require(thrownFailure { _ = try read(for: model) })
    }

    var configurationPath: String { folder("adapter_config.json") }
    var weightsPath: String { folder("adapter_model.safetensors") }
  }

  @Test func theCopyItselfIsGood() throws {
    #expect(try Copy().read().configuration.blocks == [0, 2])
    #expect(try Copy("adapter-plain").read().configuration.blocks == [0, 1, 2])
  }

  struct Feature: CustomTestStringConvertible {
    let key: String
    let value: any Sendable
    let found: String
    var testDescription: String { "\(key) \(found)" }
  }

  static let features: [Feature] = [
    Feature(key: "peft_type", value: "IA3", found: "IA3"),
    Feature(key: "peft_type", value: "ADALORA", found: "ADALORA"),
    Feature(key: "peft_type", value: "LOHA", found: "LOHA"),
    Feature(key: "peft_type", value: "PREFIX_TUNING", found: "PREFIX_TUNING"),
    Feature(key: "peft_type", value: NSNull(), found: "null"),
    Feature(key: "use_qalora", value: true, found: "true"),
    Feature(key: "use_bdlora", value: ["target_modules_bd_a": ["q_proj"]], found: "q_proj"),
    Feature(key: "kasa_config", value: ["beta": 1], found: "beta"),
    Feature(key: "monteclora_config", value: ["num_samples": 8], found: "num_samples"),
    Feature(key: "velora_config", value: ["num_groups": 8], found: "num_groups"),
    Feature(key: "megatron_config", value: ["x": 8], found: "x"),
    Feature(key: "ensure_weight_tying", value: true, found: "true"),
    Feature(key: "bias", value: "boft_only", found: "boft_only"),
    Feature(key: "bias", value: 3, found: "3"),
    Feature(key: "lora_bias", value: "yes", found: "yes"),
    Feature(key: "use_dora", value: 2, found: "2"),
    Feature(key: "rank_pattern", value: ["q_proj": "8"], found: "8"),
    Feature(key: "rank_pattern", value: ["q_proj": 0], found: "0"),
    Feature(key: "rank_pattern", value: ["q_(proj": 8], found: "missing closing parenthesis"),
    Feature(key: "rank_pattern", value: [8], found: "8"),
    Feature(key: "alpha_pattern", value: ["q_proj": NSNull()], found: "null"),
    Feature(key: "modules_to_save", value: ["norm"], found: "`norm`"),
    Feature(key: "modules_to_save", value: ["score"], found: "`score`"),
    Feature(key: "modules_to_save", value: ["down_proj"], found: "`down_proj`"),
    Feature(key: "layer_replication", value: [[0, 2], [1, 3]], found: "0"),
    Feature(key: "target_parameters", value: ["w"], found: "w"),
    Feature(key: "exclude_modules", value: "q_(proj", found: "missing closing parenthesis"),
    Feature(key: "exclude_modules", value: [1], found: "1"),
    Feature(key: "alora_invocation_tokens", value: [1, 2], found: "1"),
    Feature(key: "arrow_config", value: ["top_k": 3], found: "top_k"),
    // These begin by changing the base model's weights.
    Feature(key: "init_lora_weights", value: "pissa", found: "pissa"),
    Feature(key: "init_lora_weights", value: "pissa_niter_4", found: "pissa_niter_4"),
    Feature(key: "init_lora_weights", value: "olora", found: "olora"),
    Feature(key: "init_lora_weights", value: "loftq", found: "loftq"),
    Feature(key: "init_lora_weights", value: "corda", found: "corda"),
    Feature(key: "init_lora_weights", value: "lora_ga", found: "lora_ga"),
    Feature(key: "init_lora_weights", value: 3, found: "3"),
    Feature(key: "target_modules", value: ["query_key_value"], found: "none of this model's"),
    Feature(key: "target_modules", value: "q_proj", found: "none of this model's"),
    Feature(key: "target_modules", value: ".*_norm", found: "none of this model's"),
    Feature(key: "target_modules", value: ["q_proj", "mlp"], found: "model.layers.0.mlp"),
    Feature(key: "target_modules", value: ".*", found: "it means model"),
    Feature(key: "target_modules", value: ".*\\h", found: "`\\h`"),
    Feature(key: "target_modules", value: "(?|q_proj|v_proj)", found: "`(?|`"),
    Feature(key: "target_modules", value: ".*q_proj(?i)", found: "`(?i)`"),
    Feature(key: "target_modules", value: ".{,9}q_proj", found: "`{,`"),
    Feature(key: "target_modules", value: "(a*)*b", found: "none of this model's"),
    Feature(key: "target_modules", value: "all-linear", found: "all-linear"),
    Feature(key: "target_modules", value: [String](), found: ""),
    Feature(key: "target_modules", value: NSNull(), found: ""),
    Feature(key: "layers_to_transform", value: ["all"], found: "all"),
    Feature(key: "layers_to_transform", value: true, found: "true"),
    Feature(key: "r", value: 0, found: "0"),
    Feature(key: "r", value: -3, found: "-3"),
    Feature(key: "r", value: "16", found: "16"),
    Feature(key: "r", value: 1 << 40, found: "1099511627776"),
    Feature(key: "lora_alpha", value: "many", found: "many"),
    Feature(key: "use_rslora", value: "yes", found: "yes"),
  ]

  /// What is written for a Feature about target_modules has no layers_to_transform beside it, but
  /// where that is the point.
  @Test(arguments: features)
  func unsupportedFeaturesAreNamed(feature: Feature) throws {
    var copy = try Copy()
    if feature.key == "target_modules", feature.found != "all-linear" {
      copy.configuration["layers_to_transform"] = NSNull()
    }
    copy.configuration[feature.key] = feature.value
    try copy.failure().expect(
      file: copy.configurationPath, place: feature.key, found: feature.found)
  }

  /// What changes nothing about running the adapter is no reason to refuse it.
  @Test func harmlessFieldsAreAccepted() throws {
    var copy = try Copy()
    let harmless: [String: Any] = [
      "init_lora_weights": "gaussian", "peft_version": "9.9", "task_type": NSNull(),
      "revision": "main", "lora_dropout": 0.5, "inference_mode": false, "loftq_config": [:],
      "auto_mapping": ["base_model_class": "LlamaForCausalLM"], "megatron_core": "megatron.core",
      "qalora_group_size": 32, "modules_to_save": [String](), "rank_pattern": NSNull(),
      "runtime_config": ["ephemeral_gpu_offload": false], "layers_pattern": "layers",
      "a_feature_of_next_year": true, "another_of_next_year": ["x": 1], "fan_in_fan_out": true,
      "corda_config": ["cache_file": "x"], "bias": NSNull(), "use_dora": 0,
      "target_parameters": [String](), "alora_invocation_tokens": NSNull(),
    ]
    for (key, value) in harmless { copy.configuration[key] = value }
    #expect(try copy.read().configuration.rank == 3)
  }

  @Test func layersToTransformMayBeOneNumber() throws {
    var copy = try Copy()
    copy.configuration["layers_to_transform"] = 0
    // Its tensors of layer 2 are then one too many.
    try copy.failure().expect(file: copy.weightsPath, place: "layers.2", found: "do not have")
  }

  @Test func aMissingTensorIsNamed() throws {
    for index in [0, 5, 11] {
      var copy = try Copy()
      let name = copy.tensors.remove(at: index).name
      try copy.failure().expect(
        file: copy.weightsPath, place: name, found: "no such tensor", wanted: "shape",
        advice: "another model")
    }
  }

  @Test func aTensorOfAnotherShapeIsNamed() throws {
    var copy = try Copy()
    let index = try #require(copy.tensors.firstIndex { $0.name.contains("2.mlp.down_proj.lora_A") })
    copy.tensors[index].shape = [96, 3]
    try copy.failure().expect(
      file: copy.weightsPath, place: copy.tensors[index].name, found: "[96, 3]", wanted: "[3, 96]",
      advice: "another model")
    copy.tensors[index].shape = [288]
    try copy.failure().expect(place: copy.tensors[index].name, found: "[288]", wanted: "[3, 96]")
  }

  @Test func aRankOtherThanTheTensorsIsNamed() throws {
    var copy = try Copy()
    copy.configuration["r"] = 4
    try copy.failure().expect(
      file: copy.weightsPath, place: "lora_A", found: "[3, 64]", wanted: "[4, 64]")
  }

  @Test func anAdapterOfAnotherModelIsRefused() throws {
    let c = try TinyLlama.model().configuration
    var wider = c
    wider.width = 128
    try Copy().failure(for: wider).expect(
      place: "q_proj.lora_A", found: "[3, 64]", wanted: "[3, 128]", advice: "another model")
    var fewer = c
    fewer.blocks = 2
    try Copy().failure(for: fewer).expect(
      place: "layers.2", found: "do not have", advice: "another model")
    try Copy("adapter-plain").failure(for: fewer).expect(
      place: "layers.2", found: "do not have", advice: "another model")
    var more = c
    more.blocks = 4
    try Copy("adapter-plain").failure(for: more).expect(
      place: "layers.3", found: "no such tensor", advice: "another model")
    var feedForward = c
    feedForward.feedForward = 100
    try Copy().failure(for: feedForward).expect(place: "down_proj", found: "96", wanted: "100")
  }

  @Test func aTensorTooManyIsNamed() throws {
    for name in [
      "base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight",
      "base_model.model.lm_head.lora_A.weight",
      "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector",
    ] {
      var copy = try Copy()
      copy.tensors.append((name, [1], [1]))
      try copy.failure().expect(file: copy.weightsPath, place: name, found: "do not have")
    }
  }

  @Test func tokensOfTheirOwnThatDoNotFit() throws {
    let name = "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta"
    for (value, found, wanted) in [
      ([3, -1], "-1", "tokens below 325"), ([3, 325], "325", "tokens below 325"),
      ([3, 3], "[3, 3]", "each once"), (["a"], "`a`", "numbers of tokens"),
      (["embed_tokens": 3], "embed_tokens", "numbers of tokens"),
      (["q_proj": [3, 4]], "`q_proj`", "embed_tokens"), (7, "7", "numbers of tokens"),
    ] as [(Any, String, String)] {
      var copy = try Copy()
      copy.tensors.append((name, [2, 64], [Float](repeating: 0, count: 128)))
      copy.configuration["trainable_token_indices"] = value
      try copy.failure().expect(
        file: copy.configurationPath, place: "key trainable_token_indices", found: found,
        wanted: wanted)
    }
    var copy = try Copy()
    copy.configuration["trainable_token_indices"] = [3, 4]
    try copy.failure().expect(
      file: copy.weightsPath, place: name, found: "no such tensor", wanted: "[2, 64]")
  }

  /// Biases of norms, and a layer's own under a name that no peft of today reads.
  @Test func aBiasOfWhatIsNoProjectionIsNamed() throws {
    for (bias, path) in [
      ("all", "model.layers.1.input_layernorm.bias"), ("all", "model.norm.bias"),
      ("lora_only", "model.layers.0.self_attn.q_proj.bias"),
    ] {
      var copy = try Copy()
      let name = "base_model.model." + path
      copy.tensors.append((name, [64], [Float](repeating: 0, count: 64)))
      try copy.failure().expect(file: copy.weightsPath, place: name, found: "do not have")
      copy.configuration["bias"] = bias
      try copy.failure().expect(
        file: copy.weightsPath, place: name, found: "a bias in place of the model's",
        wanted: "biases of q_proj, k_proj", advice: "merge_and_unload")
    }
  }

  @Test func aBiasOfAnotherSizeIsNamed() throws {
    var copy = try Copy()
    copy.configuration["bias"] = "lora_only"
    let name = "base_model.model.model.layers.0.self_attn.q_proj.base_layer.bias"
    copy.tensors.append((name, [63], [Float](repeating: 0, count: 63)))
    try copy.failure().expect(
      file: copy.weightsPath, place: name, found: "[63]", wanted: "[64]", advice: "another model")
  }

  @Test func anAdapterOfAChangedModelIsRefusedWithWhatToDo() throws {
    for (start, advice) in [
      ("pissa_niter_4", "path_initial_model_for_weight_conversion"), ("olora", "merge_and_unload"),
      ("loftq", "into the model that it was trained on"),
    ] {
      var copy = try Copy()
      copy.configuration["init_lora_weights"] = start
      try copy.failure().expect(
        file: copy.configurationPath, place: "key init_lora_weights", found: start, advice: advice)
    }
  }

  @Test(arguments: [Float.nan, .infinity])
  func aWeightThatIsNoNumberIsRefused(value: Float) throws {
    var copy = try Copy()
    copy.tensors[3].values[7] = value
    try copy.failure().expect(
      file: copy.weightsPath, place: copy.tensors[3].name, found: "not finite")
  }

  @Test func filesThatAreNotThere() throws {
    let c = try TinyLlama.model().configuration
    let folder = try TemporaryFolder()
    func failure() throws -> Failure {
      try #require(thrownFailure { _ = try AdapterFile.read(folder.path, for: c) })
    }
    try failure().expect(
      .missingInput, file: folder("adapter_config.json"), found: "nothing there",
      advice: "seer train or peft")
    try folder.write("{}", to: "adapter_config.json")
    try failure().expect(place: "peft_type", found: "no such key", wanted: "LORA")
    let least = #"{"peft_type": "LORA", "target_modules": ["q_proj"]}"#
    try folder.write(least, to: "adapter_config.json")
    let missing = try failure()
    #expect(missing.kind == .missingInput && missing.file == folder("adapter_model.safetensors"))
    try folder.write(Safetensors.header([]), to: "adapter_model.safetensors")
    // 8 is what peft takes where the file has no rank.
    try failure().expect(place: "q_proj.lora_A", found: "no such tensor", wanted: "[8, 64]")
    for text in ["", "[]", "{", "null", "\u{FEFF}"] {
      try folder.write(text, to: "adapter_config.json")
      try failure().expect(file: folder("adapter_config.json"), found: "no JSON object")
    }
  }
}
