import Foundation
import LinearAlgebra
import SeerFormats
import SeerRuns
import SeerSupport

/// The states of some layers of a run as a file of arrays, `layer_N` each.
///
/// npz and safetensors keep them as the run does (float32 or float16) and copy them piece by piece;
/// npy is float32, one file, or a folder of files where there are several layers.
struct ExportedStates {
  let run: Run
  let layers: [Int]
  let tool: String

  /// Bytes that are copied between two looks at whether the work is still wanted.
  private static let piece = 1 << 24

  static func name(_ layer: Int) -> String { "layer_\(layer)" }

  /// The layer's file in the folder that npy writes of several.
  static func fileName(_ layer: Int) -> String { name(layer) + ".npy" }

  func writeNPY(to path: String, asFolder: Bool, checkpoint: () throws -> Void) throws {
    guard asFolder else {
      try OutputFile.write(NPY.bytes(try run.finiteStates(layer: layers[0])), to: path)
      return
    }
    try OutputFile.writeFolder(path) { folder in
      for layer in layers {
        try checkpoint()
        try OutputFile.write(
          NPY.bytes(try run.finiteStates(layer: layer)), to: folder + "/" + Self.fileName(layer))
      }
    }
  }

  /// Beside the layers `row` (the rows of the concept file, integers) and `concept` (texts).
  func writeNPZ(to path: String, checkpoint: () throws -> Void) throws {
    let manifest = run.manifest
    let descr = manifest.dtype == .float16 ? "<f2" : "<f4"
    try OutputFile.write(to: path) { file in
      var archive = ZipWriter(file)
      for layer in layers {
        _ = try run.finiteStates(layer: layer)
        let states = try run.storedStates(layer: layer)
        let header = NPY.header(descr, shape: [manifest.rows, manifest.width])
        try archive.add(Self.fileName(layer), count: header.count + states.range.count) { write in
          try header.withUnsafeBytes { try write($0) }
          try copy(states, checkpoint) { try write($0) }
        }
      }
      let rows = run.rows.flatMap { little(Int64($0.row)) }
      try archive.add("row.npy", NPY.header("<i8", shape: [run.rows.count]) + rows)
      try archive.add("concept.npy", NPY.bytes(texts: run.rows.map(\.concept)))
      try archive.finish()
    }
  }

  func writeSafetensors(to path: String, checkpoint: () throws -> Void) throws {
    let manifest = run.manifest
    let shape = [manifest.rows, manifest.width]
    let header = Safetensors.header(
      layers.map { (Self.name($0), manifest.dtype.dataType, shape) }, metadata: metadata)
    try OutputFile.write(to: path) { file in
      try file.write(header, count: header.count, at: 0)
      var place = header.count
      for layer in layers {
        _ = try run.finiteStates(layer: layer)
        try copy(try run.storedStates(layer: layer), checkpoint) { piece in
          try file.write(piece, at: place)
          place += piece.count
        }
      }
    }
  }

  /// What the states are of: the metadata of a safetensors file are texts.
  private var metadata: [String: String] {
    let made = RunProvenance(run)
    var metadata = [
      "tool": tool, "run": made.run, "model": made.model, "model_sha256": made.modelSHA256,
      "concepts": made.concepts, "concepts_sha256": made.conceptsSHA256,
      "template": made.template, "position": made.position, "max_tokens": "\(made.maxTokens)",
    ]
    metadata["adapter"] = made.adapter
    metadata["adapter_sha256"] = made.adapterSHA256
    metadata["states_sha256"] = made.statesSHA256
    return metadata
  }

  private func copy(
    _ bytes: FileBytes, _ checkpoint: () throws -> Void,
    _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let range = bytes.range
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.piece) {
      try checkpoint()
      let piece = bytes.file[start..<min(start + Self.piece, range.upperBound)]
      try piece.withBytes(write)
      piece.release()
    }
  }

  private func little(_ value: Int64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension Run {
  /// A layer's states; fails where one of them is no number.
  func finiteStates(layer: Int) throws(Failure) -> Matrix {
    let states = try states(layer: layer)
    if let place = (0..<states.count).first(where: { !states.elements[$0].isFinite }) {
      throw Failure(
        .badData, file: folder, place: "layer \(layer), row \(place / states.columns)",
        found: "a state of \(states.elements[place])", wanted: "finite states",
        advice: "Extract the run again.")
    }
    return states
  }
}
