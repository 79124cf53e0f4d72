import SeerSupport

/// The directory of a zip file, memory-mapped: which entries it has and where their bytes lie. No
/// byte of them is read.
///
/// Layout (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), little-endian:
/// 1. for each entry `PK\3\4`, a header of 30 bytes with the lengths of name and extra field at 26
///    and 28, both of these, and the data; sizes may stand in a descriptor after the data instead of
///    the header, so those of the directory hold;
/// 2. the directory: for each entry `PK\1\2`, 46 bytes with sizes and the header's place, name, extra
///    field and comment. Numbers that need 64 bits stand in the extra field, under id 1;
/// 3. where the directory needs 64 bits, `PK\6\6` with its size and place, and `PK\6\7` with the
///    place of that;
/// 4. `PK\5\6`, 22 bytes with the directory's size and place, and a comment to the end of the file.
struct Zip: Sendable {
  struct Entry: Sendable {
    let name: String
    let isDeflated: Bool
    /// CRC-32 of the bytes as they are when expanded.
    let checksum: UInt32
    /// Where the bytes lie in the file, as they are stored.
    let stored: Range<Int>
    /// How many they are when expanded.
    let count: Int
  }

  /// What a kind of zip file may hold, and what to do with one that holds something else.
  struct Kind {
    let allowsDeflation: Bool
    /// What one is to do with a file whose entries are packed or encrypted.
    let packedAdvice: String
    let damagedAdvice: String
  }

  let file: MappedFile
  /// In the directory's order.
  let entries: [Entry]
  private let places: [String: Int]

  /// Throws where the directory is damaged, entries overlap, or one is encrypted or packed in
  /// another way than the kind allows.
  init(_ file: MappedFile, as kind: Kind) throws(Failure) {
    self.file = file
    let reader = ZipReader(file: file, kind: kind)
    let directory = try reader.directory()
    var entries: [Entry] = []
    var places: [String: Int] = [:]
    var taken: [(name: String, range: Range<Int>)] = []
    var offset = directory.range.lowerBound
    for number in 0..<directory.count {
      let found = try reader.entry(number, at: offset, before: directory.range.upperBound)
      offset = found.end
      let entry = try reader.located(found, before: directory.range.lowerBound)
      guard places.updateValue(number, forKey: entry.name) == nil else {
        throw reader.damaged("entry \(entry.name)", "it twice", "each name once")
      }
      entries.append(entry)
      taken.append((entry.name, found.header..<entry.stored.upperBound))
    }
    taken.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (earlier, later) in zip(taken, taken.dropFirst())
    where earlier.range.upperBound > later.range.lowerBound {
      throw reader.damaged(
        "entry \(later.name), offset \(later.range.lowerBound)",
        "bytes that \(earlier.name) holds too", "entries that do not overlap")
    }
    self.entries = entries
    self.places = places
  }

  /// The entry of that name.
  subscript(name: String) -> Entry? { places[name].map { entries[$0] } }
}

/// The parts of a zip file, each read from within its bounds.
private struct ZipReader {
  let file: MappedFile
  let kind: Zip.Kind

  /// An entry as the directory has it.
  struct Found {
    let name: String
    let nameBytes: [UInt8]
    let isDeflated: Bool
    let checksum: UInt32
    let stored: Int
    let count: Int
    /// Its header's place.
    let header: Int
    /// Where the next entry begins.
    let end: Int
  }

  func damaged(_ place: String, _ found: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: file.path, place: place, found: found, wanted: wanted,
      advice: kind.damagedAdvice)
  }

  private func integer<T: FixedWidthInteger>(
    _ type: T.Type, at offset: Int, _ place: String
  ) throws(Failure) -> T {
    guard offset >= 0, offset <= file.count - MemoryLayout<T>.size else {
      throw damaged(place, "the file's end", "\(MemoryLayout<T>.size) bytes at \(offset)")
    }
    return T(littleEndian: file.withBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) })
  }

  /// Where the directory lies, and how many entries it has.
  func directory() throws(Failure) -> (range: Range<Int>, count: Int) {
    let end = try endRecord()
    let place = "end of the directory, offset \(end)"
    var count = UInt64(try integer(UInt16.self, at: end + 10, place))
    var size = UInt64(try integer(UInt32.self, at: end + 12, place))
    var start = UInt64(try integer(UInt32.self, at: end + 16, place))
    var limit = end
    let needs64 =
      count == UInt64(UInt16.max) || size == UInt64(UInt32.max) || start == UInt64(UInt32.max)
    if needs64, end >= 20, try integer(UInt32.self, at: end - 20, place) == 0x0706_4B50 {
      let record = try integer(UInt64.self, at: end - 12, place)
      guard record <= UInt64(end - 20),
        try integer(UInt32.self, at: Int(record), place) == 0x0606_4B50
      else { throw damaged(place, "a place without the 64-bit record", "its place") }
      limit = Int(record)
      count = try integer(UInt64.self, at: limit + 32, place)
      size = try integer(UInt64.self, at: limit + 40, place)
      start = try integer(UInt64.self, at: limit + 48, place)
    }
    guard start <= UInt64(limit), size <= UInt64(limit) - start else {
      throw damaged(
        place, "a directory of \(size) bytes at \(start)", "one within \(limit) bytes")
    }
    guard count <= size / 46 else {
      throw damaged(place, "\(count) entries", "at most \(size / 46) in \(size) bytes")
    }
    return (Int(start)..<Int(start + size), Int(count))
  }

  /// The place of `PK\5\6`: the last one whose comment ends with the file.
  private func endRecord() throws(Failure) -> Int {
    let place = "last bytes"
    var offset = file.count - 22
    let first = max(0, offset - Int(UInt16.max))
    while offset >= first {
      if try integer(UInt32.self, at: offset, place) == 0x0605_4B50,
        offset + 22 + Int(try integer(UInt16.self, at: offset + 20, place)) == file.count
      {
        return offset
      }
      offset -= 1
    }
    throw damaged(place, "no end of a zip file's directory", "one")
  }

  func entry(_ number: Int, at offset: Int, before end: Int) throws(Failure) -> Found {
    let place = "entry \(number) of the directory, offset \(offset)"
    guard try integer(UInt32.self, at: offset, place) == 0x0201_4B50 else {
      throw damaged(place, "no entry", "one")
    }
    let flags = try integer(UInt16.self, at: offset + 8, place)
    let method = try integer(UInt16.self, at: offset + 10, place)
    let checksum = try integer(UInt32.self, at: offset + 16, place)
    let nameCount = Int(try integer(UInt16.self, at: offset + 28, place))
    let extraCount = Int(try integer(UInt16.self, at: offset + 30, place))
    let commentCount = Int(try integer(UInt16.self, at: offset + 32, place))
    // In the order of the 64-bit numbers that take the place of those that are full.
    var sizes: [UInt64] = []
    for place32 in [24, 20, 42] {
      sizes.append(UInt64(try integer(UInt32.self, at: offset + place32, place)))
    }
    let extra = offset + 46 + nameCount
    let next = extra + extraCount + commentCount
    guard next <= end else {
      throw damaged(place, "\(next - offset) bytes", "at most \(end - offset), the rest")
    }
    let nameBytes = file.copy(offset + 46..<extra)
    let name = String(decoding: nameBytes, as: UTF8.self)
    var wide = try wideNumbers(extra..<extra + extraCount, place)
    for index in sizes.indices where sizes[index] == UInt64(UInt32.max) && !wide.isEmpty {
      sizes[index] = wide.removeFirst()
    }
    let (count, stored, header) = (sizes[0], sizes[1], sizes[2])
    let isDeflated = method == 8
    guard flags & 1 == 0, method == 0 || isDeflated && kind.allowsDeflation else {
      throw Failure(
        .badData, file: file.path, place: "entry \(name)",
        found: flags & 1 == 1 ? "it encrypted" : "it packed by method \(method)",
        wanted: kind.allowsDeflation
          ? "bytes stored as they are or deflated (method 8)" : "bytes stored as they are",
        advice: kind.packedAdvice)
    }
    guard stored <= UInt64(file.count), header <= UInt64(file.count) else {
      throw damaged(
        "entry \(name)", "\(stored) bytes at \(header)", "a place in \(file.count) bytes")
    }
    // Deflation makes at the most 1,032 bytes of one.
    guard isDeflated ? count / 1032 <= stored : count == stored else {
      throw damaged("entry \(name)", "\(stored) bytes for \(count)", "sizes that can be")
    }
    return Found(
      name: name, nameBytes: nameBytes, isDeflated: isDeflated, checksum: checksum,
      stored: Int(stored), count: Int(count), header: Int(header), end: next)
  }

  /// The 64-bit numbers of an extra field; none where it has no such part.
  private func wideNumbers(_ extra: Range<Int>, _ place: String) throws(Failure) -> [UInt64] {
    var offset = extra.lowerBound
    while offset + 4 <= extra.upperBound {
      let id = try integer(UInt16.self, at: offset, place)
      let count = Int(try integer(UInt16.self, at: offset + 2, place))
      guard offset + 4 + count <= extra.upperBound else { break }
      if id == 1 {
        var numbers: [UInt64] = []
        for number in 0..<min(3, count / 8) {
          numbers.append(try integer(UInt64.self, at: offset + 4 + 8 * number, place))
        }
        return numbers
      }
      offset += 4 + count
    }
    return []
  }

  /// The entry with the place of its bytes, which lie before the directory.
  func located(_ entry: Found, before end: Int) throws(Failure) -> Zip.Entry {
    let place = "entry \(entry.name), offset \(entry.header)"
    guard try integer(UInt32.self, at: entry.header, place) == 0x0403_4B50 else {
      throw damaged(place, "no header", "the entry's")
    }
    let nameCount = Int(try integer(UInt16.self, at: entry.header + 26, place))
    let extraCount = Int(try integer(UInt16.self, at: entry.header + 28, place))
    let nameStart = entry.header + 30
    let start = nameStart + nameCount + extraCount
    guard start <= end, entry.stored <= end - start else {
      throw damaged(
        place, "\(entry.stored) bytes from \(start)", "bytes before the directory at \(end)")
    }
    guard file.copy(nameStart..<nameStart + nameCount) == entry.nameBytes else {
      throw damaged(place, "another name in its header", "the directory's")
    }
    return Zip.Entry(
      name: entry.name, isDeflated: entry.isDeflated, checksum: entry.checksum,
      stored: start..<start + entry.stored, count: entry.count)
  }
}
