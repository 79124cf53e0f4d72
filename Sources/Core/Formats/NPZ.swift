import CZlib
import Foundation
import SeerSupport

/// NumPy's archives of arrays: a zip file (``Zip``) of .npy files, stored or deflated.
struct NPZ: Sendable {
  private let zip: Zip

  var path: String { zip.file.path }
  var entries: [Zip.Entry] { zip.entries }

  static let magics: [[UInt8]] = [Array("PK\u{3}\u{4}".utf8), Array("PK\u{5}\u{6}".utf8)]

  static func isArchive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    magics.contains { bytes.starts(with: $0) }
  }

  private static let kind = Zip.Kind(
    allowsDeflation: true,
    packedAdvice: "Save it with numpy.savez or numpy.savez_compressed.",
    damagedAdvice: "The file is truncated or damaged: write it again.")

  init(_ file: MappedFile) throws(Failure) { zip = try Zip(file, as: Self.kind) }

  // MARK: An entry's bytes

  private func bad(_ entry: Zip.Entry, _ found: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: path, place: "entry \(entry.name)", found: found, wanted: wanted,
      advice: Self.kind.damagedAdvice)
  }

  private func stored(_ entry: Zip.Entry) -> FileBytes { zip.file[entry.stored] }

  /// The first bytes of an entry, at most `count` of them.
  func prefix(_ entry: Zip.Entry, _ count: Int) throws(Failure) -> [UInt8] {
    guard entry.isDeflated else { return stored(entry).withBytes { Array($0.prefix(count)) } }
    var bytes: [UInt8] = []
    try inflate(entry) { (piece: UnsafeRawBufferPointer) throws(Failure) in
      bytes += piece.prefix(count - bytes.count)
      return bytes.count < count
    }
    return bytes
  }

  /// All bytes of an entry, checked against their sum: where they lie, or expanded into a file in
  /// `scratch`.
  func bytes(_ entry: Zip.Entry, scratch: String) throws(Failure) -> FileBytes {
    var sum = crc32(0, nil, 0)
    func add(_ piece: UnsafeRawBufferPointer) {
      sum = crc32_z(sum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
    }
    let bytes: FileBytes
    if entry.isDeflated {
      let file = try ScratchFile.mapped(in: scratch, count: entry.count) {
        (file: WritableFile) throws(Failure) in
        var place = 0
        try inflate(entry) { (piece: UnsafeRawBufferPointer) throws(Failure) in
          guard piece.count <= entry.count - place else {
            throw bad(entry, "more bytes than \(entry.count)", "what the directory says")
          }
          add(piece)
          try file.write(piece, at: place)
          place += piece.count
          return true
        }
        guard place == entry.count else {
          throw bad(entry, "\(place) bytes", "\(entry.count), as the directory says")
        }
      }
      bytes = file[0..<file.count]
    } else {
      bytes = stored(entry)
      bytes.withBytes { all in
        let piece = 1 << 24
        for start in stride(from: 0, to: all.count, by: piece) {
          add(UnsafeRawBufferPointer(rebasing: all[start..<min(start + piece, all.count)]))
          bytes.release()
        }
      }
    }
    guard UInt32(truncatingIfNeeded: sum) == entry.checksum else {
      throw bad(
        entry, "the sum \(String(UInt32(truncatingIfNeeded: sum), radix: 16))",
        "\(String(entry.checksum, radix: 16)), as the directory says")
    }
    return bytes
  }

  /// Expands a deflated entry piece by piece, until `take` says that it is enough.
  private func inflate(
    _ entry: Zip.Entry, _ take: (UnsafeRawBufferPointer) throws(Failure) -> Bool
  ) throws(Failure) {
    var stream = z_stream()
    // A negative window means data without zlib's own header.
    guard
      inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw Failure(.software, file: path, found: "zlib that does not start") }
    defer { inflateEnd(&stream) }
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { output.deallocate() }
    try stored(entry).withBytes { (stored: UnsafeRawBufferPointer) throws(Failure) in
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
          throw bad(entry, found, "deflated data")
        }
        guard try take(UnsafeRawBufferPointer(rebasing: output[..<made])) else { return }
      }
    }
  }
}
