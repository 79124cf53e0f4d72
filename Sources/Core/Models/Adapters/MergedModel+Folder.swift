import Foundation
import SeerFormats
import SeerSupport

extension MergedModel {
  /// A folder as Hugging Face's libraries save it, matrices in float16. That of a folder has all
  /// its files; that of a GGUF file has no tokenizer.
  package func writeFolder(_ output: String, _ context: JobContext) throws {
    guard type == .f16 else {
      throw Failure(
        .usage, place: "--type", found: type.rawValue, wanted: "f16 for a safetensors folder",
        advice: "Name a file that ends in .gguf for quantised weights.")
    }
    let configuration =
      source.format == .huggingFace
      ? try ownConfiguration() : try weights.model.huggingFaceConfiguration(source.path)
    let tensors = source.format == .huggingFace ? ownTensors() : namedTensors()
    try OutputFile.makeFolder(output)
    let header = Safetensors.header(
      tensors.map { ($0.name, $0.dataType, $0.shape) }, metadata: ["format": "pt"])
    try writing(header, to: output + "/" + HuggingFaceFolder.weightsName) { file, start in
      var offset = start
      for (index, tensor) in tensors.enumerated() {
        try context.checkpoint()
        switch tensor.content {
        case .matrix(let weight):
          try write(weight, arrangement(of: weight), as: .f16, to: file, at: offset)
        case .vector(let values): try file.write(values, count: values.count, at: offset)
        case .stored(let stored):
          try stored.file.withBytes(in: stored.range) { bytes throws(Failure) in
            try file.write(bytes, at: offset)
          }
        }
        offset += tensor.shape.reduce(1, *) * tensor.dataType.size
        context.report(JobProgress(completed: index + 1, total: tensors.count, unit: "tensors"))
      }
    }
    if source.format == .huggingFace { try copyFiles(to: output) }
    try writeJSON(configuration, to: output + "/" + HuggingFaceFolder.configurationName)
  }

  private struct Tensor {
    enum Content {
      case matrix(MergedWeights.Weight)
      case vector([Float])
      case stored(StoredTensor)
    }

    let name: String
    let dataType: Safetensors.DataType
    let shape: [Int]
    let content: Content

    init(_ name: String, _ weight: MergedWeights.Weight) {
      self.name = name
      dataType = .float16
      shape = weight.isTransposed ? [weight.columns, weight.rows] : [weight.rows, weight.columns]
      content = .matrix(weight)
    }

    init(_ name: String, _ values: [Float], shape: [Int]? = nil) {
      self.name = name
      dataType = .float32
      self.shape = shape ?? [values.count]
      content = .vector(values)
    }

    init(_ name: String, _ stored: StoredTensor) {
      self.name = name
      dataType = stored.type == .f32 ? .float32 : stored.type == .f16 ? .float16 : .bfloat16
      shape = stored.shape
      content = .stored(stored)
    }
  }

  /// Hugging Face's row is which of ours.
  private func arrangement(of weight: MergedWeights.Weight) -> Arrangement {
    if weight.isTransposed { return .transposed }
    guard weight.isInterleaved else { return .rows { $0 } }
    let places = interleavedPlaces
    return .rows { places[$0] }
  }

  /// Where the rows head by head, part by part, lie among ours.
  private var interleavedPlaces: [Int] {
    let c = weights.model.configuration
    let order = interleavedRows(heads: c.heads, headDimension: c.headDimension, parts: 3)
    var places = [Int](repeating: 0, count: order.count)
    for (ours, theirs) in order.enumerated() { places[theirs] = ours }
    return places
  }

  // MARK: From a folder

  private func ownTensors() -> [Tensor] {
    let merged = Dictionary(
      weights.weights.map { ($0.huggingFace, $0) }, uniquingKeysWith: { first, _ in first })
    return source.tensorNames.sorted().compactMap { name in
      guard let stored = source.tensor(name) else { return nil }
      if let weight = merged[name] { return Tensor(name, weight) }
      guard stored.shape.count == 2, stored.type != .f16 else { return Tensor(name, stored) }
      let matrix = StoredMatrix(
        type: stored.type, rows: stored.shape[0], columns: stored.shape[1], in: stored.file,
        range: stored.range)
      return Tensor(name, MergedWeights.Weight(name, matrix))
    }
  }

  private func ownConfiguration() throws -> [String: Any] {
    let path = source.configurationPath
    let data = try? Data(contentsOf: URL(fileURLWithPath: path))
    guard let data, var object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else {
      throw Failure(
        .badData, file: path, found: "no JSON object", wanted: "one",
        advice: "Download the model again.")
    }
    // Newer files call it `dtype`.
    object[object["dtype"] == nil ? "torch_dtype" : "dtype"] = "float16"
    return object
  }

  private func copyFiles(to output: String) throws {
    for name in [
      "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
      "generation_config.json",
      "chat_template.jinja", "chat_template.json",
    ] where FileManager.default.fileExists(atPath: source.path + "/" + name) {
      let file = try MappedFile(path: source.path + "/" + name)
      try OutputFile.write(file.copy(0..<file.count), to: output + "/" + name)
    }
  }

  // MARK: From a GGUF file

  private func namedTensors() -> [Tensor] {
    let model = weights.model
    let names = model.names
    func stored(_ name: TensorName, _ block: Int?, _ ending: String) -> String {
      name.stored(.huggingFace, block: block) + ending
    }
    let offset = model.family.normOffset
    var tensors = weights.weights.map { Tensor($0.huggingFace, $0) }
    func add(_ norm: Norm, _ name: TensorName, _ block: Int? = nil) {
      tensors.append(Tensor(stored(name, block, ".weight"), norm.weight.map { $0 - offset }))
      if let bias = norm.bias { tensors.append(Tensor(stored(name, block, ".bias"), bias)) }
    }
    /// The norms of heads: one tensor, or one for each.
    func addHeads(_ norm: Norm, _ name: TensorName, _ block: Int) {
      guard norm.groups > 1 else { return add(norm, name, block) }
      guard let each = name.ofHeads(norm.groups, .huggingFace) else {
        return tensors.append(
          Tensor(stored(name, block, ".weight"), norm.weight, shape: [norm.groups, norm.width]))
      }
      for (head, name) in each.enumerated() {
        let first = head * norm.width
        tensors.append(
          Tensor(
            stored(name, block, ".weight"), Array(norm.weight[first..<first + norm.width])))
      }
    }
    /// The biases of linear layers: a tensor each, or one for all.
    func add(_ linears: [Transformer.Linear], _ names: [TensorName], _ block: Int) {
      let biases = linears.map(\.bias)
      if names.count == linears.count {
        for (name, bias) in zip(names, biases) {
          if let bias { tensors.append(Tensor(stored(name, block, ".bias"), bias)) }
        }
      } else if let name = names.first, biases.allSatisfy({ $0 != nil }) {
        let all = biases.flatMap { $0 ?? [] }
        tensors.append(
          Tensor(
            stored(name, block, ".bias"),
            name.isInterleaved ? interleavedPlaces.map { all[$0] } : all))
      }
    }
    for (index, block) in model.blocks.enumerated() {
      if let norm = block.attentionNorm, let name = names.attentionNorm { add(norm, name, index) }
      add([block.queries, block.keys, block.values], names.attentionInputs, index)
      if let norms = block.headNorms, names.headNorms.count == 2 {
        addHeads(norms.queries, names.headNorms[0], index)
        addHeads(norms.keys, names.headNorms[1], index)
      }
      add([block.output], [names.attentionOutput], index)
      if let norm = block.attentionPostNorm, let name = names.attentionPostNorm {
        add(norm, name, index)
      }
      if let norm = block.feedForwardNorm, let name = names.feedForwardNorm {
        add(norm, name, index)
      }
      if let up = block.up, let down = block.down {
        add((block.gate.map { [$0] } ?? []) + [up], names.feedForwardInputs, index)
        add([down], [names.feedForwardOutput], index)
      }
      if let norm = block.feedForwardPostNorm, let name = names.feedForwardPostNorm {
        add(norm, name, index)
      }
    }
    add(model.finalNorm, names.finalNorm)
    if let positions = model.positions, let name = names.positions {
      let path = stored(name, nil, ".weight")
      tensors.append(Tensor(path, MergedWeights.Weight(path, positions)))
    }
    return tensors
  }

  private func writeJSON(_ object: [String: Any], to path: String) throws {
    let data = try? JSONSerialization.data(
      withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    guard let data else {
      throw Failure(.software, file: path, found: "values that are no JSON", wanted: "JSON")
    }
    try OutputFile.write(Array(data) + [10], to: path)
  }
}
