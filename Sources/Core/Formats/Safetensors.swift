import CKernels
import Foundation
import LinearAlgebra
import SeerSupport

/// A safetensors file, memory-mapped.
///
/// Layout (https://github.com/huggingface/safetensors#format):
/// 1. 8 bytes: the header's length N, unsigned, little-endian;
/// 2. N bytes: JSON, `{"name": {"dtype", "shape", "data_offsets": [begin, end]}, ...}`, with
///    optional `__metadata__` of strings;
/// 3. the data; offsets count from its first byte, tensors are row-major and do not overlap.
package struct Safetensors: Sendable {
  package enum DataType: String, Sendable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"

    package var size: Int { self == .float32 ? 4 : 2 }
  }

  package struct Tensor: Sendable {
    package let dataType: DataType
    package let shape: [Int]
    /// The tensor's bytes within the file.
    package let range: Range<Int>

    package var count: Int { shape.reduce(1, *) }
  }

  package let file: MappedFile
  package let tensors: [String: Tensor]
  package let metadata: [String: String]

  static let longestHeader = 100_000_000

  /// A tensor of another type than models have, as the header has it.
  package struct OtherTensor: Sendable {
    package let dataType: String
    package let shape: [Int]
    /// The tensor's bytes within the file; whether there are as many as type and shape ask for is
    /// not known here.
    package let range: Range<Int>
  }

  /// Tensors of other types than float32, float16 and bfloat16.
  package let otherTensors: [String: OtherTensor]

  /// Their types.
  package var otherTypes: [String: String] { otherTensors.mapValues(\.dataType) }

  /// - allowsOtherTypes: notes tensors of other types than float32, float16 and bfloat16 in
  ///   ``otherTensors``; else they are refused.
  package init(path: String, allowsOtherTypes: Bool = false) throws(Failure) {
    let file = try MappedFile(path: path)
    self.file = file
    func bad(_ place: String, _ found: String, _ wanted: String) -> Failure {
      Failure(
        .badData, file: path, place: place, found: found, wanted: wanted,
        advice: "The file is damaged or not safetensors: make or download it again.")
    }
    guard file.count >= 8 else {
      throw bad("offset 0", "\(file.count) bytes", "an 8-byte header length")
    }
    let length = file.withBytes { $0.loadUnaligned(as: UInt64.self).littleEndian }
    guard length <= UInt64(min(file.count - 8, Self.longestHeader)) else {
      throw bad(
        "header length, offset 0", "\(length)",
        "at most \(min(file.count - 8, Self.longestHeader)) bytes, which is what follows")
    }
    let dataStart = 8 + Int(length)
    let header: JSON
    do throws(Failure) {
      header = try JSON(file[8..<dataStart])
    } catch {
      throw bad(
        error.place.map { "header, \($0)" } ?? "header", "no JSON object but \(error.found)",
        error.wanted ?? "a JSON object of tensors")
    }
    guard header.kind == .object else {
      throw bad("header, offset 8", "no JSON object", "a JSON object of tensors")
    }

    var tensors: [String: Tensor] = [:]
    var metadata: [String: String] = [:]
    var otherTensors: [String: OtherTensor] = [:]
    var names: Set<[UInt8]> = []
    for (nameBytes, entry) in header.members {
      let name = String(decoding: nameBytes, as: UTF8.self)
      guard names.insert(nameBytes).inserted, tensors[name] == nil else {
        throw bad("tensor \(name)", "it twice", "each name once")
      }
      if name == "__metadata__" {
        for (key, value) in entry.members {
          metadata[String(decoding: key, as: UTF8.self)] = value.string
        }
        continue
      }
      let place = "tensor \(name)"
      let sizes = entry["shape"]?.elements.map(\.integer) ?? [nil]
      let ends = entry["data_offsets"]?.elements.map(\.integer) ?? []
      let shape = sizes.compactMap { $0 }
      let offsets = ends.compactMap { $0 }
      guard let typeName = entry["dtype"]?.string, entry["shape"]?.kind == .array,
        shape.count == sizes.count, offsets.count == 2, ends.count == 2
      else { throw bad(place, "an incomplete entry", "dtype, shape and two data_offsets") }
      if allowsOtherTypes, DataType(rawValue: typeName) == nil {
        guard shape.allSatisfy({ $0 >= 0 }), offsets[0] >= 0, offsets[1] >= offsets[0],
          offsets[1] <= file.count - dataStart
        else {
          throw bad(
            place, "shape \(shape), data_offsets \(offsets)",
            "a range within \(file.count - dataStart) data bytes")
        }
        otherTensors[name] = OtherTensor(
          dataType: typeName, shape: shape,
          range: dataStart + offsets[0]..<dataStart + offsets[1])
        continue
      }
      guard let dataType = DataType(rawValue: typeName) else {
        throw Failure(
          .badData, file: path, place: place, found: "dtype \(typeName)",
          wanted: "F32, F16 or BF16",
          advice: "Convert the file to one of these types.")
      }
      var bytes = dataType.size
      for size in shape {
        let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
        guard size >= 0, !overflow else { throw bad(place, "shape \(shape)", "a sensible shape") }
        bytes = product
      }
      guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= file.count - dataStart else {
        throw bad(
          place, "data_offsets \(offsets)", "a range within \(file.count - dataStart) data bytes")
      }
      guard offsets[1] - offsets[0] == bytes else {
        throw bad(place, "\(offsets[1] - offsets[0]) bytes", "\(bytes) for shape \(shape)")
      }
      tensors[name] = Tensor(
        dataType: dataType, shape: shape,
        range: dataStart + offsets[0]..<dataStart + offsets[1])
    }
    let ordered = tensors.filter { !$0.value.range.isEmpty }
      .sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }
    for (earlier, later) in zip(ordered, ordered.dropFirst())
    where earlier.value.range.upperBound > later.value.range.lowerBound {
      throw bad(
        "tensor \(later.key), offset \(later.value.range.lowerBound)",
        "bytes that \(earlier.key) holds too", "tensors that do not overlap")
    }
    self.tensors = tensors
    self.otherTensors = otherTensors
    self.metadata = metadata
  }

  /// Converts `count` elements from `offset` on into float32.
  /// Precondition: the elements lie within the tensor.
  package func read(
    _ tensor: Tensor, from offset: Int = 0, count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    precondition(offset >= 0 && count >= 0 && offset + count <= tensor.count)
    file.withBytes(in: tensor.range) { bytes in
      guard count > 0, let base = bytes.baseAddress else { return }
      let source = base + offset * tensor.dataType.size
      switch tensor.dataType {
      case .float32: memcpy(target, source, count * 4)
      case .float16: sk_f16_to_f32(target, source.assumingMemoryBound(to: UInt16.self), count)
      case .bfloat16: sk_bf16_to_f32(target, source.assumingMemoryBound(to: UInt16.self), count)
      }
    }
  }

  /// The products of consecutive rows of `width` elements, from element `offset` on, with a vector.
  /// Precondition: the rows lie within the tensor.
  package func multiply(
    _ tensor: Tensor, from offset: Int, rows: Int, by vector: UnsafePointer<Float>, width: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    precondition(offset >= 0 && rows >= 0 && offset + rows * width <= tensor.count)
    let type: BlockType =
      switch tensor.dataType {
      case .float32: .f32
      case .float16: .f16
      case .bfloat16: .bf16
      }
    let bytes = tensor.dataType.size
    func dot(
      _ type: BlockType, _ source: UnsafeRawPointer, _ rowBytes: Int, rows: Int, at place: Int
    ) {
      let done = sk_dot_rows(
        Int32(type.rawValue), target + place, rows, source, rowBytes, rows, vector, 0, nil, width, 1
      )
      precondition(done != 0, "a type of floats without a kernel")
    }
    let isDone = file.withBytes(in: tensor.range) { values in
      guard rows > 0, let base = values.baseAddress else { return true }
      let source = base + offset * bytes
      guard UInt(bitPattern: source) % UInt(bytes) == 0 else { return false }
      dot(type, source, width * bytes, rows: rows, at: 0)
      return true
    }
    if isDone { return }
    // A header of any length may lie before the data.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { copy in
      guard let row = copy.baseAddress else { return }
      for index in 0..<rows {
        read(tensor, from: offset + index * width, count: width, into: row)
        dot(.f32, UnsafeRawPointer(row), width * 4, rows: 1, at: index)
      }
    }
  }

  /// The header of a file that holds these tensors back to back in this order, padded with blanks
  /// to a multiple of 64 bytes so that the data is aligned.
  package static func header(
    _ tensors: [(name: String, dataType: DataType, shape: [Int])],
    metadata: [String: String] = [:]
  ) -> [UInt8] {
    header(
      types: tensors.map { ($0.name, $0.dataType.rawValue, $0.dataType.size, $0.shape) },
      metadata: metadata)
  }

  /// The same of tensors of any type.
  ///
  /// - Parameter types: each with its type as the format names it, and the bytes of an element.
  package static func header(
    types: [(name: String, type: String, size: Int, shape: [Int])], metadata: [String: String] = [:]
  ) -> [UInt8] {
    var fields: [String] = []
    func quoted(_ text: String) -> String {
      let data = try? JSONEncoder().encode(text)
      return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in types {
      let end = offset + tensor.shape.reduce(1, *) * tensor.size
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      fields.append(
        "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.type)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(fields.joined(separator: ","))}".utf8)
    while (text.count + 8) % 64 != 0 { text.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}
