import Foundation

/// Files that appear under their final name only when they are complete.
package enum OutputFile {
  /// Writes a whole file: first beside it, then renamed over it.
  package static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let partial = path + ".partial"
    let file = try WritableFile(path: partial, truncating: true)
    do throws(Failure) {
      try file.write(bytes, count: bytes.count, at: 0)
      try file.synchronize()
      try rename(partial, to: path)
    } catch {
      unlink(partial)
      throw error
    }
  }

  package static func write(_ text: String, to path: String) throws(Failure) {
    try write(Array(text.utf8), to: path)
  }

  package static func rename(_ from: String, to path: String) throws(Failure) {
    guard Foundation.rename(from, path) == 0 else {
      throw Failure.system(.cannotWrite, "renaming \(from)", file: path, code: errno)
    }
  }

  /// Makes a folder and those above it.
  package static func makeFolder(_ path: String) throws(Failure) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      let code = errno
      throw Failure(
        .cannotWrite, file: path,
        found: "a folder that cannot be made (\(String(cString: strerror(code))))",
        wanted: "a place to write to", advice: "Choose another folder.")
    }
  }
}

/// A file open for writing at any offset.
///
/// Writes go through `pwrite`: through a mapping, a full disk would be a signal, not an error.
package final class WritableFile {
  package let path: String
  private let descriptor: Int32

  package init(path: String, truncating: Bool) throws(Failure) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (truncating ? O_TRUNC : 0), 0o644)
    guard descriptor >= 0 else {
      throw Failure.system(
        .cannotWrite, "opening it for writing", file: path, code: errno,
        advice: "Choose a folder that you may write to.")
    }
  }

  deinit { close(descriptor) }

  package var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Failure) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw writeFailure(errno) }
      done += count
    }
  }

  /// Writes the first `count` elements of an array.
  package func write<Element: BitwiseCopyable>(
    _ elements: [Element], count: Int, at offset: Int
  ) throws(Failure) {
    var failure: Failure?
    elements.withUnsafeBytes { bytes in
      let part = UnsafeRawBufferPointer(rebasing: bytes[..<(count * MemoryLayout<Element>.stride)])
      do throws(Failure) { try write(part, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Claims the space, so that a full disk shows before hours of work.
  package func reserve(_ bytes: Int) throws(Failure) {
    let code = posix_fallocate(descriptor, 0, off_t(max(1, bytes)))
    guard code == 0 else { throw writeFailure(code, bytes: bytes) }
  }

  package func truncate(to bytes: Int) throws(Failure) {
    guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw writeFailure(errno) }
  }

  package func synchronize() throws(Failure) {
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw writeFailure(errno) }
  }

  /// Takes the file for this process; false where another one has it.
  package func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

  private func writeFailure(_ code: Int32, bytes: Int? = nil) -> Failure {
    let full = code == ENOSPC || code == EDQUOT || code == EFBIG
    return Failure.system(
      .cannotWrite, bytes.map { "reserving \($0) bytes" } ?? "writing", file: path, code: code,
      advice: full ? "Free some space or choose another folder, then give the command again." : nil)
  }
}
