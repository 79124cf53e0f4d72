/// Writes zip files for tests, right ones and wrong ones.
package struct ZipBuilder {
  package struct Entry {
    package var name: String
    package var bytes: [UInt8]
    package var flags: UInt16 = 0
    /// How it is packed; 0 is as it is.
    package var method: UInt16 = 0
    /// In the directory, in place of what holds.
    package var size: UInt32?
    package var offset: UInt32?
    /// In the entry's own header, in place of ``name``.
    package var headerName: String?

    package init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  package var entries: [Entry]
  /// Sizes and places have 64 bits.
  package var isWide = false
  /// Sizes stand after an entry's data, and its own header has none.
  package var hasDescriptors = false
  /// In place of the entries' number.
  package var count: UInt16?
  package var comment: [UInt8] = []

  package init(_ entries: [Entry]) { self.entries = entries }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = UInt64(bytes.count)
      let size = UInt64(entry.bytes.count)
      let shown = hasDescriptors ? 0 : UInt32(size)
      let header = Array((entry.headerName ?? entry.name).utf8)
      bytes += little(UInt32(0x0403_4B50)) + little(UInt16(20)) + little(entry.flags)
      bytes += little(entry.method) + little(UInt64(0)) + little(shown) + little(shown)
      bytes += little(UInt16(header.count)) + little(UInt16(0)) + header + entry.bytes
      if hasDescriptors {
        bytes += little(UInt32(0x0807_4B50)) + little(UInt32(0)) + little(shown) + little(shown)
      }
      let name = Array(entry.name.utf8)
      let extra =
        isWide
        ? little(UInt16(1)) + little(UInt16(24)) + little(size) + little(size) + little(offset) : []
      let small = isWide ? UInt32.max : entry.size ?? UInt32(size)
      directory += little(UInt32(0x0201_4B50)) + little(UInt32(20)) + little(entry.flags)
      directory += little(entry.method) + little(UInt64(0)) + little(small) + little(small)
      directory += little(UInt16(name.count)) + little(UInt16(extra.count)) + little(UInt16(0))
      directory += little(UInt64(0))
      directory += little(isWide ? UInt32.max : entry.offset ?? UInt32(offset)) + name + extra
    }
    let start = UInt64(bytes.count)
    bytes += directory
    let entryCount = UInt64(count ?? UInt16(entries.count))
    if isWide {
      let record = UInt64(bytes.count)
      bytes += little(UInt32(0x0606_4B50)) + little(UInt64(44)) + little(UInt32(0x2D_002D))
      bytes += little(UInt64(0)) + little(entryCount) + little(entryCount)
      bytes += little(UInt64(directory.count)) + little(start)
      bytes += little(UInt32(0x0706_4B50)) + little(UInt32(0)) + little(record) + little(UInt32(1))
    }
    bytes += little(UInt32(0x0605_4B50)) + little(UInt32(0))
    bytes += little(UInt16(clamping: entryCount)) + little(UInt16(clamping: entryCount))
    bytes += little(isWide ? UInt32.max : UInt32(directory.count))
    bytes += little(isWide ? UInt32.max : UInt32(start))
    return bytes + little(UInt16(comment.count)) + comment
  }
}
