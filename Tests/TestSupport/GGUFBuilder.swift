import Foundation
import SeerFormats

/// Writes GGUF files for tests, right ones and wrong ones: every field can be set to anything.
package struct GGUFBuilder {
  /// A metadata value with its type number.
  package struct Value {
    package var type: UInt32
    package var bytes: [UInt8]

    package init(type: UInt32, bytes: [UInt8]) {
      self.type = type
      self.bytes = bytes
    }

    package static func uint32(_ value: UInt32) -> Value { Value(type: 4, bytes: little(value)) }
    package static func int64(_ value: Int64) -> Value { Value(type: 11, bytes: little(value)) }
    package static func float32(_ value: Float) -> Value {
      Value(type: 6, bytes: little(value.bitPattern))
    }
    package static func bool(_ value: Bool) -> Value { Value(type: 7, bytes: [value ? 1 : 0]) }
    package static func string(_ value: String) -> Value {
      Value(type: 8, bytes: sized(Array(value.utf8)))
    }
    /// An array; the elements' own type numbers are not looked at.
    package static func array(of type: UInt32, _ elements: [Value], count: UInt64? = nil) -> Value {
      Value(
        type: 9,
        bytes: little(type) + little(count ?? UInt64(elements.count)) + elements.flatMap(\.bytes))
    }
    package static func strings(_ values: [String]) -> Value { array(of: 8, values.map(string)) }
    package static func int32s(_ values: [Int32]) -> Value {
      array(of: 5, values.map { Value(type: 5, bytes: little($0)) })
    }
  }

  package struct Tensor {
    package var name: String
    /// Innermost first, as the file has them.
    package var sizes: [UInt64]
    package var type: UInt32
    package var bytes: [UInt8]
    /// In place of the next aligned one.
    package var offset: UInt64?

    package init(
      _ name: String, sizes: [UInt64], type: UInt32 = 0, bytes: [UInt8], offset: UInt64? = nil
    ) {
      self.name = name
      self.sizes = sizes
      self.type = type
      self.bytes = bytes
      self.offset = offset
    }
  }

  package var magic = Array("GGUF".utf8)
  package var version: UInt32 = 3
  package var keys: [(name: String, value: Value)] = []
  package var tensors: [Tensor] = []
  package var tensorCount: UInt64?
  package var keyCount: UInt64?
  package var alignment = 32

  package init() {}

  /// Sets a key, in place of an earlier value; nil takes it out.
  package mutating func set(_ key: String, _ value: Value?) {
    let index = keys.firstIndex { $0.name == key }
    switch (index, value) {
    case (let index?, let value?): keys[index].value = value
    case (let index?, nil): keys.remove(at: index)
    case (nil, let value?): keys.append((key, value))
    case (nil, nil): break
    }
  }

  /// The file up to the tensors' data, without padding.
  package var header: [UInt8] {
    var file = magic + little(version)
    file += little(tensorCount ?? UInt64(tensors.count)) + little(keyCount ?? UInt64(keys.count))
    for key in keys {
      file += sized(Array(key.name.utf8)) + little(key.value.type) + key.value.bytes
    }
    var offset: UInt64 = 0
    for tensor in tensors {
      file += sized(Array(tensor.name.utf8)) + little(UInt32(tensor.sizes.count))
      file += tensor.sizes.flatMap { little($0) } + little(tensor.type)
      file += little(tensor.offset ?? offset)
      offset += UInt64(padded(tensor.bytes.count))
    }
    return file
  }

  package var bytes: [UInt8] {
    var file = header
    file += [UInt8](repeating: 0, count: padded(file.count) - file.count)
    for tensor in tensors {
      file += tensor.bytes
      file += [UInt8](repeating: 0, count: padded(tensor.bytes.count) - tensor.bytes.count)
    }
    return file
  }

  private func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}

/// An integer's bytes, little-endian.
package func little(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Floats as little-endian bytes.
package func floatBytes(_ values: [Float]) -> [UInt8] { values.flatMap { little($0.bitPattern) } }

/// Bytes with their 64-bit count in front.
package func sized(_ bytes: [UInt8]) -> [UInt8] { little(UInt64(bytes.count)) + bytes }
