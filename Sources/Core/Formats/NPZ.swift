import CZlib
import Foundation
import SeerSupport

/// NumPy's archives of arrays: a zip file (PKWARE's APPNOTE 6.3) of .npy files, stored or deflated.
/// 1. the members, each with a local header of 30 bytes, its name, extra fields and data;
/// 2. the central directory: 46 bytes a member, its name, extra fields (sizes of 64 bits) and comment;
/// 3. where it is larger than 32 bits can say, its end in 64 bits and the place of that;
/// 4. the end of the directory: 22 bytes and a comment.
struct NPZ: Sendable {
  struct Member: Sendable {
    let name: String
    let isDeflated: Bool
    let checksum: UInt32
    /// Bytes of the data as they are stored, within the file.
    let stored: FileBytes
    /// How many they are when expanded.
    let count: Int
  }

  let path: String
  let members: [Member]

  static let magics: [[UInt8]] = [Array("PK\u{3}\u{4}".utf8), Array("PK\u{5}\u{6}".utf8)]

  static func isArchive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    magics.contains { bytes.starts(with: $0) }
  }

  init(_ file: MappedFile) throws(Failure) {
    path = file.path
    members = try file.withBytes { bytes throws(Failure) in
      try Directory(bytes: bytes, file: file).members()
    }
  }
}

// MARK: The directory

private struct Directory {
  let bytes: UnsafeRawBufferPointer
  let file: MappedFile

  private func bad(_ place: String, _ found: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: file.path, place: place, found: found, wanted: wanted,
      advice: "The file is truncated or damaged: write it again.")
  }

  /// A little-endian number; nil beyond the file.
  private func number<Number: FixedWidthInteger>(_ type: Number.Type, at place: Int) -> Number? {
    guard place >= 0, place <= bytes.count - MemoryLayout<Number>.size else { return nil }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Number.self))
  }

  private func short(_ place: Int) -> Int? { number(UInt16.self, at: place).map(Int.init) }
  private func word(_ place: Int) -> Int? { number(UInt32.self, at: place).map(Int.init) }
  private func long(_ place: Int) -> Int? {
    number(UInt64.self, at: place).flatMap { Int(exactly: $0) }
  }

  func members() throws(Failure) -> [NPZ.Member] {
    var (place, count) = try start()
    var members: [NPZ.Member] = []
    var names: Set<String> = []
    for index in 0..<count {
      guard word(place) == 0x0201_4B50, let nameLength = short(place + 28),
        let extraLength = short(place + 30), let commentLength = short(place + 32),
        place + 46 + nameLength + extraLength <= bytes.count
      else {
        throw bad(
          "member \(index) of the directory, offset \(place)", "no entry", "\(count) members")
      }
      let name = String(decoding: bytes[place + 46..<place + 46 + nameLength], as: UTF8.self)
      guard names.insert(name).inserted else {
        throw bad("member \(name)", "it twice", "each name once")
      }
      members.append(
        try member(name, at: place, extra: place + 46 + nameLength, extraLength))
      place += 46 + nameLength + extraLength + commentLength
    }
    return members
  }

  /// Where the directory begins and how many members it has.
  private func start() throws(Failure) -> (place: Int, count: Int) {
    // The end is found by its signature: a comment of any length may follow.
    var end = bytes.count - 22
    while end >= max(0, bytes.count - 22 - 65_535) {
      if word(end) == 0x0605_4B50, short(end + 20) == bytes.count - end - 22 { break }
      end -= 1
    }
    guard let count = short(end + 10), let place = word(end + 16), word(end) == 0x0605_4B50 else {
      throw bad("the file's end", "no end of a zip directory", "a whole .npz file")
    }
    guard word(end - 20) == 0x0706_4B50 else { return (place, count) }
    guard let other = long(end - 12), word(other) == 0x0606_4B50, let count = long(other + 32),
      let place = long(other + 48), count <= bytes.count / 46
    else { throw bad("offset \(end - 20)", "no 64-bit end of a zip directory", "one") }
    return (place, count)
  }

  private func member(
    _ name: String, at place: Int, extra: Int, _ extraLength: Int
  ) throws(Failure) -> NPZ.Member {
    let title = "member \(name)"
    guard let flags = short(place + 8), let method = short(place + 10),
      let checksum = number(UInt32.self, at: place + 16), var stored = word(place + 20),
      var count = word(place + 24), var local = word(place + 42)
    else { throw bad(title, "an entry cut short", "46 bytes") }
    // Sizes of 64 bits follow in this order, those that 32 bits could not say.
    var field = extra
    while field + 4 <= extra + extraLength, let kind = short(field), let size = short(field + 2) {
      if kind == 1 {
        var next = field + 4
        func wide(_ value: Int) throws(Failure) -> Int {
          guard value == 0xFFFF_FFFF else { return value }
          guard next + 8 <= field + 4 + size, let value = long(next) else {
            throw bad(title, "no 64-bit sizes", "those of a file this large")
          }
          next += 8
          return value
        }
        count = try wide(count)
        stored = try wide(stored)
        local = try wide(local)
      }
      field += 4 + size
    }
    guard flags & 1 == 0 else {
      throw Failure(
        .badData, file: file.path, place: title, found: "an encrypted member",
        wanted: "one that anybody can read", advice: "Save it with numpy.savez.")
    }
    guard method == 0 || method == 8 else {
      throw Failure(
        .badData, file: file.path, place: title, found: "compression method \(method)",
        wanted: "0 (stored) or 8 (deflated)",
        advice: "Save it with numpy.savez or numpy.savez_compressed.")
    }
    guard word(local) == 0x0403_4B50, let nameLength = short(local + 26),
      let extraLength = short(local + 28)
    else { throw bad(title, "no local header at offset \(local)", "one") }
    let start = local + 30 + nameLength + extraLength
    guard start <= bytes.count, stored <= bytes.count - start else {
      throw bad(
        title, "\(max(0, bytes.count - start)) bytes", "\(stored), as the directory says")
    }
    // Deflate makes at the most 1,032 bytes of one.
    guard method == 0 ? count == stored : count / 1032 <= stored else {
      throw bad(title, "\(count) bytes of \(stored) stored ones", "sizes that can be")
    }
    return NPZ.Member(
      name: name, isDeflated: method == 8, checksum: checksum,
      stored: file[start..<start + stored], count: count)
  }
}

// MARK: A member's bytes

extension NPZ {
  private func bad(_ member: Member, _ found: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: path, place: "member \(member.name)", found: found, wanted: wanted,
      advice: "The file is truncated or damaged: write it again.")
  }

  /// The first bytes of a member, at most `count` of them.
  func prefix(_ member: Member, _ count: Int) throws(Failure) -> [UInt8] {
    guard member.isDeflated else { return member.stored.withBytes { Array($0.prefix(count)) } }
    var bytes: [UInt8] = []
    try inflate(member) { (piece: UnsafeRawBufferPointer) throws(Failure) in
      bytes += piece.prefix(count - bytes.count)
      return bytes.count < count
    }
    return bytes
  }

  /// All bytes of a member, checked against their sum: where they lie, or expanded into a file in
  /// `scratch`.
  func bytes(_ member: Member, scratch: String) throws(Failure) -> FileBytes {
    var sum = crc32(0, nil, 0)
    func add(_ piece: UnsafeRawBufferPointer) {
      sum = crc32_z(sum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
    }
    let bytes: FileBytes
    if member.isDeflated {
      let file = try ScratchFile.mapped(in: scratch, count: member.count) {
        (file: WritableFile) throws(Failure) in
        var place = 0
        try inflate(member) { (piece: UnsafeRawBufferPointer) throws(Failure) in
          guard piece.count <= member.count - place else {
            throw bad(member, "more bytes than \(member.count)", "what the directory says")
          }
          add(piece)
          try file.write(piece, at: place)
          place += piece.count
          return true
        }
        guard place == member.count else {
          throw bad(member, "\(place) bytes", "\(member.count), as the directory says")
        }
      }
      bytes = file[0..<file.count]
    } else {
      bytes = member.stored
      bytes.withBytes { all in
        let piece = 1 << 24
        for start in stride(from: 0, to: all.count, by: piece) {
          add(UnsafeRawBufferPointer(rebasing: all[start..<min(start + piece, all.count)]))
          bytes.release()
        }
      }
    }
    guard UInt32(truncatingIfNeeded: sum) == member.checksum else {
      throw bad(
        member, "the sum \(String(UInt32(truncatingIfNeeded: sum), radix: 16))",
        "\(String(member.checksum, radix: 16)), as the directory says")
    }
    return bytes
  }

  /// Expands a deflated member piece by piece, until `take` says that it is enough.
  private func inflate(
    _ member: Member, _ take: (UnsafeRawBufferPointer) throws(Failure) -> Bool
  ) throws(Failure) {
    var stream = z_stream()
    // A negative window means data without zlib's own header.
    guard
      inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw Failure(.software, file: path, found: "zlib that does not start") }
    defer { inflateEnd(&stream) }
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { output.deallocate() }
    try member.stored.withBytes { (stored: UnsafeRawBufferPointer) throws(Failure) in
      var place = 0
      var status = Z_OK
      while status != Z_STREAM_END {
        // Pieces that 32 bits can count.
        let piece = UnsafeRawBufferPointer(
          rebasing: stored[place..<min(place + 1 << 24, stored.count)])
        stream.next_in = UnsafeMutablePointer(
          mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(piece.count)
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(output.count)
        status = CZlib.inflate(&stream, Z_NO_FLUSH)
        let read = piece.count - Int(stream.avail_in)
        let made = output.count - Int(stream.avail_out)
        place += read
        guard status == Z_OK || status == Z_STREAM_END, status == Z_STREAM_END || read + made > 0
        else {
          let found = stream.msg.map { String(cString: $0) } ?? "data that ends too soon"
          throw bad(member, found, "deflated data")
        }
        guard try take(UnsafeRawBufferPointer(rebasing: output[..<made])) else { return }
      }
    }
  }
}
