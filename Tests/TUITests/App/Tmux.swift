import Foundation
import TestSupport
import Testing

/// A shell in a tmux server of its own, and the program under test beside the test bundle.
///
/// Nothing waits for time: conditions on the screen are polled for, with a bound.
final class Tmux {
  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  private static let binary = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/bin/tmux"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  static var isInstalled: Bool { binary != nil }

  /// `seer`, built into the same folder as the running test bundle.
  static let seer: String = {
    let bundle =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("seer")
      .path
  }()

  private let socket = "seer-test-\(UUID().uuidString.prefix(8))"

  init(_ width: Int, _ height: Int, environment: [String: String] = [:]) throws {
    var command = ["-f", "/dev/null", "new-session", "-d", "-s", "s"]
    command += ["-x", "\(width)", "-y", "\(height)", "env"]
    var variables = [
      // Nothing of the user's is read or changed.
      "XDG_STATE_HOME": NSTemporaryDirectory() + socket + "-state",
      "XDG_CONFIG_HOME": NSTemporaryDirectory() + socket + "-configuration",
      "LANG": "C.UTF-8", "NO_COLOR": "", "PS1": "$ ", "SWIFT_BACKTRACE": "interactive=no",
    ]
    variables.merge(environment) { $1 }
    command += variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + ["sh"]
    _ = try tmux(command)
    _ = try tmux(["set", "-g", "remain-on-exit", "on"])
    try wait("a prompt") { $0.contains("$") }
  }

  deinit {
    _ = try? tmux(["kill-server"])
    for name in ["-state", "-configuration"] {
      try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + socket + name)
    }
  }

  @discardableResult
  func tmux(_ arguments: [String]) throws -> String {
    // Not Foundation's Process: it needs a run loop, which the test's thread does not have.
    let path = NSTemporaryDirectory() + socket
    defer { unlink(path) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // The server outlives this call: it must hold none of our files, and hear every signal, which
    // a thread of a pool has blocked.
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let binary = Self.binary ?? "/usr/bin/tmux"
    let words = [binary, "-L", socket] + arguments
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var child: pid_t = 0
    guard posix_spawn(&child, binary, &actions, &attributes, &pointers, environ) == 0 else {
      throw Broken(description: "cannot start \(binary)")
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  func screen(colors: Bool = false) throws -> String {
    try tmux(["capture-pane", "-p", "-t", "s"] + (colors ? ["-e"] : []))
  }

  /// A line for the shell.
  func run(_ line: String) throws {
    try tmux(["send-keys", "-t", "s", "-l", line])
    try tmux(["send-keys", "-t", "s", "Enter"])
  }

  /// Starts the explorer on a run and waits for its map.
  func explore(_ run: RunFixture, _ options: String = "") throws {
    try self.run("clear; \(Self.seer) explore --run \(run.folder) \(options); echo code=$?")
    try wait("the map") { $0.contains("layers") && $0.contains("quit") }
  }

  func keys(_ keys: String...) throws { try tmux(["send-keys", "-t", "s"] + keys) }

  func resize(_ width: Int, _ height: Int) throws {
    try tmux(["resize-window", "-t", "s", "-x", "\(width)", "-y", "\(height)"])
  }

  /// Whether a program shows the alternate screen.
  func isOnAlternateScreen() throws -> Bool {
    try tmux(["display", "-p", "-t", "s", "#{alternate_on}"]).hasPrefix("1")
  }

  /// The process that the shell has started.
  func child() throws -> Int32 {
    let shell = try tmux(["display", "-p", "-t", "s", "#{pane_pid}"]).trimmingCharacters(
      in: .whitespacesAndNewlines)
    let path = "/proc/\(shell)/task/\(shell)/children"
    let children = try String(contentsOfFile: path, encoding: .utf8)
    guard let child = children.split(separator: " ").last.flatMap({ Int32($0) }) else {
      throw Broken(description: "the shell has no child")
    }
    return child
  }

  func wait(
    _ what: String, colors: Bool = false, _ condition: (String) throws -> Bool
  ) throws {
    let end = ContinuousClock.now + .seconds(20)
    var last = ""
    while ContinuousClock.now < end {
      last = try screen(colors: colors)
      if try condition(last) { return }
      usleep(20_000)
    }
    throw Broken(description: "no \(what) on this screen:\n\(last)")
  }

  /// Waits for the shell to be back, with an exit code and an echoing, cooked terminal.
  func expectSaneShell(code: Int32, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try wait("exit code \(code)") { $0.contains("code=\(code)\n") }
    #expect(try isOnAlternateScreen() == false, sourceLocation: sourceLocation)
    try run("clear; stty -a | grep -qw -- -echo; echo echo=$?")
    try wait("an echoing terminal") { $0.contains("echo=1") }
    try run("clear; stty -a | grep -qw -- -icanon; echo cooked=$?")
    try wait("a cooked terminal") { $0.contains("cooked=1") }
  }
}
