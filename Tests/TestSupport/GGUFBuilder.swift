import Foundation

/// Writes GGUF files for tests, right ones and wrong ones: every field can be set to anything.
public struct GGUFBuilder {
  /// A metadata value with its type number.
  public struct Value {
    public var type: UInt32
    public var bytes: [UInt8]

    public init(type: UInt32, bytes: [UInt8]) {
      self.type = type
      self.bytes = bytes
    }

    public static func uint32(_ value: UInt32) -> Value { Value(type: 4, bytes: little(value)) }
    public static func int64(_ value: Int64) -> Value { Value(type: 11, bytes: little(value)) }
    public static func float32(_ value: Float) -> Value {
      Value(type: 6, bytes: little(value.bitPattern))
    }
    public static func bool(_ value: Bool) -> Value { Value(type: 7, bytes: [value ? 1 : 0]) }
    public static func string(_ value: String) -> Value {
      Value(type: 8, bytes: sized(Array(value.utf8)))
    }
    /// An array; the elements' own type numbers are not looked at.
    public static func array(of type: UInt32, _ elements: [Value], count: UInt64? = nil) -> Value {
      Value(
        type: 9,
        bytes: little(type) + little(count ?? UInt64(elements.count)) + elements.flatMap(\.bytes))
    }
    public static func strings(_ values: [String]) -> Value { array(of: 8, values.map(string)) }
    public static func int32s(_ values: [Int32]) -> Value {
      array(of: 5, values.map { Value(type: 5, bytes: little($0)) })
    }
  }

  public struct Tensor {
    public var name: String
    /// Innermost first, as the file has them.
    public var sizes: [UInt64]
    public var type: UInt32
    public var bytes: [UInt8]
    /// In place of the next aligned one.
    public var offset: UInt64?

    public init(
      _ name: String, sizes: [UInt64], type: UInt32 = 0, bytes: [UInt8], offset: UInt64? = nil
    ) {
      self.name = name
      self.sizes = sizes
      self.type = type
      self.bytes = bytes
      self.offset = offset
    }
  }

  public var magic = Array("GGUF".utf8)
  public var version: UInt32 = 3
  public var keys: [(name: String, value: Value)] = []
  public var tensors: [Tensor] = []
  public var tensorCount: UInt64?
  public var keyCount: UInt64?
  public var alignment = 32

  public init() {}

  /// Sets a key, in place of an earlier value; nil takes it out.
  public mutating func set(_ key: String, _ value: Value?) {
    let index = keys.firstIndex { $0.name == key }
    switch (index, value) {
    case (let index?, let value?): keys[index].value = value
    case (let index?, nil): keys.remove(at: index)
    case (nil, let value?): keys.append((key, value))
    case (nil, nil): break
    }
  }

  /// The file up to the tensors' data, without padding.
  public var header: [UInt8] {
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

  public var bytes: [UInt8] {
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
public func little(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Floats as little-endian bytes.
public func floatBytes(_ values: [Float]) -> [UInt8] { values.flatMap { little($0.bitPattern) } }

/// Bytes with their 64-bit count in front.
public func sized(_ bytes: [UInt8]) -> [UInt8] { little(UInt64(bytes.count)) + bytes }
