import Foundation
import SeerSupport

/// The figures of a training as TensorBoard reads them: `events.out.tfevents.*` in the adapter's folder.
///
/// Records of TFRecord framing (length, masked CRC-32C of it, data, masked CRC-32C of that), each an
/// `Event` of protocol buffers with scalars in it (tensorflow: lib/io/record_writer, util/event.proto,
/// framework/summary.proto).
package struct EventFile {
  private let file: WritableFile
  private var size: Int

  /// Starts a file with `steps`, in place of those that earlier sittings left: TensorBoard reads all
  /// files of a folder, and would show their steps twice.
  ///
  /// - Parameter now: seconds since 1970; TensorBoard sorts files by that number in their names.
  package init(
    _ folder: String, steps: [TrainingStep], now: Double = Date().timeIntervalSince1970
  ) throws(Failure) {
    let earlier = Self.names(folder)
    var number = Int(now)
    // A sitting may follow the one before within the same second.
    while earlier.contains(Self.name(number)) { number += 1 }
    let path = folder + "/" + Self.name(number)
    var bytes = Self.record(Self.version(now))
    for step in steps { bytes += Self.record(Self.event(step, now)) }
    try OutputFile.write(bytes, to: path)
    file = try WritableFile(path: path, truncating: false)
    size = bytes.count
    for name in earlier { try? FileManager.default.removeItem(atPath: folder + "/" + name) }
  }

  package mutating func append(
    _ step: TrainingStep, now: Double = Date().timeIntervalSince1970
  ) throws(Failure) {
    let bytes = Self.record(Self.event(step, now))
    try file.write(bytes, count: bytes.count, at: size)
    size += bytes.count
  }

  private static func name(_ number: Int) -> String { "events.out.tfevents.\(number).seer" }

  /// The files of this kind that are ours.
  private static func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasPrefix("events.out.tfevents.") && $0.hasSuffix(".seer") }.sorted()
  }

  // MARK: Events

  private static func version(_ now: Double) -> [UInt8] {
    var event = ProtocolBuffer()
    event.append(1, now)
    event.append(3, Array("brain.Event:2".utf8))
    return event.bytes
  }

  /// What TensorBoard shows of a step: a card a figure, in groups by the part before the slash.
  private static func scalars(_ step: TrainingStep) -> [(tag: String, value: Double)] {
    var scalars: [(tag: String, value: Double)] = []
    if let terms = step.terms {
      scalars.append(("loss/total", terms.total))
      for (column, value) in terms.columns { scalars.append(("loss/\(column)", value)) }
    }
    let others: [(String, Double?)] = [
      ("step/learning_rate", step.learningRate), ("step/gradient_norm", step.gradientNorm),
      ("step/seconds", step.terms == nil ? nil : step.seconds),
      ("held_out/accuracy", step.heldOut?.accuracy), ("held_out/within", step.heldOut?.within),
      ("held_out/between", step.heldOut?.between), ("held_out/kl", step.heldOut?.kl),
    ]
    for (tag, value) in others {
      if let value { scalars.append((tag, value)) }
    }
    return scalars
  }

  private static func event(_ step: TrainingStep, _ now: Double) -> [UInt8] {
    var summary = ProtocolBuffer()
    for (tag, value) in scalars(step) {
      var scalar = ProtocolBuffer()
      scalar.append(1, Array(tag.utf8))
      scalar.append(2, Float(value))
      summary.append(1, scalar.bytes)
    }
    var event = ProtocolBuffer()
    event.append(1, now)
    // A number that is 0 is left out, as the format's own writers do.
    if step.step != 0 { event.append(2, step.step) }
    event.append(5, summary.bytes)
    return event.bytes
  }

  // MARK: Records

  private static func record(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(masked(CRC32C.of(length))) + data
      + littleEndian(masked(CRC32C.of(data)))
  }

  /// Checksums of data that holds checksums are weak; the format turns them and adds a constant.
  private static func masked(_ checksum: UInt32) -> UInt32 {
    (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }
}

/// Fields of a message of protocol buffers (protobuf.dev, "Encoding"), in the order they are appended.
private struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  private mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7F) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  private mutating func key(_ field: UInt64, wireType: UInt64) { varint(field << 3 | wireType) }

  mutating func append(_ field: UInt64, _ value: Double) {
    key(field, wireType: 1)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func append(_ field: UInt64, _ value: Float) {
    key(field, wireType: 5)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func append(_ field: UInt64, _ value: Int) {
    key(field, wireType: 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func append(_ field: UInt64, _ value: [UInt8]) {
    key(field, wireType: 2)
    varint(UInt64(value.count))
    bytes += value
  }
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// The Castagnoli checksum (RFC 3720, appendix B.4), bits in reverse; a byte at a time, since what is
/// summed here are some hundred bytes a step.
private enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in
      rest & 1 == 1 ? rest >> 1 ^ 0x82F6_3B78 : rest >> 1
    }
  }

  static func of(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { rest, byte in
      table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ rest >> 8
    }
  }
}
