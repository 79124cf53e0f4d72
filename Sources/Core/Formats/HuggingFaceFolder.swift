import Foundation
import SeerSupport

/// A model as the Hugging Face libraries save it, its weights memory-mapped:
/// 1. `config.json`: sizes and constants;
/// 2. `model.safetensors`; where there is none, the files that `model.safetensors.index.json` names
///    in its `weight_map`; where there is neither, `pytorch_model.bin`, or those that
///    `pytorch_model.bin.index.json` names (``TorchFile``). Which of them a tensor is in they say
///    themselves: an index may name tensors that no file has and no model needs;
/// 3. `tokenizer.json`, `tokenizer_config.json`, `generation_config.json`, `chat_template.jinja`.
package struct HuggingFaceFolder: Sendable {
  package let path: String
  private let configuration: JSON
  private let files: [TensorFile]
  private let tensors: [String: StoredTensor]

  package static let configurationName = "config.json"
  package static let weightsName = "model.safetensors"
  static let torchWeightsName = "pytorch_model.bin"
  static let indexEnding = ".index.json"

  package init(path: String) throws(Failure) {
    self.path = path
    let folder = path
    func exists(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: folder + "/" + name)
    }
    guard exists(Self.configurationName) else {
      throw Failure(
        .badData, file: path, found: "a folder without config.json",
        wanted: "a Hugging Face model folder, or a GGUF file",
        advice: "Give the folder that holds config.json and the safetensors files.")
    }
    configuration = try JSON(path: path + "/" + Self.configurationName)
    guard configuration.kind == .object else {
      throw Failure(
        .badData, file: path + "/" + Self.configurationName, found: "no JSON object",
        wanted: "one", advice: "Download the model again.")
    }
    let quantisation = try FolderQuantisation(
      configuration, path + "/" + Self.configurationName)
    // In the order in which transformers looks for them: an index beside the one file is left from an
    // earlier saving.
    let candidates = [Self.weightsName, Self.torchWeightsName].flatMap {
      [$0, $0 + Self.indexEnding]
    }
    guard let weights = candidates.first(where: exists) else {
      throw Failure(
        .missingInput, file: path, found: "none of \(candidates.joined(separator: ", "))",
        wanted: "the model's weights", advice: "Download the missing files.")
    }
    let names =
      weights.hasSuffix(Self.indexEnding) ? try Self.shards(path + "/" + weights) : [weights]
    var files: [TensorFile] = []
    for name in names {
      guard exists(name) else {
        throw Failure(
          .missingInput, file: path + "/" + name, place: "named in \(weights)",
          found: "no such file", wanted: "one of the model's \(names.count) shards",
          advice: "Download the missing file.")
      }
      files.append(try Self.weights(path + "/" + name, quantisation))
    }
    try Self.refuseQuantised(files)
    let quantised = try QuantisedTensors(files, quantisation)
    var tensors = quantised.tensors
    for file in files {
      for (name, tensor) in file.tensors where !quantised.scaleNames.contains(name) {
        tensors[name] = tensor
      }
    }
    self.files = files
    self.tensors = tensors
  }

  /// The files that an index names.
  private static func shards(_ path: String) throws(Failure) -> [String] {
    let index = try JSON(path: path)
    func bad(_ place: String, _ found: String, _ wanted: String) -> Failure {
      Failure(
        .badData, file: path, place: place, found: found, wanted: wanted,
        advice: "The index is damaged: download it again.")
    }
    guard let map = index["weight_map"], map.kind == .object else {
      throw bad("weight_map", "no such object", "an object of tensors and files")
    }
    let ending =
      path.hasSuffix(TensorFile.torchEnding + indexEnding) ? TensorFile.torchEnding : ".safetensors"
    var seen: Set<[UInt8]> = []
    var files: Set<String> = []
    for (name, value) in map.members {
      let tensor = String(decoding: name, as: UTF8.self)
      guard seen.insert(name).inserted else {
        throw bad("weight_map, tensor \(tensor)", "it twice", "each tensor once")
      }
      // A file beside the index, nowhere else, and of its kind.
      guard let file = value.string, file.hasSuffix(ending), !file.contains("/") else {
        throw bad(
          "weight_map, tensor \(tensor)", value.string.map { "`\($0)`" } ?? "no string",
          "the name of a *\(ending) file in the folder")
      }
      files.insert(file)
    }
    guard !files.isEmpty else { throw bad("weight_map", "no tensors", "the model's tensors") }
    return files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func weights(
    _ path: String, _ quantisation: FolderQuantisation
  ) throws(Failure) -> TensorFile {
    let file = try TensorFile(path: path, allowsOtherTypes: true)
    // Masks and indices of integers are no weights; other floats would be.
    let floats = file.otherTypes.filter { $0.value.hasPrefix("F") && !quantisation.has($0.value) }
      .sorted { $0.key < $1.key }
    if let (name, type) = floats.first {
      throw Failure(
        .badData, file: path, place: "tensor \(name)", found: "dtype \(type)",
        wanted: "F32, F16 or BF16", advice: "Convert the model to one of these types.")
    }
    return file
  }
}

extension HuggingFaceFolder: WeightSource {
  package var tokenizerPath: String { path + "/tokenizer.json" }

  package var format: WeightFormat { .huggingFace }
  package var configurationPath: String { path + "/" + Self.configurationName }

  package var filePaths: [String] {
    [configurationPath] + files.map(\.file.path)
      + (FileManager.default.fileExists(atPath: tokenizerPath) ? [tokenizerPath] : [])
  }

  package func value(_ key: String) -> GGUFValue? { json(key).flatMap(GGUFValue.init) }
  package func isNull(_ key: String) -> Bool { json(key)?.isNull ?? false }

  package func members(_ key: String) -> [String] {
    guard let json = json(key), json.kind == .object else { return [] }
    return json.members.map { String(decoding: $0.0, as: UTF8.self) }
  }

  private func json(_ key: String) -> JSON? {
    var json: JSON? = configuration
    for name in key.split(separator: ".") { json = json?[String(name)] }
    return json
  }

  package func tensor(_ name: String) -> StoredTensor? { tensors[name] }

  package var tensorNames: [String] { Array(tensors.keys) }
}

extension GGUFValue {
  /// A value of a JSON file; nil for null, objects and arrays of different or no things.
  package init?(_ json: JSON) {
    switch json.kind {
    case .null, .object: return nil
    case .bool: self = .bool(json.bool ?? false)
    case .string: self = .string(json.string ?? "")
    case .number:
      if let integer = json.integer {
        self = .integer(integer)
      } else if let real = json.double {
        self = .real(real)
      } else {
        return nil
      }
    case .array:
      let values = json.elements.map { $0 }
      func all<T>(_ value: (JSON) -> T?) -> [T]? {
        let found = values.compactMap(value)
        return found.count == values.count ? found : nil
      }
      if let integers = all(\.integer) {
        self = .integers(integers)
      } else if let reals = all(\.double) {
        self = .reals(reals)
      } else if let bools = all(\.bool) {
        self = .bools(bools)
      } else if let strings = all(\.string) {
        self = .strings(strings)
      } else {
        return nil
      }
    }
  }
}
