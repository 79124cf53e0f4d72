import SeerSupport

/// A zip file whose entries are stored as they are, memory-mapped. Packed or encrypted entries are
/// refused.
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
  let file: MappedFile
  /// Where each entry's bytes lie in the file.
  let entries: [String: Range<Int>]

  init(_ file: MappedFile) throws(Failure) {
    self.file = file
    let directory = try Self.directory(of: file)
    let reader = ZipReader(file: file)
    var entries: [String: Range<Int>] = [:]
    var taken: [(name: String, range: Range<Int>)] = []
    var offset = directory.range.lowerBound
    for number in 0..<directory.count {
      let entry = try reader.entry(number, at: offset, before: directory.range.upperBound)
      offset = entry.end
      let data = try reader.data(of: entry, before: directory.range.lowerBound)
      guard entries.updateValue(data, forKey: entry.name) == nil else {
        throw reader.damaged("entry \(entry.name)", "it twice", "each name once")
      }
      taken.append((entry.name, entry.header..<data.upperBound))
    }
    taken.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (earlier, later) in zip(taken, taken.dropFirst())
    where earlier.range.upperBound > later.range.lowerBound {
      throw reader.damaged(
        "entry \(later.name), offset \(later.range.lowerBound)",
        "bytes that \(earlier.name) holds too", "entries that do not overlap")
    }
    self.entries = entries
  }

  /// Where the directory lies, and how many entries it has.
  private static func directory(
    of file: MappedFile
  ) throws(Failure) -> (range: Range<Int>, count: Int) {
    let reader = ZipReader(file: file)
    let end = try reader.endRecord()
    let place = "end of the directory, offset \(end)"
    var count = UInt64(try reader.integer(UInt16.self, at: end + 10, place))
    var size = UInt64(try reader.integer(UInt32.self, at: end + 12, place))
    var start = UInt64(try reader.integer(UInt32.self, at: end + 16, place))
    var limit = end
    let needs64 =
      count == UInt64(UInt16.max) || size == UInt64(UInt32.max) || start == UInt64(UInt32.max)
    if needs64, end >= 20, try reader.integer(UInt32.self, at: end - 20, place) == 0x0706_4B50 {
      let record = try reader.integer(UInt64.self, at: end - 12, place)
      guard record <= UInt64(end - 20),
        try reader.integer(UInt32.self, at: Int(record), place) == 0x0606_4B50
      else { throw reader.damaged(place, "a place without the 64-bit record", "its place") }
      limit = Int(record)
      count = try reader.integer(UInt64.self, at: limit + 32, place)
      size = try reader.integer(UInt64.self, at: limit + 40, place)
      start = try reader.integer(UInt64.self, at: limit + 48, place)
    }
    guard start <= UInt64(limit), size <= UInt64(limit) - start else {
      throw reader.damaged(
        place, "a directory of \(size) bytes at \(start)", "one within \(limit) bytes")
    }
    guard count <= size / 46 else {
      throw reader.damaged(place, "\(count) entries", "at most \(size / 46) in \(size) bytes")
    }
    return (Int(start)..<Int(start + size), Int(count))
  }
}

/// The parts of a zip file, each read from within its bounds.
private struct ZipReader {
  let file: MappedFile

  /// An entry of the directory.
  struct Entry {
    let name: String
    let nameBytes: [UInt8]
    let size: Int
    /// Its header's place.
    let header: Int
    /// Where the next entry begins.
    let end: Int
  }

  func damaged(_ place: String, _ found: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: file.path, place: place, found: found, wanted: wanted,
      advice: "The file is damaged or no zip file: make or download it again.")
  }

  func integer<T: FixedWidthInteger>(
    _ type: T.Type, at offset: Int, _ place: String
  ) throws(Failure) -> T {
    guard offset >= 0, offset <= file.count - MemoryLayout<T>.size else {
      throw damaged(place, "the file's end", "\(MemoryLayout<T>.size) bytes at \(offset)")
    }
    return T(littleEndian: file.withBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) })
  }

  /// The place of `PK\5\6`: the last one whose comment ends with the file.
  func endRecord() throws(Failure) -> Int {
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

  func entry(_ number: Int, at offset: Int, before end: Int) throws(Failure) -> Entry {
    let place = "entry \(number) of the directory, offset \(offset)"
    guard try integer(UInt32.self, at: offset, place) == 0x0201_4B50 else {
      throw damaged(place, "no entry", "one")
    }
    let flags = try integer(UInt16.self, at: offset + 8, place)
    let method = try integer(UInt16.self, at: offset + 10, place)
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
    let (size, packed, header) = (sizes[0], sizes[1], sizes[2])
    guard flags & 1 == 0, method == 0, size == packed else {
      let found =
        flags & 1 == 1
        ? "encrypted" : method == 0 ? "\(packed) bytes for \(size)" : "packed by method \(method)"
      throw Failure(
        .badData, file: file.path, place: "entry \(name)", found: "it \(found)",
        wanted: "bytes stored as they are",
        advice: "PyTorch packs nothing: load the file there and save it again.")
    }
    guard size <= UInt64(file.count), header <= UInt64(file.count) else {
      throw damaged(
        "entry \(name)", "\(size) bytes at \(header)", "a place in \(file.count) bytes")
    }
    return Entry(
      name: name, nameBytes: nameBytes, size: Int(size), header: Int(header), end: next)
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

  /// The bytes of an entry, which lie before the directory.
  func data(of entry: Entry, before end: Int) throws(Failure) -> Range<Int> {
    let place = "entry \(entry.name), offset \(entry.header)"
    guard try integer(UInt32.self, at: entry.header, place) == 0x0403_4B50 else {
      throw damaged(place, "no header", "the entry's")
    }
    let nameCount = Int(try integer(UInt16.self, at: entry.header + 26, place))
    let extraCount = Int(try integer(UInt16.self, at: entry.header + 28, place))
    let nameStart = entry.header + 30
    let start = nameStart + nameCount + extraCount
    guard start <= end, entry.size <= end - start else {
      throw damaged(
        place, "\(entry.size) bytes from \(start)", "bytes before the directory at \(end)")
    }
    guard file.copy(nameStart..<nameStart + nameCount) == entry.nameBytes else {
      throw damaged(place, "another name in its header", "the directory's")
    }
    return start..<start + entry.size
  }
}
