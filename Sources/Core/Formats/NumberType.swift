import CKernels
import Foundation

/// How a number lies in a file of arrays: its kind and the order of its bytes.
package struct NumberType: Equatable, Sendable {
  package enum Kind: String, Sendable {
    case float16, bfloat16, float32, float64
    case int8, int16, int32, int64, uint8, uint16, uint32, uint64
    /// One byte: false where it is 0.
    case bool
  }

  package var kind: Kind
  package var isBigEndian = false

  package init(_ kind: Kind, isBigEndian: Bool = false) {
    self.kind = kind
    self.isBigEndian = isBigEndian
  }

  /// Bytes of one number.
  package var size: Int {
    switch kind {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  package var isFloatingPoint: Bool {
    switch kind {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// Whether float32 holds every value of the type.
  package var fitsFloat32: Bool {
    switch kind {
    case .float64, .int32, .int64, .uint32, .uint64: false
    default: true
    }
  }
}

extension NumberType {
  /// A type as an .npy file's header writes it, such as `<f4`; nil for what is no number of ours.
  package init?(descr: String) {
    let kinds: [Substring: Kind] = [
      "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32,
      "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64, "b1": .bool,
    ]
    guard let order = descr.unicodeScalars.first, let kind = kinds[descr.dropFirst()] else {
      return nil
    }
    self.init(kind, isBigEndian: order == ">")
    // `|` is for types whose bytes have no order.
    guard order == "<" || order == ">" || (order == "|" && size == 1) else { return nil }
  }

  /// A type as a safetensors header writes it, such as `F32`; nil for what is no number of ours.
  package init?(safetensors name: String) {
    let kinds: [String: Kind] = [
      "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64, "I8": .int8,
      "I16": .int16, "I32": .int32, "I64": .int64, "U8": .uint8, "U16": .uint16, "U32": .uint32,
      "U64": .uint64, "BOOL": .bool,
    ]
    guard let kind = kinds[name] else { return nil }
    self.init(kind)
  }
}

extension NumberType {
  /// Reads `count` numbers, `stride` numbers apart, into places that are `targetStride` apart, each
  /// rounded once.
  ///
  /// Precondition: the numbers lie within readable memory; they need not be aligned.
  func read(
    _ source: UnsafeRawPointer, stride: Int, count: Int, into target: UnsafeMutablePointer<Float>,
    targetStride: Int = 1
  ) {
    if stride == 1, targetStride == 1, !isBigEndian, readInOnePiece(source, count, target) {
      return
    }
    convert(source, stride, count, target, targetStride)
  }

  func read(
    _ source: UnsafeRawPointer, stride: Int, count: Int, into target: UnsafeMutablePointer<Double>,
    targetStride: Int = 1
  ) {
    convert(source, stride, count, target, targetStride)
  }

  /// The kinds that states mostly have, as fast as memory; false for the others.
  private func readInOnePiece(
    _ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutablePointer<Float>
  ) -> Bool {
    switch kind {
    case .float32:
      memcpy(target, source, count * 4)
    case .float16 where UInt(bitPattern: source) % 2 == 0:
      sk_f16_to_f32(target, source.assumingMemoryBound(to: UInt16.self), count)
    case .bfloat16 where UInt(bitPattern: source) % 2 == 0:
      sk_bf16_to_f32(target, source.assumingMemoryBound(to: UInt16.self), count)
    default:
      return false
    }
    return true
  }

  @inline(__always)
  private func convert<Value: BinaryFloatingPoint>(
    _ source: UnsafeRawPointer, _ stride: Int, _ count: Int,
    _ target: UnsafeMutablePointer<Value>, _ targetStride: Int
  ) {
    let isBigEndian = isBigEndian
    @inline(__always)
    func each<Bits: FixedWidthInteger & BitwiseCopyable>(_ value: (Bits) -> Value) {
      let step = stride &* MemoryLayout<Bits>.size
      for index in 0..<count {
        let bits = source.loadUnaligned(fromByteOffset: index &* step, as: Bits.self)
        target[index &* targetStride] = value(
          isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
      }
    }
    switch kind {
    case .float16: each { (bits: UInt16) in Value(Float(Float16(bitPattern: bits))) }
    case .bfloat16: each { (bits: UInt16) in Value(Float(bitPattern: UInt32(bits) << 16)) }
    case .float32: each { (bits: UInt32) in Value(Float(bitPattern: bits)) }
    case .float64: each { (bits: UInt64) in Value(Double(bitPattern: bits)) }
    case .int8: each { (value: Int8) in Value(value) }
    case .int16: each { (value: Int16) in Value(value) }
    case .int32: each { (value: Int32) in Value(value) }
    case .int64: each { (value: Int64) in Value(value) }
    case .uint8: each { (value: UInt8) in Value(value) }
    case .uint16: each { (value: UInt16) in Value(value) }
    case .uint32: each { (value: UInt32) in Value(value) }
    case .uint64: each { (value: UInt64) in Value(value) }
    case .bool: each { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }
}
