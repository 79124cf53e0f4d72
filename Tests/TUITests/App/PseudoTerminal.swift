import Foundation
import Testing

/// The program under test in a terminal of its own, of which every byte is seen.
///
/// Nothing waits for time: bytes are waited for, with a bound.
final class PseudoTerminal {
  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  private let master: Int32
  private let child: pid_t
  /// All that the program has sent.
  private(set) var output: [UInt8] = []
  private var isReaped = false

  init(
    _ width: Int, _ height: Int, _ arguments: [String], environment: [String: String] = [:]
  ) throws {
    // As posix_openpt, unlockpt and ptsname do it, which Swift does not see (Linux, tty_ioctl(4)).
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    let (unlock, askNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    var isLocked: Int32 = 0
    var number: Int32 = -1
    guard master >= 0, ioctl(master, unlock, &isLocked) == 0,
      ioctl(master, askNumber, &number) == 0
    else { throw Broken(description: "no pseudo terminal") }
    let name = "/dev/pts/\(number)"
    var size = winsize(
      ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The first terminal that the leader of a session opens is its own.
    for descriptor in 0..<Int32(3) {
      posix_spawn_file_actions_addopen(&actions, descriptor, name, O_RDWR, 0)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    // POSIX_SPAWN_SETSID: a macro that Swift does not see.
    let newSession: Int16 = 0x80
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | newSession)
    let folder = NSTemporaryDirectory() + "seer-pty-\(UUID().uuidString.prefix(8))"
    let variables = [
      "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder, "HOME": folder, "LANG": "C.UTF-8",
      "TERM": "xterm-256color", "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "interactive=no",
    ].merging(environment) { $1 }
    var words: [UnsafeMutablePointer<CChar>?] =
      ([Tmux.seer] + arguments).map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] =
      variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + settings { free(pointer) } }
    var started: pid_t = 0
    guard posix_spawn(&started, Tmux.seer, &actions, &attributes, &words, &settings) == 0 else {
      throw Broken(description: "cannot start \(Tmux.seer)")
    }
    child = started
  }

  deinit {
    if !isReaped {
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
    close(master)
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// What was sent after so many bytes, as text.
  func text(from start: Int = 0) -> String {
    String(decoding: output.dropFirst(start), as: UTF8.self)
  }

  /// Reads until what came after `start` is as wanted.
  func wait(_ what: String, from start: Int = 0, _ condition: (String) -> Bool) throws {
    let end = ContinuousClock.now + .seconds(20)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while !condition(text(from: start)) {
      guard ContinuousClock.now < end else {
        throw Broken(description: "no \(what) in: \(text(from: start).debugDescription)")
      }
      var waited = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      guard poll(&waited, 1, 200) > 0 else { continue }
      let count = read(master, &buffer, buffer.count)
      guard count > 0 else { throw Broken(description: "it ended before \(what)") }
      output += buffer.prefix(count)
    }
  }

  /// The exit code, once it has ended; what it sends until then is read.
  func ending() throws -> Int32 {
    let end = ContinuousClock.now + .seconds(20)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var status: Int32 = 0
    while waitpid(child, &status, WNOHANG) == 0 {
      guard ContinuousClock.now < end else { throw Broken(description: "it does not end") }
      var waited = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      if poll(&waited, 1, 20) > 0, case let count = read(master, &buffer, buffer.count), count > 0 {
        output += buffer.prefix(count)
      }
    }
    isReaped = true
    return status >> 8 & 0xFF
  }
}
