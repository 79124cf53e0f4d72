import Foundation

/// A file without a name that a stream is written to, to be mapped like any other: what comes out of
/// a pipe or a decompressor takes room on the disk, not in memory.
struct SpooledFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// - Parameter path: of what is read, for messages.
  init(for path: String) throws(Failure) {
    self.path = path
    let folder = FileManager.default.temporaryDirectory.path
    var name = (folder + "/seer-input-XXXXXX").utf8CString
    let made = name.withUnsafeMutableBufferPointer { buffer -> (descriptor: Int32, error: Int32) in
      guard let start = buffer.baseAddress else { return (-1, EINVAL) }
      let made = mkstemp(start)
      let code = errno
      if made >= 0 {
        unlink(start)
        _ = fcntl(made, F_SETFD, FD_CLOEXEC)
      }
      return (made, code)
    }
    descriptor = made.descriptor
    guard descriptor >= 0 else {
      throw Failure.system(
        .cannotWrite, "making a temporary file in \(folder)", file: path, code: made.error,
        advice: "Set TMPDIR to a folder that you may write to.")
    }
  }

  deinit { close(descriptor) }

  func append(_ bytes: UnsafeRawBufferPointer) throws(Failure) { try check(written(bytes)) }

  func append(_ bytes: [UInt8]) throws(Failure) {
    try check(bytes.withUnsafeBytes { written($0) })
  }

  /// The error of writing; 0 where all was written.
  private func written(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    var rest = bytes
    while !rest.isEmpty {
      let count = write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return errno }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return 0
  }

  private func check(_ code: Int32) throws(Failure) {
    guard code != 0 else { return }
    let folder = FileManager.default.temporaryDirectory.path
    throw Failure.system(
      .cannotWrite, "keeping what was read in \(folder)", file: path, code: code,
      advice: "Free some space there, or set TMPDIR to a folder with more.")
  }

  /// Maps what was written.
  func finish() throws(Failure) -> MappedFile { try MappedFile(mapping: descriptor, path: path) }
}
