import Foundation
import SeerFormats
import SeerSupport

/// Directions added to the residual stream while a model writes, one a layer: the control vectors
/// of llama.cpp and repeng.
///
/// The file is a GGUF of the architecture `controlvector` with float32 tensors `direction.N`, added
/// after the block that counts as N from 0: layer N + 1 here. Nothing can be added before or
/// after the first block, since readers refuse `direction.0`.
package struct ControlVector: Equatable, Sendable {
  /// The architecture of the model that it was made for.
  package var modelHint: String
  /// By layer, `width` values each.
  package var directions: [Int: [Float]]

  package init(modelHint: String, directions: [Int: [Float]]) {
    self.modelHint = modelHint
    self.directions = directions
  }

  package func interventions(strength: Float) -> [Intervention] {
    directions.sorted { $0.key < $1.key }.map { layer, vector in
      Intervention(layer: layer, vector: vector.map { $0 * strength })
    }
  }

  /// Reads a control vector; fails where it does not fit the model.
  package init(contentsOf path: String, for configuration: ModelConfiguration) throws(Failure) {
    try self.init(contentsOf: path, width: configuration.width, blocks: configuration.blocks)
  }

  /// The same for states of a width, of a model whose blocks may not be known.
  package init(contentsOf path: String, width: Int, blocks: Int? = nil) throws(Failure) {
    let file = try GGUF(path: path)
    let architecture = try file.string("general.architecture")
    guard architecture == "controlvector" else {
      throw Failure(
        .badData, file: path, place: "key general.architecture", found: "`\(architecture)`",
        wanted: "`controlvector`", advice: "Give a control vector of seer, llama.cpp or repeng.")
    }
    modelHint =
      file.has("controlvector.model_hint") ? try file.string("controlvector.model_hint") : ""
    directions = [:]
    for (name, tensor) in file.tensors where name.hasPrefix("direction.") {
      func failure(_ found: String, _ wanted: String) -> Failure {
        Failure(
          .badData, file: path, place: "tensor \(name)", found: found, wanted: wanted,
          advice: "Use a control vector made for this model.")
      }
      guard let block = Int(name.dropFirst("direction.".count)), block > 0 else {
        throw failure("a name without a block", "direction.N with N above 0")
      }
      if let blocks, block >= blocks {
        throw failure("block \(block)", "a block below \(blocks)")
      }
      guard tensor.type == .f32, tensor.shape == [width] else {
        throw failure("\(tensor.type.name) of sizes \(tensor.shape)", "F32 of \(width)")
      }
      let values = file.file.withBytes(in: tensor.range) { bytes in
        stride(from: 0, to: bytes.count, by: 4).map {
          Float(bitPattern: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
        }
      }
      guard values.allSatisfy({ $0.isFinite }) else {
        throw failure("a value that is not finite", "finite values")
      }
      directions[block + 1] = values
    }
    guard !directions.isEmpty else {
      throw Failure(
        .badData, file: path, found: "no tensor named direction.N", wanted: "one a layer",
        advice: "Give a control vector of seer, llama.cpp or repeng.")
    }
  }

  /// Writes the file that ``init(contentsOf:for:)``, llama.cpp and repeng read.
  package func write(to path: String) throws(Failure) {
    let sorted = directions.sorted { $0.key < $1.key }
    guard let first = sorted.first, first.key > 1 else {
      throw Failure(
        .usage, place: "layer", found: sorted.first.map { "\($0.key)" } ?? "none",
        wanted: "2 or more: control vectors begin after the second block")
    }
    for (layer, vector) in sorted where !vector.allSatisfy(\.isFinite) {
      throw Failure(
        .badData, file: path, place: "layer \(layer)", found: "a value that is not finite",
        wanted: "finite values", advice: "Nothing was written: lower the strength.")
    }
    var bytes = Array("GGUF".utf8)
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }
    func append(_ text: String) {
      append(UInt64(text.utf8.count))
      bytes += text.utf8
    }
    func pad() { while bytes.count % 32 != 0 { bytes.append(0) } }
    append(UInt32(3))
    append(UInt64(sorted.count))
    append(UInt64(3))
    for (key, value) in [
      ("general.architecture", "controlvector"), ("controlvector.model_hint", modelHint),
    ] {
      append(key)
      append(UInt32(8))
      append(value)
    }
    append("controlvector.layer_count")
    append(UInt32(4))
    append(UInt32(sorted.count))
    var offset = 0
    for (layer, vector) in sorted {
      append("direction.\(layer - 1)")
      append(UInt32(1))
      append(UInt64(vector.count))
      append(UInt32(0))
      append(UInt64(offset))
      offset += (vector.count * 4 + 31) / 32 * 32
    }
    pad()
    for (_, vector) in sorted {
      for value in vector { append(value.bitPattern) }
      pad()
    }
    try OutputFile.write(bytes, to: path)
  }
}
