import Foundation
import SeerSupport

/// A cursor over a mapped file that checks every read against the bytes that are left.
package struct ByteReader {
  package let file: MappedFile
  package private(set) var offset = 0

  package init(_ file: MappedFile) { self.file = file }

  package var remaining: Int { file.count - offset }

  package func failure(_ place: String, found: String, wanted: String, advice: String? = nil)
    -> Failure
  {
    Failure(
      .badData, file: file.path, place: place, found: found, wanted: wanted,
      advice: advice ?? "The file is truncated or damaged: download it again.")
  }

  /// Throws unless `count` bytes are left.
  package func need(_ count: UInt64, for what: String) throws(Failure) {
    guard count <= UInt64(remaining) else {
      throw failure(
        "\(what), offset \(offset)", found: "\(remaining) bytes left", wanted: "\(count) bytes")
    }
  }

  package mutating func integer<T: FixedWidthInteger>(_ type: T.Type, _ what: String)
    throws(Failure) -> T
  {
    try need(UInt64(MemoryLayout<T>.size), for: what)
    let value = file.withBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    offset += MemoryLayout<T>.size
    return T(littleEndian: value)
  }

  /// A string with a 64-bit length in front.
  package mutating func string(_ what: String) throws(Failure) -> String {
    let length = try integer(UInt64.self, "length of \(what)")
    try need(length, for: what)
    let range = offset..<offset + Int(length)
    offset = range.upperBound
    return file.withBytes { String(decoding: $0[range], as: UTF8.self) }
  }

  mutating func skip(_ count: Int, _ what: String) throws(Failure) {
    try need(UInt64(count), for: what)
    offset += count
  }
}
