import Foundation
import LinearAlgebra
import SeerFormats
import SeerSupport

/// Adapter folders as PEFT writes and reads them:
/// 1. `adapter_config.json`: `peft_type` LORA, `r`, `lora_alpha`, `target_modules`, ...;
/// 2. `adapter_model.safetensors`, or else `adapter_model.bin` (``TorchFile``): for each layer
///    `lora_A.weight` (rank, inputs) and `lora_B.weight` (outputs, rank), under
///    `base_model.model.model.layers.N.self_attn.q_proj.`, as the model's family calls its layers.
package enum AdapterFile {
  package static let configurationName = "adapter_config.json"
  package static let weightsName = "adapter_model.safetensors"
  static let torchWeightsName = "adapter_model.bin"
  /// Stands before the paths of the wrapped model.
  static let keyStart = "base_model.model."

  /// A module's path in the reference implementation.
  static func path(block: Int, _ module: LoRAModule, _ c: ModelConfiguration) -> String {
    "\(c.blockPath).\(block).\(module.path)"
  }

  /// The weights that count, as in peft: PyTorch's own where there are no others.
  static func weightsPath(_ folder: String) -> String {
    let names = [weightsName, torchWeightsName].map { folder + "/" + $0 }
    return names.first(where: FileManager.default.fileExists) ?? names[0]
  }

  /// Whether a folder holds a finished adapter of ours.
  package static func exists(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/" + weightsName)
  }

  /// The files of an adapter.
  package static func files(_ folder: String) -> [String] {
    [configurationName, weightsName].map { folder + "/" + $0 }
  }

  /// Identifies an adapter by its weights' bytes.
  package static func sha256(of folder: String) throws(Failure) -> String {
    try SeerSupport.sha256(ofFile: weightsPath(folder))
  }

  // MARK: Writing

  /// Writes both files; the weights come last. Precondition: all layers are of the configuration's
  /// rank and scale, as training makes them.
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
      for module in c.ofBlock(block).modules {
        guard let target = module.targets.first, let pair = adapter.pair(block: block, target)
        else { continue }
        precondition(pair.layer == adapter.configuration.layer)
        let a = UnsafeBufferPointer(start: pair.a, count: rank * pair.inputs)
        // In the reference's order of rows.
        let b = module.rowOrder(c).map { pair.b.selecting(rows: $0).values } ?? pair.b.values
        let key = keyStart + path(block: block, module, c)
        tensors.append((key + ".lora_A.weight", Array(a), [rank, pair.inputs]))
        tensors.append((key + ".lora_B.weight", b, [pair.b.rows, rank]))
      }
    }
    var bytes = Safetensors.header(
      tensors.map { ($0.name, .float32, $0.shape) }, metadata: ["format": "pt"])
    for tensor in tensors {
      guard tensor.values.allSatisfy(\.isFinite) else {
        throw Failure(
          .badData, file: folder, place: "tensor \(tensor.name)",
          found: "a value that is not finite", wanted: "finite weights",
          advice: "The weights were not written; train with a lower --learning-rate.")
      }
      tensor.values.withUnsafeBytes { bytes += $0 }
    }
    try OutputFile.write(bytes, to: folder + "/" + weightsName)
  }

  /// What PEFT calls the layers that carry LoRA: the last part of their paths, or the whole path
  /// where a layer of the same name carries none.
  private static func entries(_ c: LoRAConfiguration, _ model: ModelConfiguration) -> [String] {
    let carrying = model.allModules.filter { $0.targets.contains(where: c.targets.contains) }
    var entries: [String] = []
    for module in carrying {
      let isAlone = model.allModules.allSatisfy { $0.name != module.name || carrying.contains($0) }
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
        "fan_in_fan_out": \(base.allModules.contains(where: \.isTransposed)),
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
}
