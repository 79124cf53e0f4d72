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
        let header = NPY.header(descr, shape: [manifest.rows, manifest.width])
        let count = try run.storedStates(layer: layer).range.count
        try archive.add(Self.fileName(layer), count: header.count + count) { write in
          try header.withUnsafeBytes { try write($0) }
          try copy(layer, checkpoint) { try write($0) }
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
        try copy(layer, checkpoint) { piece in
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
    metadata["precision"] = made.precision
    metadata["adapter"] = made.adapter
    metadata["adapter_sha256"] = made.adapterSHA256
    metadata["states_sha256"] = made.statesSHA256
    return metadata
  }

  /// Hands out a layer's states piece by piece; fails where one of them is no number.
  private func copy(
    _ layer: Int, _ checkpoint: () throws -> Void,
    _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let bytes = try run.storedStates(layer: layer)
    let type = run.manifest.dtype
    for start in stride(from: bytes.range.lowerBound, to: bytes.range.upperBound, by: Self.piece) {
      try checkpoint()
      let piece = bytes.file[start..<min(start + Self.piece, bytes.range.upperBound)]
      try piece.withBytes { values in
        if let found = type.firstThatIsNoNumber(values) {
          let before = (start - bytes.range.lowerBound) / type.dataType.size
          throw run.notFinite(found.value, layer: layer, at: before + found.place)
        }
        try write(values)
      }
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
      throw notFinite(states.elements[place], layer: layer, at: place)
    }
    return states
  }

  /// - Parameter place: of the value among the layer's.
  fileprivate func notFinite(_ value: Float, layer: Int, at place: Int) -> Failure {
    Failure(
      .badData, file: folder, place: "layer \(layer), row \(place / manifest.width)",
      found: "a state of \(value)", wanted: "finite states", advice: "Extract the run again.")
  }
}

extension StateType {
  /// The first of some stored numbers that is infinite or none. O(bytes), as fast as they come.
  fileprivate func firstThatIsNoNumber(
    _ bytes: UnsafeRawBufferPointer
  ) -> (place: Int, value: Float)? {
    func first<Bits: FixedWidthInteger>(_ exponent: Bits) -> Int? {
      (0..<bytes.count / MemoryLayout<Bits>.size).first { place in
        let offset = place * MemoryLayout<Bits>.size
        let bits = Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self))
        return bits & exponent == exponent
      }
    }
    switch self {
    case .float16:
      return first(UInt16(0x7C00)).map {
        let bits = bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)
        return ($0, Float(Float16(bitPattern: UInt16(littleEndian: bits))))
      }
    case .float32:
      return first(UInt32(0x7F80_0000)).map {
        let bits = bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)
        return ($0, Float(bitPattern: UInt32(littleEndian: bits)))
      }
    }
  }
}
