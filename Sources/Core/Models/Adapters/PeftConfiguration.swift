import Foundation
import SeerSupport

/// What an `adapter_config.json` of LoRA says, of which everything that peft reads is obeyed or
/// refused by its name. Keys that peft does not know pass, as they do there.
struct PeftConfiguration {
  let path: String
  private(set) var rule: ModuleRule
  let rank: Int
  let alpha: Double
  let dropout: Double
  let isRankStabilised: Bool
  let ranks: ModulePatterns<Int>
  let alphas: ModulePatterns<Double>
  let kind: LoRALayer.Kind
  /// The file has biases in place of the model's (`bias`).
  let replacesBiases: Bool
  /// The model was wrapped without its head, so that paths lack their first part.
  let isHeadless: Bool
  /// As the file has it, for messages.
  let writtenTargets: String

  /// What becomes of a key that peft's LoraConfig has.
  private enum Use {
    /// Read below.
    case read
    /// Tells how the adapter was made or is trained: what it does is the same.
    case passes
    /// Changes what the adapter does, in a way that only its neutral value (null, false, 0 or empty)
    /// is known of.
    case neutral(String)
  }

  private static let merge = "Merge the adapter into its model with peft's merge_and_unload."

  /// Every key of peft 0.21's LoraConfig.
  private static let keys: [(name: String, use: Use)] = [
    ("peft_type", .read), ("task_type", .read), ("r", .read), ("lora_alpha", .read),
    ("lora_dropout", .read), ("use_rslora", .read), ("target_modules", .read),
    ("exclude_modules", .read), ("layers_to_transform", .read), ("layers_pattern", .read),
    ("rank_pattern", .read), ("alpha_pattern", .read), ("bias", .read),
    ("init_lora_weights", .read), ("modules_to_save", .read), ("use_dora", .read),
    ("lora_bias", .read), ("trainable_token_indices", .read),

    ("auto_mapping", .passes), ("base_model_name_or_path", .passes), ("revision", .passes),
    ("inference_mode", .passes), ("peft_version", .passes), ("runtime_config", .passes),
    // peft sets it by the kind of layer and only warns where the file says otherwise.
    ("fan_in_fan_out", .passes),
    // Read only where `init_lora_weights` names them.
    ("loftq_config", .passes), ("eva_config", .passes), ("corda_config", .passes),
    ("lora_ga_config", .passes),
    // Read only where `megatron_config` or `use_qalora` is set.
    ("megatron_core", .passes), ("qalora_group_size", .passes),

    ("target_parameters", .neutral(merge)),
    ("ensure_weight_tying", .neutral(merge)), ("layer_replication", .neutral(merge)),
    ("use_bdlora", .neutral(merge)), ("kasa_config", .neutral(merge)),
    ("monteclora_config", .neutral(merge)), ("velora_config", .neutral(merge)),
    ("megatron_config", .neutral(merge)),
    ("use_qalora", .neutral("Its layers are those of a GPTQ model, which Seer does not read.")),
    (
      "alora_invocation_tokens",
      .neutral("Such an adapter works from some token on: run it in peft.")
    ),
    ("arrow_config", .neutral("It chooses between adapters for each token: give one of them.")),
  ]

  init(path: String) throws(Failure) {
    let json: JSON
    do throws(Failure) {
      json = try JSON(path: path)
    } catch {
      guard error.kind == .badData else { throw error }
      throw Failure(
        .badData, file: path, place: error.place, found: "no JSON object but \(error.found)",
        wanted: "PEFT's configuration", advice: "Save the adapter again.")
    }
    guard json.kind == .object else {
      throw Failure(
        .badData, file: path, found: "no JSON object", wanted: "PEFT's configuration",
        advice: "Save the adapter again.")
    }
    self.path = path
    let reader = PeftReader(path: path, json: json)
    try reader.checkType()
    for (key, use) in Self.keys {
      guard case .neutral(let advice) = use, let value = reader[key], !value.isNeutral else {
        continue
      }
      throw reader.refusal(key, "nothing: Seer runs LoRA without it", advice: advice)
    }
    try reader.checkStart()
    switch reader["bias"]?.string {
    case nil where reader["bias"]?.isNeutral != false: replacesBiases = false
    case "", "none": replacesBiases = false
    case "all", "lora_only": replacesBiases = true
    default: throw reader.refusal("bias", "none, all or lora_only", advice: Self.merge)
    }
    isHeadless = reader["task_type"]?.string == "FEATURE_EXTRACTION"
    rank = try reader.rank(reader["r"], "r", default: 8)
    alpha = try reader.number(reader["lora_alpha"], "lora_alpha", default: 8)
    dropout = try reader.number(reader["lora_dropout"], "lora_dropout", default: 0)
    isRankStabilised = try reader.flag("use_rslora")
    let isBiased = try reader.flag("lora_bias")
    let isDecomposed = try reader.flag("use_dora")
    guard !isBiased || !isDecomposed else {
      throw reader.refusal("lora_bias", "false beside use_dora", advice: Self.merge)
    }
    kind = isBiased ? .biased : isDecomposed ? .decomposed : .plain
    ranks = try reader.patterns("rank_pattern") { value throws(Failure) in
      try reader.rank(value, "rank_pattern", default: nil)
    }
    alphas = try reader.patterns("alpha_pattern") { value throws(Failure) in
      try reader.number(value, "alpha_pattern", default: nil)
    }
    rule = ModuleRule(targets: try reader.targets())
    rule.excluded = try reader.names("exclude_modules")
    rule.layers = try reader.layers()
    for pattern in try reader.strings("layers_pattern") {
      rule.layerPatterns.append(
        try reader.pattern("(?:^|.*?\\.)\(pattern)\\.[0-9]+\\.", of: "layers_pattern"))
    }
    savedModules = try reader.strings("modules_to_save")
    for module in savedModules {
      rule.saved.append(
        try reader.pattern("(^|.*\\.)\(module)($|\\..*)", of: "modules_to_save"))
    }
    trainedTokens = try reader.trainedTokens()
    writtenTargets = reader["target_modules"]?.shown ?? "nothing"
  }

  /// The tokens of which the adapter has whole rows, and of which module; nil is the embeddings.
  let trainedTokens: [(module: String?, tokens: [Int])]

  /// Modules that the adapter has as a whole.
  let savedModules: [String]
}

/// Reads single keys; each failure names its key.
private struct PeftReader {
  let path: String
  let json: JSON

  /// nil where the key is absent or null.
  subscript(_ key: String) -> JSON? { json[key].flatMap { $0.isNull ? nil : $0 } }

  func refusal(_ key: String, _ wanted: String, advice: String) -> Failure {
    Failure(
      .badData, file: path, place: "key \(key)", found: json[key]?.shown ?? "no such key",
      wanted: wanted, advice: advice)
  }

  func wrong(_ key: String, _ wanted: String) -> Failure {
    refusal(key, wanted, advice: "The file is no configuration that peft reads: save it again.")
  }

  func checkType() throws(Failure) {
    guard let type = self["peft_type"]?.string else { throw wrong("peft_type", "LORA") }
    guard type != "LORA" else { return }
    let prompts = [
      "PROMPT_TUNING", "MULTITASK_PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "ADAPTION_PROMPT",
      "CPT", "CARTRIDGE",
    ]
    throw refusal(
      "peft_type", "LORA",
      advice: prompts.contains(type)
        ? "It puts learned states before the text, which Seer does not: run it in peft."
        : "Merge the adapter into its model with peft's merge_and_unload.")
  }

  /// Some ways to begin take a part of the base model's weights away; such an adapter fits only what
  /// is left of them. The others leave the model as it is.
  func checkStart() throws(Failure) {
    guard let start = self["init_lora_weights"], start.kind != .bool else { return }
    let harmless = ["gaussian", "orthogonal", "eva", "mica"]
    guard let name = start.string, harmless.contains(name.lowercased()) else {
      let isConvertible = ["pissa", "olora", "corda", "lora_ga"].contains {
        start.string?.lowercased().hasPrefix($0) == true
      }
      throw refusal(
        "init_lora_weights", "a start that leaves the base model as it is",
        advice: isConvertible
          ? "Convert the adapter: in peft, save_pretrained(..., "
            + "path_initial_model_for_weight_conversion=...) makes plain LoRA of it. Without the "
            + "adapter as it began, merge it with merge_and_unload."
          : "Merge the adapter with peft's merge_and_unload into the model that it was trained on.")
    }
  }

  func flag(_ key: String) throws(Failure) -> Bool {
    guard let value = self[key], !value.isNeutral else { return false }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  func rank(_ value: JSON?, _ key: String, default standard: Int?) throws(Failure) -> Int {
    guard let rank = value == nil ? standard : value?.integer, (1...1 << 20).contains(rank) else {
      throw wrong(key, "a rank of 1 or more")
    }
    return rank
  }

  func number(_ value: JSON?, _ key: String, default standard: Double?) throws(Failure) -> Double {
    guard let number = value == nil ? standard : value?.double, number.isFinite else {
      throw wrong(key, "a number")
    }
    return number
  }

  /// A list of strings, or one.
  func strings(_ key: String) throws(Failure) -> [String] {
    guard let value = self[key] else { return [] }
    if let string = value.string { return string.isEmpty ? [] : [string] }
    let strings = value.elements.compactMap(\.string)
    guard value.kind == .array, strings.count == value.count else {
      throw wrong(key, "a list of strings")
    }
    return strings
  }

  func pattern(_ text: String, of key: String) throws(Failure) -> PythonPattern {
    do throws(Failure) {
      return try PythonPattern(text)
    } catch {
      throw Failure(
        .badData, file: path, place: "key \(key)", found: error.found, wanted: error.wanted,
        advice: "Give the modules' names instead.")
    }
  }

  /// One regular expression, or a list of names; nil where there is neither.
  func names(_ key: String) throws(Failure) -> ModuleNames? {
    guard let value = self[key], !value.isNeutral else { return nil }
    if let text = value.string { return .pattern(try pattern(text, of: key)) }
    return .list(try strings(key))
  }

  func targets() throws(Failure) -> ModuleRule.Targets {
    let key = "target_modules"
    if let text = self[key]?.string {
      guard try layers() == nil, self["layers_pattern"].map(\.isNeutral) != false else {
        throw refusal(
          key, "a list of names beside layers_to_transform",
          advice: "peft refuses the two together: name the blocks in the expression.")
      }
      if text.lowercased() == "all-linear" { return .allLinear }
    }
    guard let names = try names(key) else {
      throw wrong(key, "names of modules")
    }
    return .named(names)
  }

  func trainedTokens() throws(Failure) -> [(module: String?, tokens: [Int])] {
    let key = "trainable_token_indices"
    guard let value = self[key], !value.isNeutral else { return [] }
    func tokens(_ list: JSON) throws(Failure) -> [Int] {
      let numbers = list.elements.compactMap(\.integer)
      guard list.kind == .array, numbers.count == list.count, Set(numbers).count == numbers.count
      else { throw wrong(key, "numbers of tokens, each once") }
      return numbers
    }
    guard value.kind == .object else { return [(nil, try tokens(value))] }
    var modules: [(module: String?, tokens: [Int])] = []
    for member in value.members {
      modules.append((String(decoding: member.name, as: UTF8.self), try tokens(member.value)))
    }
    return modules
  }

  func layers() throws(Failure) -> Set<Int>? {
    let key = "layers_to_transform"
    guard let value = self[key] else { return nil }
    if let number = value.integer { return [number] }
    let numbers = value.elements.compactMap(\.integer)
    guard value.kind == .array, numbers.count == value.count else {
      throw wrong(key, "numbers of layers")
    }
    return numbers.isEmpty ? nil : Set(numbers)
  }

  func patterns<Value>(
    _ key: String, _ value: (JSON) throws(Failure) -> Value
  ) throws(Failure) -> ModulePatterns<Value> {
    guard let object = self[key] else { return try ModulePatterns([]) }
    guard object.kind == .object else { throw wrong(key, "an object of patterns") }
    var entries: [(pattern: String, value: Value)] = []
    for member in object.members {
      let name = String(decoding: member.name, as: UTF8.self)
      entries.append((name, try value(member.value)))
    }
    do throws(Failure) {
      return try ModulePatterns(entries)
    } catch {
      throw Failure(
        .badData, file: path, place: "key \(key)", found: error.found, wanted: error.wanted,
        advice: "Give the modules' names instead.")
    }
  }
}

extension JSON {
  /// What Python takes for false: null, false, 0, and what is empty.
  fileprivate var isNeutral: Bool {
    switch kind {
    case .null: true
    case .bool: bool == false
    case .number: double == 0
    case .string: bytes?.isEmpty == true
    case .array, .object: count == 0
    }
  }

  /// A value as a message shows it.
  fileprivate var shown: String {
    let text: String
    switch kind {
    case .null: text = "null"
    case .bool: text = bool == true ? "true" : "false"
    case .number: text = integer.map { "\($0)" } ?? double.map { "\($0)" } ?? "a number"
    case .string: text = "`\(string ?? "")`"
    case .array: text = "[" + elements.map(\.shown).joined(separator: ", ") + "]"
    case .object:
      text =
        "{"
        + members.map { "\(String(decoding: $0.name, as: UTF8.self)): \($0.value.shown)" }
        .joined(separator: ", ") + "}"
    }
    return text.count <= 120 ? text : text.prefix(117) + "..."
  }
}
