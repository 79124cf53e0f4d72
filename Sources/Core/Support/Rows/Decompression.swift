import CZlib
import CZstd

/// Compressed formats that are read as what they hold.
enum Compression: String {
  case gzip, zstd

  /// By the first bytes: gzip's magic; a frame of zstd, or one that zstd skips.
  init?(_ bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
      || (bytes.count >= 4 && bytes[0] & 0xF0 == 0x50
        && bytes[1...].starts(with: [0x2A, 0x4D, 0x18]))
    {
      self = .zstd
    } else {
      return nil
    }
  }

  /// The most bytes that so many compressed ones may become: rows shrink to a twentieth at best,
  /// and a hundredth is still read.
  static func limit(compressed: Int) -> Int { (1 << 30) + 100 * compressed }

  /// All that the members or frames of a file hold, one after the other.
  ///
  /// Fails where the data is damaged, ends early, is followed by something else, or becomes more
  /// than `limit` bytes.
  func decompress(_ file: MappedFile, limit: Int? = nil) throws(Failure) -> MappedFile {
    let limit = limit ?? Self.limit(compressed: file.count)
    let spool = try SpooledFile(for: file.path)
    var total = 0
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { output.deallocate() }
    var decoder = try Decoder(self, file.path)
    defer { decoder.end() }
    try file.withPieces { bytes throws(Failure) in
      var rest = bytes
      while true {
        let count = try decoder.step(&rest, into: output)
        guard count > 0 || !rest.isEmpty else { return }
        total += count
        guard total <= limit else {
          throw Failure(
            .badData, file: file.path,
            found: "\(file.count) bytes of \(rawValue) that become more than \(limit)",
            wanted: "text that does not grow a hundredfold",
            advice: "If it is right, decompress it first: \(command) -dc FILE > ROWS.")
        }
        try spool.append(
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<count]))
      }
    }
    guard decoder.isComplete else {
      throw Failure(
        .badData, file: file.path, place: "byte \(file.count)",
        found: "\(rawValue) data that ends in its middle", wanted: "all of it",
        advice: "Copy or download the file again.")
    }
    return try spool.finish()
  }

  fileprivate var command: String { rawValue }
}

/// The state of either library between pieces of input.
private struct Decoder {
  private let compression: Compression
  private let path: String
  /// zlib's state points back at it: it must stay where it is.
  private let gzip: UnsafeMutablePointer<z_stream>
  private let zstd: OpaquePointer?
  /// Whether the input so far ends where a member or frame does.
  private(set) var isComplete = false
  /// Bytes of input so far.
  private var consumed = 0

  init(_ compression: Compression, _ path: String) throws(Failure) {
    self.compression = compression
    self.path = path
    zstd = compression == .zstd ? ZSTD_createDStream() : nil
    gzip = .allocate(capacity: 1)
    gzip.initialize(to: z_stream())
    guard compression == .zstd ? zstd != nil : czlib_begin_gzip(gzip) == Z_OK else {
      gzip.deallocate()
      throw Failure(
        .software, file: path, found: "\(compression.rawValue) without memory", wanted: "some")
    }
  }

  func end() {
    if compression == .gzip { inflateEnd(gzip) }
    gzip.deallocate()
    ZSTD_freeDStream(zstd)
  }

  /// Takes some of the input; returns how many bytes it wrote. Nothing is left to do where it writes
  /// nothing and all input is taken.
  mutating func step(
    _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Int {
    let before = input.count
    let written =
      compression == .gzip ? try inflate(&input, output) : try unframe(&input, output)
    consumed += before - input.count
    return written
  }

  private mutating func inflate(
    _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Int {
    if isComplete {
      // Another member follows, or the zeros with which tapes are filled.
      while input.first == 0 { input = UnsafeRawBufferPointer(rebasing: input.dropFirst()) }
      guard !input.isEmpty else { return 0 }
      guard input[0] == 0x1F, inflateReset(gzip) == Z_OK else {
        throw failure("bytes after the compressed data that are none")
      }
      isComplete = false
    }
    gzip.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    gzip.pointee.avail_in = UInt32(input.count)
    gzip.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    gzip.pointee.avail_out = UInt32(output.count)
    let code = CZlib.inflate(gzip, Z_NO_FLUSH)
    let taken = input.count - Int(gzip.pointee.avail_in)
    // Without room or input there is nothing to do, which is no error.
    guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
      throw failure(gzip.pointee.msg.map { "damaged gzip data (\(String(cString: $0)))" })
    }
    input = UnsafeRawBufferPointer(rebasing: input[taken...])
    isComplete = code == Z_STREAM_END
    return output.count - Int(gzip.pointee.avail_out)
  }

  private mutating func unframe(
    _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Int {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    // Asked again after a whole frame with no input, it would begin another.
    guard !(isComplete && input.isEmpty) else { return 0 }
    let code = ZSTD_decompressStream(zstd, &target, &source)
    guard ZSTD_isError(code) == 0 else {
      throw failure("damaged zstd data (\(String(cString: ZSTD_getErrorName(code))))")
    }
    input = UnsafeRawBufferPointer(rebasing: input[source.pos...])
    isComplete = code == 0
    return target.pos
  }

  private func failure(_ found: String?) -> Failure {
    Failure(
      .badData, file: path, place: "after byte \(consumed)",
      found: found ?? "damaged \(compression.rawValue) data",
      wanted: "\(compression.rawValue) data to the end",
      advice: "Copy or download the file again; `\(compression.command) -t FILE` checks it.")
  }
}
