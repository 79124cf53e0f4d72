import Foundation
import SeerSupport

/// Lines of a file descriptor as they come: what is there already at once, without waiting for
/// more.
struct LineSource {
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var searched = 0
  private var isAtEnd = false

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// At least one line where any is left, and what else can be read at once, up to some
  /// `bytes`; empty at the end.
  ///
  /// - Parameter checkpoint: called while waiting; what it throws ends the waiting.
  mutating func next(bytes: Int, checkpoint: () throws -> Void) throws -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var taken = 0
    while taken < bytes {
      if let line = takeLine() {
        taken += line.count + 1
        lines.append(line)
        continue
      }
      if isAtEnd {
        if !pending.isEmpty {
          lines.append(pending)
          pending = []
          searched = 0
        }
        break
      }
      if try isReadable(within: lines.isEmpty ? 100 : 0) {
        try read()
      } else if lines.isEmpty {
        try checkpoint()
      } else {
        break
      }
    }
    return lines
  }

  private mutating func takeLine() -> [UInt8]? {
    guard let end = pending[searched...].firstIndex(of: 0x0A) else {
      searched = pending.count
      return nil
    }
    let line = Array(pending[..<end])
    pending.removeFirst(end + 1)
    searched = 0
    return line
  }

  private func isReadable(within milliseconds: Int32) throws -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let count = poll(&entry, 1, milliseconds)
    guard count >= 0 || errno == EINTR else { throw failure("poll") }
    return count > 0
  }

  private mutating func read() throws {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let count = Foundation.read(descriptor, &piece, piece.count)
    if count < 0 {
      guard errno == EINTR || errno == EAGAIN else { throw failure("read") }
      return
    }
    isAtEnd = count == 0
    pending += piece[..<count]
  }

  private func failure(_ call: String) -> Failure {
    Failure(
      .missingInput, file: "standard input",
      found: "\(call) failed: \(String(cString: strerror(errno)))")
  }
}
