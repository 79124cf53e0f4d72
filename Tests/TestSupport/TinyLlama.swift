import Foundation
import LinearAlgebra
import SeerFormats

/// The tiny random-weights Llama in every block type, and what transformers computes with it
/// (Fixtures/TinyLlama/make_tiny.py).
package enum TinyLlama {
  package struct Golden: Decodable {
    package struct Prompt: Decodable {
      package let text: String
      package let ids: [Int32]
      package let greedyUntied: [Int32]
      package let greedyTied: [Int32]

      package enum CodingKeys: String, CodingKey {
        case text, ids
        case greedyUntied = "greedy_untied"
        case greedyTied = "greedy_tied"
      }

      /// The tokens whose logits are in the golden file.
      package var logitPlaces: [Int] { [0, ids.count / 2, ids.count - 1] }
    }
    package let prompts: [Prompt]
  }

  /// The block types that hold its weights exactly.
  package static let types: [BlockType] = [.f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0]

  package static let blocks = 3
  package static let allLayers = Array(0...blocks)

  package static func prompts() throws -> [Golden.Prompt] {
    let data = try bytes(ofFile: Fixtures.folder + "/TinyLlama/golden.json")
    return try JSONDecoder().decode(Golden.self, from: Data(data)).prompts
  }

  /// A golden tensor as rows of its last size.
  package static func golden(_ name: String) throws -> [[Float]] {
    let file = try Safetensors(path: Fixtures.folder + "/TinyLlama/golden.safetensors")
    guard let tensor = file.tensors[name], let columns = tensor.shape.last else {
      throw CocoaError(.fileNoSuchFile)
    }
    let matrix = MutableMatrix(rows: tensor.count / columns, columns: columns)
    file.read(tensor, count: tensor.count, into: matrix.elements)
    return (0..<matrix.rows).map { matrix.values(row: $0) }
  }

  /// Its file with the block weights in another type; tied: without the tensor of the head.
  package static func builder(
    _ type: BlockType = .q4_0, tied: Bool = false, of path: String = Fixtures.tinyModel
  ) throws -> GGUFBuilder {
    let file = try GGUF(path: path)
    var builder = GGUFBuilder()
    for (key, value) in file.metadata.sorted(by: { $0.key < $1.key }) {
      builder.set(key, encoded(value))
    }
    for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
      if tied, name == "output.weight" { continue }
      var stored = file.file.copy(tensor.range)
      var storedType = tensor.type
      if tensor.type == .q4_0 {
        stored = rewritten(stored, as: type)
        storedType = type
      }
      builder.tensors.append(
        GGUFBuilder.Tensor(
          name, sizes: tensor.shape.reversed().map { UInt64($0) }, type: storedType.rawValue,
          bytes: stored))
    }
    return builder
  }

  private static func encoded(_ value: GGUFValue) -> GGUFBuilder.Value {
    switch value {
    case .integer(let value): .int64(Int64(value))
    case .real(let value): .float32(Float(value))
    case .bool(let value): .bool(value)
    case .string(let value): .string(value)
    case .strings(let values): .strings(values)
    case .integers(let values): .int32s(values.map { Int32($0) })
    case .reals(let values): .array(of: 6, values.map { .float32(Float($0)) })
    case .bools(let values): .array(of: 7, values.map { .bool($0) })
    }
  }

  /// Q4_0 blocks in another of ``types``, which all hold these weights exactly.
  private static func rewritten(_ blocks: [UInt8], as type: BlockType) -> [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: blocks.count, by: 18) {
      let scale = Float16(bitPattern: UInt16(blocks[start]) | UInt16(blocks[start + 1]) << 8)
      let nibbles = blocks[start + 2..<start + 18]
      let quants = nibbles.map { $0 & 15 } + nibbles.map { $0 >> 4 }
      let weights = quants.map { (Float($0) - 8) * Float(scale) }
      switch type {
      case .f32: result += floatBytes(weights)
      case .f16: result += weights.flatMap { little(Float16($0).bitPattern) }
      case .bf16: result += weights.flatMap { little(UInt16($0.bitPattern >> 16)) }
      case .q4_0: result += blocks[start..<start + 18]
      case .q4_1: result += little(scale.bitPattern) + little((-8 * scale).bitPattern) + nibbles
      case .q5_0:
        let raised = quants.map { $0 + 8 }
        result += little(scale.bitPattern) + fifthBits(raised) + packed(raised)
      case .q5_1:
        result += little(scale.bitPattern) + little((-8 * scale).bitPattern)
        result += fifthBits(quants) + nibbles
      case .q8_0:
        result += little(scale.bitPattern) + quants.map { UInt8(bitPattern: Int8($0) - 8) }
      default: preconditionFailure("\(type.name) cannot hold the weights")
      }
    }
    return result
  }

  private static func packed(_ quants: [UInt8]) -> [UInt8] {
    (0..<16).map { quants[$0] & 15 | (quants[$0 + 16] & 15) << 4 }
  }

  private static func fifthBits(_ quants: [UInt8]) -> [UInt8] {
    little(quants.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element >> 4) << $1.offset })
  }
}
