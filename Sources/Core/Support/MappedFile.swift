import Foundation

/// A whole file, mapped read-only.
///
/// The bytes are reached only where the mapping is held: within ``withBytes(_:)``, or through a
/// value that has the file (``FileBytes``). Mapping costs no memory until pages are touched. A file
/// that another process cuts short while it is mapped ends this process with SIGBUS: the kernel
/// leaves no way around that.
package final class MappedFile: Sendable {
  package let path: String
  // Read-only pages at one address until `deinit`: any thread may read them.
  nonisolated(unsafe) private let bytes: UnsafeRawBufferPointer

  package convenience init(path: String) throws(Failure) {
    // A pipe is refused below, not waited for.
    let descriptor = try Self.open(path, flags: O_NONBLOCK)
    defer { close(descriptor) }
    try self.init(mapping: descriptor, path: path)
  }

  /// Opens a file to read.
  static func open(_ path: String, flags: Int32 = 0) throws(Failure) -> Int32 {
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | flags)
    guard descriptor >= 0 else {
      let code = errno
      throw Failure.system(
        code == ENOENT || code == ENOTDIR ? .missingInput : .badData, "opening the file",
        file: path, code: code,
        advice: code == ENOENT ? "Check the path." : nil)
    }
    return descriptor
  }

  /// Maps an open regular file; the descriptor is no longer needed then.
  init(mapping descriptor: Int32, path: String) throws(Failure) {
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw Failure.system(.badData, "reading its size", file: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.badData, file: path, found: "not a regular file", wanted: "a file")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED
    else { throw Failure.system(.badData, "mapping the file", file: path, code: errno) }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  /// A text in memory that is read as if it were a file.
  ///
  /// - Parameter name: stands for the path in messages.
  package convenience init(text: [UInt8], name: String) throws(Failure) {
    try self.init(path: name, count: text.count) { memory throws(Failure) in
      memory.copyBytes(from: text)
    }
  }

  /// Memory of our own in place of a file's, for what does not lie in it as it is wanted; `path` is
  /// what it was made from.
  package init(
    path: String, count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    self.path = path
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    // Shared, so that pages that are given back to the kernel come again as they were.
    let base = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
    guard let base, base != MAP_FAILED else {
      throw Failure.system(.badData, "making room for \(count) bytes", file: path, code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
    try fill(UnsafeMutableRawBufferPointer(start: base, count: count))
    mprotect(base, count, PROT_READ)
  }

  deinit {
    if let base = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  package var count: Int { bytes.count }

  /// Gives the whole file's bytes, which must not outlive the call.
  package func withBytes<Result, Problem: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  /// Gives some of the bytes, counted from 0. Precondition: the range lies within the file.
  package func withBytes<Result, Problem: Error>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  /// Gives the bytes in order, some megabytes at a time, and lets go of the memory behind them: what
  /// is read once need not stay.
  package func withPieces(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    for start in stride(from: 0, to: count, by: Self.piece) {
      let range = start..<min(count, start + Self.piece)
      try withBytes(in: range, body)
      release(range)
    }
  }

  private static let piece = 8 << 20

  /// Lets go of the memory of whole pages within a range; they are read again when touched.
  func release(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let start = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    guard let base = bytes.baseAddress, start < end, range.upperBound <= count else { return }
    _ = madvise(UnsafeMutableRawPointer(mutating: base) + start, end - start, MADV_DONTNEED)
  }

  /// A copy of the bytes, for small files.
  package var data: Data { withBytes { Data($0) } }

  /// A copy of some of the bytes. Precondition: the range lies within the file.
  package func copy(_ range: Range<Int>) -> [UInt8] { withBytes(in: range) { Array($0) } }

  /// Some of the bytes, where they lie. Precondition: the range lies within the file.
  package subscript(_ range: Range<Int>) -> FileBytes { FileBytes(self, range) }
}

/// Some of a mapped file's bytes, with the mapping that they lie in.
package struct FileBytes: Sendable {
  package let file: MappedFile
  /// Their place in the file.
  package let range: Range<Int>

  fileprivate init(_ file: MappedFile, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.count)
    self.file = file
    self.range = range
  }

  /// Gives the bytes, which must not outlive the call.
  package func withBytes<Result, Problem: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
  ) throws(Problem) -> Result { try file.withBytes(in: range, body) }
}

extension FileBytes {
  /// Gives the bytes' pages back to the kernel, which reads them again from the file when they are
  /// wanted: what is mapped counts as this process's memory.
  package func release() {
    let page = UInt(getpagesize())
    withBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let first = UInt(bitPattern: base) / page * page
      let count = UInt(bitPattern: base) + UInt(bytes.count) - first
      // Read-only pages of a file: nothing is lost, whoever else reads them.
      if let start = UnsafeMutableRawPointer(bitPattern: first) {
        madvise(start, Int(count), MADV_DONTNEED)
      }
    }
  }
}
