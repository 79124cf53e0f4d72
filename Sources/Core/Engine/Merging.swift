import CKernels
import Foundation
import LinearAlgebra

/// Writes a model with an adapter merged into its weights: a GGUF file, or a folder with
/// `config.json` and `model.safetensors`.
public struct Merging: Sendable {
  public enum WeightType: String, CaseIterable, Sendable {
    case f16, q8_0
  }

  public var model: String
  public var adapter: String
  /// Ends in `.gguf`, or names a folder.
  public var output: String
  public var type = WeightType.f16

  public init(model: String, adapter: String, output: String) {
    self.model = model
    self.adapter = adapter
    self.output = output
  }

  public func run(_ context: JobContext) throws {
    let language = try LanguageModel(model)
    let merged = MergedWeights(
      model: language.transformer,
      adapter: try AdapterFile.read(adapter, for: language.configuration))
    if output.hasSuffix(".gguf") {
      try writeGGUF(language, merged, context)
    } else {
      guard type == .f16 else {
        throw Failure(
          .usage, place: "--type", found: type.rawValue, wanted: "f16 for a safetensors folder",
          advice: "Name a file that ends in .gguf for quantised weights.")
      }
      try writeSafetensors(language, merged, context)
    }
  }

  // MARK: GGUF

  /// The same keys and tensors; matrices in the chosen type, vectors as they were.
  private func writeGGUF(
    _ language: LanguageModel, _ merged: MergedWeights, _ context: JobContext
  ) throws {
    guard let source = language.source as? GGUF else {
      throw Failure(
        .badData, file: language.path, found: "a Hugging Face folder", wanted: "a GGUF file",
        advice: "Merge into a folder, or give the model as GGUF.")
    }
    let weights = Dictionary(
      merged.weights.map { ($0.gguf, $0) }, uniquingKeysWith: { first, _ in first })
    let names = source.tensors.sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }
    let wanted: BlockType = type == .f16 ? .f16 : .q8_0
    var plan: [(name: String, type: BlockType, shape: [Int], bytes: Int, offset: Int)] = []
    var offset = 0
    for (name, tensor) in names {
      let columns = tensor.shape.last ?? 0
      let isMatrix = tensor.shape.count == 2
      // A quantised type needs whole blocks; a matrix that has none is kept in float16.
      let type =
        !isMatrix ? tensor.type : columns % wanted.weights == 0 ? wanted : BlockType.f16
      let bytes =
        isMatrix
        ? tensor.shape.reduce(1, *) / type.weights * type.bytes : tensor.range.count
      plan.append((name, type, tensor.shape, bytes, offset))
      offset += (bytes + 31) / 32 * 32
    }
    var header = Array("GGUF".utf8)
    func append<T: FixedWidthInteger>(_ value: T) {
      header += withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    append(UInt32(3))
    append(UInt64(plan.count))
    append(UInt64(source.metadata.count))
    var keys = Array(source.file.bytes[source.keyBytes])
    if let place = source.fileTypeOffset {
      let code = UInt32(type == .f16 ? 1 : 7).littleEndian
      withUnsafeBytes(of: code) { bytes in
        for (index, byte) in bytes.enumerated() {
          keys[place - source.keyBytes.lowerBound + index] = byte
        }
      }
    }
    header += keys
    for entry in plan {
      append(UInt64(entry.name.utf8.count))
      header += Array(entry.name.utf8)
      append(UInt32(entry.shape.count))
      for size in entry.shape.reversed() { append(UInt64(size)) }
      append(entry.type.rawValue)
      append(UInt64(entry.offset))
    }
    // Our offsets are multiples of 32, which a file with a larger alignment would not accept.
    if let alignment = source.metadata["general.alignment"], alignment != .integer(32) {
      throw Failure(
        .badData, file: language.path, place: "key general.alignment", found: alignment.kind,
        wanted: "32", advice: "Convert the model again with the usual alignment.")
    }
    while header.count % 32 != 0 { header.append(0) }
    try writing(header) { file, start in
      for (index, entry) in plan.enumerated() {
        try context.checkpoint()
        if let weight = weights[entry.name], entry.shape.count == 2 {
          try write(
            merged, weight, as: entry.type, permuted: true, to: file, at: start + entry.offset)
        } else if let tensor = source.tensors[entry.name] {
          if entry.shape.count == 2 {
            let plain = MergedWeights.Weight(
              gguf: entry.name, huggingFace: "",
              parts: [
                (
                  nil,
                  StoredMatrix(
                    type: tensor.type, rows: entry.shape[0], columns: entry.shape[1],
                    in: source.file, range: tensor.range)
                )
              ], block: nil)
            try write(
              merged, plain, as: entry.type, permuted: false, to: file, at: start + entry.offset)
          } else {
            try file.write(
              UnsafeRawBufferPointer(rebasing: source.file.bytes[tensor.range]),
              at: start + entry.offset)
          }
        }
        context.report(
          Progress(completed: index + 1, total: plan.count, unit: "tensors"))
      }
    }
  }

  /// Opens the output beside its final name, lets the body fill it, and renames it.
  private func writing(
    _ header: [UInt8], to path: String? = nil,
    _ body: (_ file: WritableFile, _ start: Int) throws -> Void
  ) throws {
    let path = path ?? output
    let partial = path + ".partial"
    let file = try WritableFile(path: partial, truncating: true)
    do {
      try file.write(header, count: header.count, at: 0)
      try body(file, header.count)
      try file.synchronize()
      try OutputFile.rename(partial, to: path)
    } catch {
      unlink(partial)
      throw error
    }
  }

  /// Writes one matrix, a block of rows at a time; `permuted` puts rows where the source has them.
  private func write(
    _ merged: MergedWeights, _ weight: MergedWeights.Weight, as type: BlockType, permuted: Bool,
    to file: WritableFile, at offset: Int
  ) throws {
    let columns = weight.columns
    let rowBytes = columns / type.weights * type.bytes
    let rows = Matrix(rows: 64, columns: columns)
    for first in stride(from: 0, to: weight.rows, by: rows.rows) {
      let count = min(rows.rows, weight.rows - first)
      Parallel.forEach(count) { index in
        let stored = first + index
        merged.expand(
          weight, row: permuted ? weight.row(ofStored: stored) : stored,
          into: rows.row(index))
      }
      var bytes = [UInt8](repeating: 0, count: count * rowBytes)
      let unfit = bytes.withUnsafeMutableBytes { buffer -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        if type == .q8_0 {
          sk_quantise_q8_0(base, rows.elements, count * columns)
          return 0
        }
        return sk_f32_to_f16(
          base.assumingMemoryBound(to: UInt16.self), rows.elements, count * columns)
      }
      guard unfit == 0 else {
        throw Failure(
          .badData, file: model, place: "tensor \(weight.gguf)",
          found: "\(unfit) weights beyond float16", wanted: "weights up to 65504")
      }
      try file.write(bytes, count: bytes.count, at: offset + first * rowBytes)
    }
  }

  // MARK: safetensors

  private func writeSafetensors(
    _ language: LanguageModel, _ merged: MergedWeights, _ context: JobContext
  ) throws {
    let model = language.transformer
    let c = language.configuration
    guard c.architecture == "llama", c.window == nil,
      c.rope == Rope(base: c.rope.base, dimension: c.headDimension),
      model.blocks.allSatisfy({ $0.linears.allSatisfy { $0.bias == nil } })
    else {
      throw Failure(
        .usage, place: "--output", found: "a folder for a model of architecture \(c.architecture)",
        wanted: "a file that ends in .gguf",
        advice: "Folders are written for plain models of the Llama family only.")
    }
    try OutputFile.makeFolder(output)
    let isTied = model.ownHead == nil
    var weights = merged.weights
    if !isTied {
      weights.append(
        MergedWeights.Weight(
          gguf: "output.weight", huggingFace: "lm_head.weight", parts: [(nil, model.head)],
          block: nil))
    }
    var vectors: [(name: String, values: [Float])] = [("model.norm.weight", model.finalNorm.weight)]
    for (index, block) in model.blocks.enumerated() {
      let name = "model.layers.\(index)."
      vectors.append((name + "input_layernorm.weight", block.attentionNorm.weight))
      vectors.append((name + "post_attention_layernorm.weight", block.feedForwardNorm.weight))
    }
    let header = Safetensors.header(
      weights.map { ($0.huggingFace, .float16, [$0.rows, $0.columns]) }
        + vectors.map { ($0.name, .float32, [$0.values.count]) }, metadata: ["format": "pt"])
    try writing(header, to: output + "/model.safetensors") { file, start in
      var offset = start
      for (index, weight) in weights.enumerated() {
        try context.checkpoint()
        try write(merged, weight, as: .f16, permuted: false, to: file, at: offset)
        offset += weight.rows * weight.columns * 2
        context.report(Progress(completed: index + 1, total: weights.count, unit: "tensors"))
      }
      for vector in vectors {
        try file.write(vector.values, count: vector.values.count, at: offset)
        offset += vector.values.count * 4
      }
    }
    let tokenizer = language.tokenizer
    try OutputFile.write(
      """
      {
        "architectures": ["LlamaForCausalLM"],
        "bos_token_id": \(tokenizer.beginningOfText.map(String.init) ?? "null"),
        "eos_token_id": \(tokenizer.endOfText.map(String.init) ?? "null"),
        "head_dim": \(c.headDimension),
        "hidden_act": "silu",
        "hidden_size": \(c.width),
        "intermediate_size": \(c.feedForward),
        "max_position_embeddings": \(c.context),
        "model_type": "llama",
        "num_attention_heads": \(c.heads),
        "num_hidden_layers": \(c.blocks),
        "num_key_value_heads": \(c.kvHeads),
        "rms_norm_eps": \(c.epsilon),
        "rope_theta": \(c.rope.base),
        "tie_word_embeddings": \(isTied),
        "torch_dtype": "float16",
        "vocab_size": \(c.vocabulary)
      }

      """, to: output + "/config.json")
  }
}
