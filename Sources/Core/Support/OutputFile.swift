import Foundation

/// Files that appear under their final name only when they are complete.
package enum OutputFile {
  /// Writes a whole file, as ``OutputInProgress`` does.
  package static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let output = try OutputInProgress(path)
    try output.file.write(bytes, count: bytes.count, at: 0)
    try output.finish()
  }

  package static func write(_ text: String, to path: String) throws(Failure) {
    try write(Array(text.utf8), to: path)
  }

  package static func rename(_ from: String, to path: String) throws(Failure) {
    guard Foundation.rename(from, path) == 0 else {
      throw Failure.system(.cannotWrite, "renaming \(from)", file: path, code: errno)
    }
  }

  /// What a link leads to, whether it is there or not; other names as they are.
  package static func target(of path: String) throws(Failure) -> String {
    var path = path
    // As many links as the kernel follows.
    for _ in 0..<40 {
      guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
        return path
      }
      let folder = folder(of: path)
      path = next.utf8.first == slash || folder.isEmpty ? next : folder + "/" + next
    }
    throw Failure.system(.cannotWrite, "following its links", file: path, code: ELOOP)
  }

  private static let slash = UInt8(ascii: "/")

  /// The folder that a name's last part lies in; empty where the name has one part only.
  ///
  /// By bytes: a combining mark after a slash makes one character with it, and Foundation's own way
  /// traps on names of one letter.
  package static func folder(of path: String) -> String {
    var end = path.utf8.endIndex
    // Slashes at the end belong to the last part.
    while end > path.utf8.startIndex, path.utf8[path.utf8.index(before: end)] == slash {
      end = path.utf8.index(before: end)
    }
    guard let last = path.utf8[..<end].lastIndex(of: slash) else {
      return path.utf8.first == slash ? "/" : ""
    }
    return last == path.utf8.startIndex ? "/" : String(path[..<last])
  }

  /// Makes a folder and those above it; another process may make them at the same time.
  package static func makeFolder(_ path: String) throws(Failure) {
    if mkdir(path, 0o777) == 0 { return }
    var code = errno
    let above = folder(of: path)
    if code == ENOENT, !above.isEmpty, above != path {
      try makeFolder(above)
      if mkdir(path, 0o777) == 0 { return }
      code = errno
    }
    var status = stat()
    if code == EEXIST {
      if stat(path, &status) == 0, status.isFolder { return }
      code = ENOTDIR
    }
    throw Failure(
      .cannotWrite, file: path,
      found: "a folder that cannot be made (\(String(cString: strerror(code))))",
      wanted: "a place to write to", advice: "Choose another folder.")
  }

  /// Refuses to write over what is read: an input, or a file in a folder that is one.
  ///
  /// - Parameter option: names the output in the message.
  package static func check(
    _ output: String, isNoneOf inputs: [String], _ others: String?..., option: String = "--output"
  ) throws(Failure) {
    var status = stat()
    guard stat(output, &status) == 0, status.isRegular else { return }
    for input in inputs + others.compactMap({ $0 }) {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: input)) ?? []
      for path in [input] + files.map({ input + "/" + $0 }) {
        var other = stat()
        guard stat(path, &other) == 0, other.isSame(as: status) else { continue }
        throw Failure(
          .usage, place: option, found: "\(output), which is read (\(path))",
          wanted: "another name", advice: "Nothing was written.")
      }
    }
  }

  /// Whether a name leads to the place that results are printed to, as `/dev/stdout` does.
  package static func isStandardOutput(_ path: String) -> Bool {
    var (named, printed) = (stat(), stat())
    guard stat(path, &named) == 0, fstat(STDOUT_FILENO, &printed) == 0 else { return false }
    // What goes to /dev/null mixes with nothing.
    return named.isSame(as: printed) && (!named.isDevice || isatty(STDOUT_FILENO) != 0)
  }

  /// Whether a name leads to a file, or to nothing yet.
  package static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.isRegular
  }

  /// Whether a name leads to a pipe or a device, beside which no other file belongs.
  package static func isStream(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && !status.isRegular && !status.isFolder
  }
}

/// A file that is being written. What is not finished by ``finish()`` goes with this value.
///
/// It is written beside its final name, under the name with `.partial` after it, and renamed when it
/// is complete. Of a file that is there mode and owner stay, and a link is followed to its file.
/// What is no regular file (a device, a pipe, an output that the shell has opened) is written to
/// as it is, as by `cp`.
package final class OutputInProgress {
  package let file: WritableFile
  private let path: String
  /// Nil where the place itself is written to.
  private var partial: String?

  package init(_ path: String) throws(Failure) {
    var status = stat()
    let isThere = stat(path, &status) == 0
    if isThere, !status.isRegular {
      self.path = path
      file = try WritableFile(through: path, isPipe: status.isPipe)
      return
    }
    if isThere, let descriptor = Self.printed(to: status) {
      self.path = path
      file = WritableFile(taking: descriptor, path: path)
      return
    }
    let target = try OutputFile.target(of: path)
    var named = stat()
    if isThere, stat(target, &named) != 0 || !named.isSame(as: status) {
      // An open file whose name is gone, as /dev/fd/3 may be.
      self.path = path
      file = try WritableFile(through: path, isPipe: false)
      return
    }
    if isThere, access(target, W_OK) != 0 {
      throw Failure.system(
        .cannotWrite, "opening it for writing", file: path, code: errno,
        advice: "Choose another file, or make it writable.")
    }
    let partial = target + ".partial"
    self.path = target
    file = try Self.locked(partial, mode: isThere ? status.st_mode & 0o777 : 0o666)
    self.partial = partial
    if isThere { try file.take(ownerAndMode: status) }
  }

  deinit {
    if let partial { unlink(partial) }
  }

  /// Gives the file its name.
  package func finish() throws(Failure) {
    try file.synchronize()
    guard let partial else { return }
    try OutputFile.rename(partial, to: path)
    self.partial = nil
  }

  /// A descriptor of its own for what standard output or error write to, where that is this file:
  /// to rename another one over it would take it from them.
  private static func printed(to file: stat) -> Int32? {
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.isSame(as: file) else { continue }
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
      return copy < 0 ? nil : copy
    }
    return nil
  }

  /// An empty file that no other process is writing.
  private static func locked(_ partial: String, mode: mode_t) throws(Failure) -> WritableFile {
    while true {
      let file = try WritableFile(path: partial, truncating: false, mode: mode)
      guard file.lock() else {
        throw Failure(
          .cannotWrite, file: partial, found: "another seer writing this file",
          wanted: "a name of its own", advice: "Wait for it, or choose another name.")
      }
      // Between opening and locking, the other one may have finished and renamed it.
      guard file.hasName else { continue }
      try file.truncate(to: 0)
      return file
    }
  }
}

/// A folder that one process at a time may write to; free again when this value goes.
package final class FolderLock {
  private let descriptor: Int32

  /// - Parameter work: what another one is doing there, for the message.
  package init(_ folder: String, work: String) throws(Failure) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure.system(.cannotWrite, "opening the folder", file: folder, code: errno)
    }
    // File systems without locks have none to respect.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      close(descriptor)
      throw Failure(
        .cannotWrite, file: folder, found: "another seer \(work)", wanted: "a folder of its own",
        advice: "Wait for it, or choose another folder.")
    }
  }

  deinit { close(descriptor) }
}

/// A file open for writing at any offset.
///
/// Writes go through `pwrite`: through a mapping, a full disk would be a signal, not an error.
package final class WritableFile {
  package let path: String
  private let descriptor: Int32
  /// Where a stream stands, which takes its bytes in order only; nil for other files.
  private var position: Int?

  package init(path: String, truncating: Bool, mode: mode_t = 0o666) throws(Failure) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (truncating ? O_TRUNC : 0), mode)
    guard descriptor >= 0 else {
      throw Failure.system(
        .cannotWrite, "opening it for writing", file: path, code: errno,
        advice: "Choose a folder that you may write to.")
    }
  }

  /// Opens what is no regular file.
  ///
  /// A pipe's reader is waited for three seconds. One that has none then still takes what it has room
  /// for, as it does for a shell that opens it by `<>`.
  fileprivate init(through path: String, isPipe: Bool) throws(Failure) {
    self.path = path
    position = 0
    var opened = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | (isPipe ? O_NONBLOCK : 0))
    var left = isPipe ? 30 : 0
    while opened < 0, errno == ENXIO, left > 0 {
      left -= 1
      usleep(100_000)
      opened = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
    }
    if opened >= 0 {
      // Only the wait for a reader was to end.
      if isPipe { _ = fcntl(opened, F_SETFL, 0) }
    } else if errno == ENXIO, isPipe {
      opened = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    }
    descriptor = opened
    guard descriptor >= 0 else {
      throw Failure.system(
        .cannotWrite, "opening it for writing", file: path, code: errno,
        advice: "Choose a file that you may write to.")
    }
  }

  fileprivate init(taking descriptor: Int32, path: String) {
    self.path = path
    self.descriptor = descriptor
    position = 0
  }

  deinit { close(descriptor) }

  package var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Whether its name still leads to it.
  fileprivate var hasName: Bool {
    var (own, named) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && stat(path, &named) == 0 && own.isSame(as: named)
  }

  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Failure) {
    if let position { try fill(from: position, to: offset) }
    try writeAll(bytes, at: offset)
    if position != nil { position = offset + bytes.count }
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Failure) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count =
        position == nil
        ? pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done))
        : Foundation.write(descriptor, base + done, bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw writeFailure(errno) }
      done += count
    }
  }

  /// The zeros that a regular file has where nothing was written.
  private func fill(from position: Int, to offset: Int) throws(Failure) {
    guard offset >= position else {
      throw Failure(
        .cannotWrite, file: path, found: "a pipe or a device", wanted: "a file",
        advice: "This is not written from its beginning to its end: give the name of a file.")
    }
    guard offset > position else { return }
    let zeros = [UInt8](repeating: 0, count: offset - position)
    var failure: Failure?
    zeros.withUnsafeBytes { bytes in
      do throws(Failure) { try writeAll(bytes, at: position) } catch { failure = error }
    }
    if let failure { throw failure }
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
    guard position == nil else { return }
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw writeFailure(errno) }
  }

  /// Takes the file for this process; false where another one has it. File systems without locks
  /// have none to respect.
  package func lock() -> Bool {
    flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
  }

  /// The mode of the file that this one replaces, and its owner where one may give files away.
  fileprivate func take(ownerAndMode status: stat) throws(Failure) {
    _ = fchown(descriptor, status.st_uid, status.st_gid)
    guard fchmod(descriptor, status.st_mode & 0o7777) == 0 else { throw writeFailure(errno) }
  }

  private func writeFailure(_ code: Int32, bytes: Int? = nil) -> Failure {
    let full = code == ENOSPC || code == EDQUOT || code == EFBIG
    let advice =
      full
      ? "Free some space or choose another folder, then give the command again."
      : code == EAGAIN ? "Nobody reads the pipe, and it is full: start its reader first." : nil
    return Failure.system(
      .cannotWrite, bytes.map { "reserving \($0) bytes" } ?? "writing", file: path, code: code,
      advice: advice)
  }
}

extension stat {
  fileprivate var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
  fileprivate var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
  fileprivate var isPipe: Bool { st_mode & S_IFMT == S_IFIFO }
  fileprivate var isDevice: Bool { st_mode & S_IFMT == S_IFCHR || st_mode & S_IFMT == S_IFBLK }

  fileprivate func isSame(as other: stat) -> Bool {
    st_dev == other.st_dev && st_ino == other.st_ino
  }
}
