import CZlib
import SeerSupport

/// Writes a zip file of stored entries, as NPZ files are (its layout stands at ``Zip``). What is
/// larger than 32 bits can say gets fields of 64 bits.
package struct ZipWriter {
  private struct Entry {
    var name: [UInt8]
    var checksum: UInt32
    var count: Int
    var offset: Int
  }

  private let file: WritableFile
  private var entries: [Entry] = []
  private var place = 0

  package init(_ file: WritableFile) { self.file = file }

  /// From here on 32 bits are no number but say that 64 follow.
  private static let limit = 0xFFFF_FFFF

  /// Adds an entry of as many bytes as `write` is called with, piece by piece.
  ///
  /// - Parameters:
  ///   - name: ASCII, of a file that is not there yet.
  ///   - count: how many bytes there will be.
  package mutating func add(
    _ name: String, count: Int,
    _ fill: (_ write: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws -> Void
  ) throws {
    let bytes = Array(name.utf8)
    let isLarge = count >= Self.limit
    let start = place + 30 + bytes.count + (isLarge ? 20 : 0)
    var sum = crc32(0, nil, 0)
    var end = start
    try fill { (piece: UnsafeRawBufferPointer) throws(Failure) in
      try file.write(piece, at: end)
      sum = crc32_z(sum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
      end += piece.count
    }
    precondition(end - start == count, "\(name): \(end - start) bytes of \(count)")
    let entry = Entry(
      name: bytes, checksum: UInt32(truncatingIfNeeded: sum), count: count, offset: place)
    let extra = isLarge ? Self.short(1) + Self.short(16) + Self.long(count) + Self.long(count) : []
    let header =
      Self.word(0x0403_4B50) + Self.fields(of: entry, version: isLarge ? 45 : 20)
      + Self.short(bytes.count) + Self.short(extra.count) + bytes + extra
    try file.write(header, count: header.count, at: place)
    entries.append(entry)
    place = end
  }

  /// An entry of bytes in memory.
  package mutating func add(_ name: String, _ bytes: [UInt8]) throws {
    try add(name, count: bytes.count) { write in
      try bytes.withUnsafeBytes { try write($0) }
    }
  }

  /// Writes the directory; nothing can be added after it.
  package func finish() throws(Failure) {
    var directory: [UInt8] = []
    for entry in entries {
      // In this order, those that 32 bits cannot say.
      var wide: [UInt8] = []
      if entry.count >= Self.limit { wide += Self.long(entry.count) + Self.long(entry.count) }
      if entry.offset >= Self.limit { wide += Self.long(entry.offset) }
      let extra = wide.isEmpty ? [] : Self.short(1) + Self.short(wide.count) + wide
      let version = wide.isEmpty ? 20 : 45
      directory += Self.word(0x0201_4B50) + Self.short(version)
      directory += Self.fields(of: entry, version: version)
      directory += Self.short(entry.name.count) + Self.short(extra.count)
      // No comment, the first disk, no attributes.
      directory += [UInt8](repeating: 0, count: 10)
      directory += Self.word(min(entry.offset, Self.limit)) + entry.name + extra
    }
    let size = directory.count
    let end = place + size
    if max(place, size) >= Self.limit || entries.count >= 0xFFFF {
      directory += Self.word(0x0606_4B50) + Self.long(44) + Self.short(45) + Self.short(45)
      directory += Self.word(0) + Self.word(0) + Self.long(entries.count)
      directory += Self.long(entries.count) + Self.long(size) + Self.long(place)
      directory += Self.word(0x0706_4B50) + Self.word(0) + Self.long(end) + Self.word(1)
    }
    let count = min(entries.count, 0xFFFF)
    directory += Self.word(0x0605_4B50) + Self.word(0) + Self.short(count) + Self.short(count)
    directory += Self.word(min(size, Self.limit)) + Self.word(min(place, Self.limit))
    directory += Self.short(0)
    try file.write(directory, count: directory.count, at: place)
  }

  /// What local header and directory have in common: version needed, flags, method (stored), time and
  /// day (1 January 1980: the same states make the same file), sum and sizes.
  private static func fields(of entry: Entry, version: Int) -> [UInt8] {
    let count = min(entry.count, limit)
    return short(version) + short(0) + short(0) + short(0) + short(0x21)
      + word(Int(entry.checksum)) + word(count) + word(count)
  }

  private static func short(_ value: Int) -> [UInt8] { bytes(UInt16(truncatingIfNeeded: value)) }
  private static func word(_ value: Int) -> [UInt8] { bytes(UInt32(truncatingIfNeeded: value)) }
  private static func long(_ value: Int) -> [UInt8] { bytes(UInt64(truncatingIfNeeded: value)) }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
