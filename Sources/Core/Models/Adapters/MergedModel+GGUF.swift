import Foundation
import SeerFormats
import SeerSupport

extension MergedModel {
  /// The same keys and tensors as the source's; matrices in the chosen type, vectors as they were.
  package func writeGGUF(_ output: String, _ context: JobContext) throws {
    guard let source = source as? GGUF else {
      throw Failure(
        .badData, file: source.path,
        found: source.format == .gguf ? "a model in several files" : "a Hugging Face folder",
        wanted: "one GGUF file", advice: "Merge into a folder, or give the model as one GGUF file.")
    }
    // Our offsets are multiples of 32, which a file with a larger alignment would not accept.
    if let alignment = source.metadata["general.alignment"], alignment != .integer(32) {
      throw Failure(
        .badData, file: source.path, place: "key general.alignment", found: alignment.kind,
        wanted: "32", advice: "Convert the model again with the usual alignment.")
    }
    let merged = Dictionary(
      weights.weights.map { ($0.gguf, $0) }, uniquingKeysWith: { first, _ in first })
    let plan = plan(source)
    try writing(header(source, plan), to: output) { file, start in
      for (index, entry) in plan.enumerated() {
        try context.checkpoint()
        guard let tensor = source.tensors[entry.name] else { continue }
        if !entry.isMatrix {
          try source.file.withBytes(in: tensor.range) { bytes throws(Failure) in
            try file.write(bytes, at: start + entry.offset)
          }
        } else if let weight = merged[entry.name] {
          try write(
            weight, .rows { weight.row(ofStored: $0) }, as: entry.type, to: file,
            at: start + entry.offset)
        } else {
          let matrix = StoredMatrix(
            type: tensor.type, rows: entry.shape[0], columns: entry.shape[1], in: source.file,
            range: tensor.range)
          try write(
            MergedWeights.Weight(entry.name, matrix), .rows { $0 }, as: entry.type, to: file,
            at: start + entry.offset)
        }
        context.report(JobProgress(completed: index + 1, total: plan.count, unit: "tensors"))
      }
    }
  }

  private struct Entry {
    let name: String
    let type: BlockType
    let shape: [Int]
    let offset: Int

    var isMatrix: Bool { Self.isMatrix(name, shape) }

    /// Whether it may be written in another type: experts and their biases stay as they are, and
    /// routers, whose rounding would send tokens elsewhere.
    static func isMatrix(_ name: String, _ shape: [Int]) -> Bool {
      shape.count == 2 && name.hasSuffix(".weight") && !name.hasSuffix(".ffn_gate_inp.weight")
    }
  }

  private func plan(_ source: GGUF) -> [Entry] {
    let wanted: BlockType = type == .f16 ? .f16 : .q8_0
    var plan: [Entry] = []
    var offset = 0
    let names = source.tensors.sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }
    for (name, tensor) in names {
      let columns = tensor.shape.last ?? 0
      let isMatrix = Entry.isMatrix(name, tensor.shape)
      // A quantised type needs whole blocks; a matrix that has none is kept in float16.
      let type =
        !isMatrix ? tensor.type : columns % wanted.weights == 0 ? wanted : BlockType.f16
      let bytes =
        isMatrix
        ? tensor.shape.reduce(1, *) / type.weights * type.bytes : tensor.range.count
      plan.append(Entry(name: name, type: type, shape: tensor.shape, offset: offset))
      offset += (bytes + 31) / 32 * 32
    }
    return plan
  }

  private func header(_ source: GGUF, _ plan: [Entry]) -> [UInt8] {
    var header = Array("GGUF".utf8)
    func append<T: FixedWidthInteger>(_ value: T) {
      header += withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    append(UInt32(3))
    append(UInt64(plan.count))
    append(UInt64(source.metadata.count))
    var keys = source.file.copy(source.keyBytes)
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
    while header.count % 32 != 0 { header.append(0) }
    return header
  }
}
