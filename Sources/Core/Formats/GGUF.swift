import Foundation
import SeerSupport

/// A GGUF model file, memory-mapped (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
///
/// Layout, little-endian:
/// 1. magic `GGUF`, version (uint32), tensor count and key count (uint64);
/// 2. the keys: name, type, value;
/// 3. the tensors: name, number of sizes (uint32), sizes (uint64, innermost first), type (uint32),
///    offset into the data (uint64);
/// 4. padding to `general.alignment` (32 unless given), then the data, each tensor aligned.
package struct GGUF: Sendable {
  package struct Tensor: Sendable, Equatable {
    package let type: BlockType
    /// Sizes with the outermost first, as in row-major frameworks.
    package let shape: [Int]
    /// The tensor's bytes within the file.
    package let range: Range<Int>
  }

  package let file: MappedFile
  package let version: Int
  package let metadata: [String: GGUFValue]
  package let tensors: [String: Tensor]
  /// The bytes of all keys and values, for writing a file with the same ones.
  package let keyBytes: Range<Int>
  /// Where the value of `general.file_type` (uint32) lies, if anywhere.
  package let fileTypeOffset: Int?
  /// Tensors of types that there is no reading of, with their types, in the file's order.
  package let otherTypes: [(name: String, type: String)]

  /// - Parameter allowsOtherTypes: notes tensors of types without a reading in ``otherTypes``; else
  ///   they are refused.
  package init(path: String, allowsOtherTypes: Bool = false) throws(Failure) {
    file = try MappedFile(path: path)
    var reader = ByteReader(file)
    let magic = file.copy(0..<min(4, file.count))
    guard magic.elementsEqual("GGUF".utf8) else {
      let start = magic.map { String(format: "%02x", $0) }.joined(separator: " ")
      throw reader.failure(
        "offset 0", found: file.count == 0 ? "an empty file" : "bytes \(start)",
        wanted: "the magic bytes GGUF",
        advice: "Give a GGUF model file; seer model --help tells where to get one.")
    }
    try reader.skip(4, "magic")
    let rawVersion = try reader.integer(UInt32.self, "version")
    guard rawVersion == 2 || rawVersion == 3 else {
      let swapped = rawVersion.byteSwapped
      throw reader.failure(
        "version, offset 4",
        found: (1...3).contains(swapped) ? "a big-endian file" : "version \(rawVersion)",
        wanted: "version 2 or 3, little-endian",
        advice: "Convert the model again with a current converter on a little-endian machine.")
    }
    version = Int(rawVersion)
    let tensorCount = try reader.integer(UInt64.self, "tensor count")
    let keyCount = try reader.integer(UInt64.self, "key count")
    // A key takes at least 13 bytes and a tensor at least 32, so absurd counts stop here.
    guard keyCount <= UInt64(reader.remaining / 13) else {
      throw reader.failure("key count, offset 16", found: "\(keyCount)", wanted: "what fits")
    }
    guard tensorCount <= UInt64(reader.remaining / 32) else {
      throw reader.failure("tensor count, offset 8", found: "\(tensorCount)", wanted: "what fits")
    }
    var metadata: [String: GGUFValue] = [:]
    var fileTypeOffset: Int?
    let keysStart = reader.offset
    for index in 0..<Int(keyCount) {
      let key = try reader.string("name of key \(index)")
      let value = try GGUFValue(&reader, key: key)
      if key == "general.file_type", case .integer = value { fileTypeOffset = reader.offset - 4 }
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw reader.failure("key \(key)", found: "it twice", wanted: "each key once")
      }
    }
    self.metadata = metadata
    self.fileTypeOffset = fileTypeOffset
    keyBytes = keysStart..<reader.offset
    var otherTypes: [(name: String, type: String)]? = allowsOtherTypes ? [] : nil
    tensors = try Self.tensors(
      &reader, count: Int(tensorCount), alignment: metadata["general.alignment"], &otherTypes)
    self.otherTypes = otherTypes ?? []
  }

  private struct Entry {
    let name: String
    let type: BlockType
    let shape: [Int]
    let bytes: Int
    let offset: Int
  }

  private static func tensors(
    _ reader: inout ByteReader, count: Int, alignment: GGUFValue?,
    _ otherTypes: inout [(name: String, type: String)]?
  ) throws(Failure) -> [String: Tensor] {
    var alignmentBytes = 32
    if let alignment {
      guard case .integer(let value) = alignment, value > 0, value % 8 == 0, value <= 1 << 20 else {
        throw reader.failure(
          "key general.alignment", found: alignment.kind, wanted: "a multiple of 8")
      }
      alignmentBytes = value
    }
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for index in 0..<count {
      if let entry = try entry(&reader, index, alignmentBytes, &otherTypes) {
        entries.append(entry)
      }
    }

    let start = (reader.offset + alignmentBytes - 1) / alignmentBytes * alignmentBytes
    var tensors: [String: Tensor] = [:]
    for entry in entries {
      let (end, overflow) = entry.offset.addingReportingOverflow(entry.bytes)
      guard !overflow, end <= reader.file.count - start else {
        throw reader.failure(
          "tensor \(entry.name), data offset \(entry.offset)",
          found: "\(max(0, reader.file.count - start - entry.offset)) bytes left",
          wanted: "\(entry.bytes) bytes")
      }
      let tensor = Tensor(
        type: entry.type, shape: entry.shape, range: start + entry.offset..<start + end)
      guard tensors.updateValue(tensor, forKey: entry.name) == nil else {
        throw reader.failure("tensor \(entry.name)", found: "it twice", wanted: "each name once")
      }
    }
    let ordered = entries.filter { $0.bytes > 0 }.sorted { $0.offset < $1.offset }
    for (earlier, later) in zip(ordered, ordered.dropFirst())
    where earlier.offset + earlier.bytes > later.offset {
      throw reader.failure(
        "tensor \(later.name), data offset \(later.offset)",
        found: "bytes that \(earlier.name) holds too", wanted: "tensors that do not overlap")
    }
    return tensors
  }

  private static func entry(
    _ reader: inout ByteReader, _ index: Int, _ alignment: Int,
    _ otherTypes: inout [(name: String, type: String)]?
  ) throws(Failure) -> Entry? {
    let name = try reader.string("name of tensor \(index)")
    let place = "tensor \(name)"
    let sizeCount = try reader.integer(UInt32.self, "sizes of \(place)")
    guard (1...4).contains(sizeCount) else {
      throw reader.failure(place, found: "\(sizeCount) sizes", wanted: "1 to 4")
    }
    var shape: [Int] = []
    var elements = 1
    for _ in 0..<sizeCount {
      let size = try reader.integer(UInt64.self, "a size of \(place)")
      guard let fitting = Int(exactly: size), fitting > 0 else {
        throw reader.failure(place, found: "a size of \(size)", wanted: "1 or more")
      }
      let (product, overflow) = elements.multipliedReportingOverflow(by: fitting)
      guard !overflow else {
        throw reader.failure(place, found: "sizes too large to multiply", wanted: "what fits")
      }
      elements = product
      shape.insert(fitting, at: 0)
    }
    let rawType = try reader.integer(UInt32.self, "type of \(place)")
    guard let type = BlockType(ggml: rawType) else {
      if otherTypes != nil {
        otherTypes?.append((name, BlockType.knownName(rawType)))
        _ = try reader.integer(UInt64.self, "offset of \(place)")
        return nil
      }
      let readable = BlockType.ofGGUF.map(\.name).joined(separator: ", ")
      throw reader.failure(
        place, found: BlockType.knownName(rawType), wanted: "one of \(readable)",
        advice: "Use a file of the model with these types.")
    }
    let columns = shape.last ?? 0
    guard columns % type.weights == 0 else {
      throw reader.failure(
        place, found: "rows of \(columns) weights", wanted: "a multiple of \(type.weights)")
    }
    let (bytes, overflow) = (elements / type.weights).multipliedReportingOverflow(by: type.bytes)
    let rawOffset = try reader.integer(UInt64.self, "offset of \(place)")
    guard !overflow, let offset = Int(exactly: rawOffset) else {
      throw reader.failure(place, found: "an offset of \(rawOffset)", wanted: "what fits the file")
    }
    guard offset % alignment == 0 else {
      throw reader.failure(
        place, found: "data offset \(offset)", wanted: "a multiple of \(alignment)")
    }
    return Entry(name: name, type: type, shape: shape, bytes: bytes, offset: offset)
  }
}
