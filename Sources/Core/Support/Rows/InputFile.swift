import Foundation
import LinearAlgebra

/// What a user names as an input: a file, or a pipe, a FIFO, `/dev/stdin`, which can be read once
/// only.
package enum InputFile {
  /// The bytes of a file, mapped where it lies, or of all that comes out of a pipe.
  ///
  /// What a pipe gave is kept as long as the process lives: whoever names it again gets it again.
  /// Fails where there is nothing, and for folders and devices other than terminals.
  package static func bytes(of path: String) throws(Failure) -> MappedFile {
    let kind = try self.kind(of: path)
    guard kind.isStream else { return try MappedFile(path: path) }
    return try streams.withLock { streams throws(Failure) in
      if let known = streams[kind.key] { return known }
      let file = try read(path)
      streams[kind.key] = file
      return file
    }
  }

  private struct Key: Hashable {
    let path: String
    let device: UInt
    let inode: UInt
  }

  private static let streams = Locked<[Key: MappedFile]>([:])

  private static func kind(of path: String) throws(Failure) -> (isStream: Bool, key: Key) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      throw Failure.system(
        code == ENOENT || code == ENOTDIR ? .missingInput : .badData, "opening the file",
        file: path, code: code, advice: code == ENOENT ? "Check the path." : nil)
    }
    let key = Key(path: path, device: UInt(status.st_dev), inode: UInt(status.st_ino))
    switch status.st_mode & S_IFMT {
    case S_IFREG: return (false, key)
    case S_IFIFO, S_IFSOCK, S_IFCHR: return (true, key)
    case S_IFDIR: throw ForeignFormat.folder(path)
    default:
      throw Failure(
        .badData, file: path, found: "a device", wanted: "a file or a pipe",
        advice: "Give the path of a file.")
    }
  }

  /// Reads a stream to its end.
  private static func read(_ path: String) throws(Failure) -> MappedFile {
    let descriptor = try open(path)
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFCHR, isatty(descriptor) == 0,
      status.st_rdev != nullDevice
    {
      throw Failure(
        .badData, file: path, found: "a device that may never end", wanted: "a file or a pipe",
        advice: "Give the path of a file.")
    }
    let spool = try SpooledFile(for: path)
    var piece = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      try wait(for: descriptor, path)
      let count = Foundation.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count >= 0 else {
        throw Failure.system(.badData, "reading the pipe", file: path, code: errno)
      }
      if count == 0 { return try spool.finish() }
      try spool.append(Array(piece[..<count]))
    }
  }

  private static var nullDevice: dev_t {
    var status = stat()
    return stat("/dev/null", &status) == 0 ? status.st_rdev : 0
  }

  /// Opens a stream. Our own descriptors are duplicated: opening their names again fails for sockets
  /// and for pipes of other users. A FIFO is opened without waiting for its writer, so that waiting
  /// can be interrupted.
  private static func open(_ path: String) throws(Failure) -> Int32 {
    let own =
      path == "/dev/stdin"
      ? 0
      : ["/dev/fd/", "/proc/self/fd/"].lazy.filter { path.hasPrefix($0) }
        .compactMap { Int32(path.dropFirst($0.count)) }.first
    guard let own else { return try MappedFile.open(path, flags: O_NONBLOCK) }
    let descriptor = fcntl(own, F_DUPFD_CLOEXEC, 3)
    guard descriptor >= 0 else {
      throw Failure.system(.missingInput, "opening the file", file: path, code: errno)
    }
    return descriptor
  }

  /// Waits until there is something to read or no writer is left.
  private static func wait(for descriptor: Int32, _ path: String) throws(Failure) {
    while true {
      if JobContext.current?.isCancelled == true {
        throw Failure(.interrupted, file: path, found: "an interruption while it was read")
      }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let count = poll(&entry, 1, 100)
      guard count >= 0 || errno == EINTR else {
        throw Failure.system(.badData, "waiting for the pipe", file: path, code: errno)
      }
      if count > 0 { return }
    }
  }
}
