import Foundation
import LinearAlgebra
import SeerFormats
import SeerSupport

/// Adapter folders as PEFT writes and reads them:
/// 1. `adapter_config.json`: `peft_type` LORA, `r`, `lora_alpha`, `target_modules`, ...;
/// 2. `adapter_model.safetensors`: for each projection `lora_A.weight` (rank, inputs) and
///    `lora_B.weight` (outputs, rank), under
///    `base_model.model.model.layers.N.self_attn.q_proj.`, as the model's family calls its layers.
package enum AdapterFile {
  package static let configurationName = "adapter_config.json"
  package static let weightsName = "adapter_model.safetensors"

  package static func key(
    block: Int, _ module: LoRAModule, _ matrix: String, _ c: ModelConfiguration
  ) -> String {
    "base_model.model.\(c.blockPath).\(block).\(module.path).\(matrix).weight"
  }

  /// Whether a folder holds a finished adapter.
  package static func exists(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/" + weightsName)
  }

  /// Identifies an adapter by its weights' bytes.
  package static func sha256(of folder: String) throws(Failure) -> String {
    try SeerSupport.sha256(ofFile: folder + "/" + weightsName)
  }

  // MARK: Writing

  /// Writes both files; the weights come last.
  package static func write(
    _ adapter: Adapter, to folder: String, model: String
  ) throws(Failure) {
    try OutputFile.makeFolder(folder)
    let c = adapter.model
    try OutputFile.write(
      configurationText(adapter.configuration, c, model: model),
      to: folder + "/" + configurationName)
    let rank = adapter.configuration.rank
    var tensors: [(name: String, values: [Float], shape: [Int])] = []
    for block in adapter.configuration.blocks.sorted() {
      for module in c.modules {
        guard let target = module.targets.first, let pair = adapter.pair(block: block, target)
        else { continue }
        let a = UnsafeBufferPointer(start: pair.a, count: rank * pair.inputs)
        // In the reference's order of rows.
        let b = module.rowOrder(c).map { pair.b.selecting(rows: $0).values } ?? pair.b.values
        tensors.append((key(block: block, module, "lora_A", c), Array(a), [rank, pair.inputs]))
        tensors.append((key(block: block, module, "lora_B", c), b, [pair.b.rows, rank]))
      }
    }
    var bytes = Safetensors.header(
      tensors.map { ($0.name, .float32, $0.shape) }, metadata: ["format": "pt"])
    for tensor in tensors { tensor.values.withUnsafeBytes { bytes += $0 } }
    try OutputFile.write(bytes, to: folder + "/" + weightsName)
  }

  /// What PEFT calls the layers that carry LoRA: the last part of their paths, or the whole path
  /// where a layer of the same name carries none.
  private static func entries(_ c: LoRAConfiguration, _ model: ModelConfiguration) -> [String] {
    let carrying = model.modules.filter { $0.targets.contains(where: c.targets.contains) }
    var entries: [String] = []
    for module in carrying {
      let isAlone = model.modules.allSatisfy { $0.name != module.name || carrying.contains($0) }
      let entry = isAlone ? module.name : module.path
      if !entries.contains(entry) { entries.append(entry) }
    }
    return entries
  }

  private static func configurationText(
    _ c: LoRAConfiguration, _ base: ModelConfiguration, model: String
  ) -> String {
    func list(_ values: [String]) -> String { "[" + values.joined(separator: ", ") + "]" }
    func quoted(_ text: String) -> String {
      let data = try? JSONEncoder().encode(text)
      return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
    return """
      {
        "alpha_pattern": {},
        "auto_mapping": null,
        "base_model_name_or_path": \(quoted(model)),
        "bias": "none",
        "fan_in_fan_out": \(base.modules.contains(where: \.isTransposed)),
        "inference_mode": true,
        "init_lora_weights": true,
        "layers_pattern": null,
        "layers_to_transform": \(list(c.blocks.sorted().map(String.init))),
        "lora_alpha": \(Int(exactly: c.alpha).map { "\($0)" } ?? "\(c.alpha)"),
        "lora_dropout": \(c.dropout),
        "modules_to_save": null,
        "peft_type": "LORA",
        "r": \(c.rank),
        "rank_pattern": {},
        "revision": null,
        "target_modules": \(list(entries(c, base).map { "\"\($0)\"" })),
        "task_type": "CAUSAL_LM",
        "use_dora": false,
        "use_rslora": \(c.isRankStabilised)
      }

      """
  }

  // MARK: Reading

  /// Reads an adapter for a model; what PEFT has and Seer has not is refused by name.
  package static func read(_ folder: String, for c: ModelConfiguration) throws(Failure) -> Adapter {
    let path = folder + "/" + configurationName
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .missingInput, file: path, found: "nothing there", wanted: "a PEFT adapter folder",
        advice: "Give the folder that seer train or peft wrote.")
    }
    let file = try Safetensors(path: folder + "/" + weightsName)
    let configuration = try configuration(path, weights: file, for: c)
    let adapter = Adapter(zeros: configuration, c)
    var left = Set(file.tensors.keys)
    for block in configuration.blocks {
      for module in c.modules {
        guard let target = module.targets.first, let pair = adapter.pair(block: block, target)
        else { continue }
        let shapes = module.shape(c)
        for (name, shape, elements) in [
          ("lora_A", [configuration.rank, shapes.inputs], pair.a),
          ("lora_B", [shapes.outputs, configuration.rank], pair.b.elements),
        ] {
          let key = key(block: block, module, name, c)
          guard let tensor = file.tensors[key] else {
            throw wrong(file, key, "no such tensor", "shape \(shape)")
          }
          guard tensor.shape == shape else {
            throw wrong(file, key, "shape \(tensor.shape)", "\(shape)")
          }
          file.read(tensor, count: tensor.count, into: elements)
          guard (0..<tensor.count).allSatisfy({ elements[$0].isFinite }) else {
            throw wrong(file, key, "a value that is not finite", "finite weights")
          }
          left.remove(key)
        }
        if let order = module.rowOrder(c) {
          let stored = pair.b.copy()
          for (row, ours) in order.enumerated() {
            pair.b.row(ours).update(from: stored.row(row), count: stored.columns)
          }
        }
      }
    }
    if let stranger = left.min() {
      throw wrong(file, stranger, "a tensor that LoRA on these modules does not have", "none")
    }
    return adapter
  }

  private static func wrong(
    _ file: Safetensors, _ key: String, _ found: String, _ wanted: String
  ) -> Failure {
    Failure(
      .badData, file: file.file.path, place: "tensor \(key)", found: found, wanted: wanted,
      advice: "The adapter belongs to another model or is damaged: train it for this one.")
  }

  private static func configuration(
    _ path: String, weights: Safetensors, for c: ModelConfiguration
  ) throws(Failure) -> LoRAConfiguration {
    let file = try MappedFile(path: path)
    guard let object = try? JSONSerialization.jsonObject(with: file.data),
      let values = object as? [String: Any]
    else {
      throw Failure(.badData, file: path, found: "no JSON object", wanted: "PEFT's configuration")
    }
    func unsupported(_ key: String, _ found: Any, _ wanted: String) -> Failure {
      let text = try? JSONSerialization.data(
        withJSONObject: found, options: [.fragmentsAllowed, .sortedKeys])
      return Failure(
        .badData, file: path, place: "key \(key)",
        found: text.map { String(decoding: $0, as: UTF8.self) } ?? "\(found)", wanted: wanted,
        advice: "Seer runs plain LoRA only: merge the adapter with peft, or train one with Seer.")
    }
    guard let type = values["peft_type"] as? String, type == "LORA" else {
      throw unsupported("peft_type", values["peft_type"] ?? "nothing", "LORA")
    }
    if let bias = values["bias"], bias as? String != "none", !isOff(bias) {
      throw unsupported("bias", bias, "none")
    }
    // Some ways to begin change the base model's weights; such an adapter fits those only.
    if let start = values["init_lora_weights"] as? String, !plainStarts.contains(start) {
      throw unsupported("init_lora_weights", start, "a start that leaves the base model as it is")
    }
    // Whatever else is switched on, now or in a later peft, may change what the adapter does.
    for (key, value) in values.sorted(by: { $0.key < $1.key })
    where !understood.contains(key) && !isOff(value) {
      // PEFT sets it for layers that are stored the other way round, and only those.
      if key == "fan_in_fan_out", c.modules.contains(where: \.isTransposed) { continue }
      throw unsupported(key, value, "nothing")
    }
    guard values["use_rslora"] is Bool? || isOff(values["use_rslora"] ?? false) else {
      throw unsupported("use_rslora", values["use_rslora"] ?? "nothing", "true or false")
    }
    guard let rank = values["r"] as? Int, (1...4096).contains(rank) else {
      throw unsupported("r", values["r"] ?? "nothing", "a rank from 1 to 4096")
    }
    guard let alpha = (values["lora_alpha"] as? NSNumber)?.doubleValue, alpha.isFinite else {
      throw unsupported("lora_alpha", values["lora_alpha"] ?? "nothing", "a number")
    }
    return LoRAConfiguration(
      rank: rank, alpha: alpha,
      dropout: (values["lora_dropout"] as? NSNumber)?.doubleValue ?? 0,
      targets: try targets(values["target_modules"], c, unsupported),
      blocks: try blocks(values["layers_to_transform"], weights, c, unsupported),
      isRankStabilised: values["use_rslora"] as? Bool ?? false)
  }

  /// Keys that are read, and those that only tell how the adapter was made.
  private static let understood: Set<String> = [
    "peft_type", "r", "lora_alpha", "lora_dropout", "target_modules", "layers_to_transform",
    "use_rslora", "bias", "init_lora_weights",
    "auto_mapping", "base_model_name_or_path", "corda_config", "ensure_weight_tying", "eva_config",
    "inference_mode", "layers_pattern", "loftq_config", "lora_ga_config", "megatron_core",
    "peft_version", "qalora_group_size", "revision", "runtime_config", "task_type",
  ]

  /// Starts of A and B that leave the base model as it is.
  private static let plainStarts: Set<String> = ["gaussian", "orthogonal", "eva"]

  private static func isOff(_ value: Any) -> Bool {
    switch value {
    case is NSNull: true
    case let flag as Bool: !flag
    case let list as [Any]: list.isEmpty
    case let map as [String: Any]: map.isEmpty
    default: false
    }
  }

  private static func targets(
    _ value: Any?, _ c: ModelConfiguration, _ unsupported: (String, Any, String) -> Failure
  ) throws(Failure) -> [LoRATarget] {
    let all = c.modules.flatMap(\.targets)
    if let text = value as? String, text == "all-linear" { return all }
    guard let names = value as? [String], !names.isEmpty else {
      throw unsupported("target_modules", value ?? "nothing", "a list of modules")
    }
    var targets: [LoRATarget] = []
    for name in names {
      let meant = c.modules.filter { $0.isMeant(by: name) }
      guard !meant.isEmpty else {
        throw unsupported(
          "target_modules", name, c.modules.map(\.name).joined(separator: ", "))
      }
      targets += meant.flatMap(\.targets)
    }
    return all.filter { targets.contains($0) }
  }

  private static func blocks(
    _ value: Any?, _ weights: Safetensors, _ c: ModelConfiguration,
    _ unsupported: (String, Any, String) -> Failure
  ) throws(Failure) -> [Int] {
    let all: [Int]
    switch value {
    case let number as Int: all = [number]
    case let list as [Int]: all = list
    case nil, is NSNull: all = Array(0..<c.blocks)
    default: throw unsupported("layers_to_transform", value ?? "nothing", "a list of layers")
    }
    let blocks = Set(all).sorted()
    guard blocks.allSatisfy({ (0..<c.blocks).contains($0) }), !blocks.isEmpty else {
      throw unsupported("layers_to_transform", all, "layers from 0 to \(c.blocks - 1)")
    }
    return blocks
  }
}
