import Foundation
import LinearAlgebra
import SeerSupport

/// Runs one job of the engine for the command: progress to standard error, Ctrl-C cancels.
func runJob<Output: Sendable>(
  _ title: String, priority: JobPriority = .map, showsProgress: Bool = false,
  _ body: @escaping @Sendable (JobContext) throws -> Output
) throws -> Output {
  Interrupts.listen()
  let engine = Engine()
  let printer = ProgressPrinter(title: title)
  let job = engine.submit(
    title, priority: priority,
    onEvent: { event in
      guard showsProgress, case .progress(let progress) = event else { return }
      printer.show(progress)
    }, body: body)
  let interrupts = Interrupts.whenSent { job.cancel() }
  defer { interrupts?.cancel() }
  let result = Result { try job.wait() }
  printer.finish()
  return try result.get()
}

/// Ctrl-C and the like. What is sent before somebody waits for it is kept in a pipe: a dispatch
/// source for the signals themselves would miss what comes while it is being set up.
private enum Interrupts {
  private static let pipe: (reading: Int32, writing: Int32) = {
    var ends: [Int32] = [-1, -1]
    guard Foundation.pipe(&ends) == 0 else { return (-1, -1) }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    return (ends[0], ends[1])
  }()

  /// From here on the signals end nothing by themselves.
  static func listen() {
    // Without a pipe (no file descriptor left) Ctrl-C does what it does by default.
    guard pipe.writing >= 0 else { return }
    var wanted = sigset_t()
    sigemptyset(&wanted)
    for number in ProcessStart.interrupts {
      sigaddset(&wanted, number)
      signal(number) { _ in
        let error = errno
        var byte: UInt8 = 1
        _ = write(Interrupts.pipe.writing, &byte, 1)
        errno = error
      }
    }
    // Who started this program may have held them back, and a program inherits that.
    pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
  }

  static func whenSent(_ body: @escaping @Sendable () -> Void) -> (any DispatchSourceRead)? {
    guard pipe.reading >= 0 else { return nil }
    let source = DispatchSource.makeReadSource(fileDescriptor: pipe.reading, queue: .global())
    source.setEventHandler {
      var bytes = [UInt8](repeating: 0, count: 16)
      while read(pipe.reading, &bytes, bytes.count) > 0 {}
      body()
    }
    source.resume()
    return source
  }
}

/// A progress bar on a terminal, plain lines every few seconds elsewhere.
final class ProgressPrinter: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant?
    /// What was counted then: something new is told at once.
    var unit = ""
    var isOpen = false
  }

  private let title: String
  private let isTerminal = isatty(2) != 0
  private let state = Locked(State())

  init(title: String) { self.title = title }

  func show(_ progress: JobProgress) {
    let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
    let isLast = progress.total > 0 && progress.completed >= progress.total
    state.withLock { state in
      let isNew = progress.unit != state.unit
      if let last = state.lastShown, last.duration(to: .now) < interval, !isLast, !isNew { return }
      state.lastShown = .now
      state.unit = progress.unit
      let text = line(progress)
      if isTerminal {
        state.isOpen = true
        write("\r\u{1B}[K\(text)")
      } else {
        write("\(text)\n")
      }
    }
  }

  func finish() {
    state.withLock { state in
      if state.isOpen { write("\n") }
      state.isOpen = false
    }
  }

  /// Progress that cannot be shown (a closed or full standard error) must not end the work.
  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  private func line(_ progress: JobProgress) -> String {
    var parts = ["\(title):"]
    if let fraction = progress.fraction {
      if isTerminal {
        let filled = Int(fraction * 24)
        parts.append(
          "[" + String(repeating: "#", count: filled)
            + String(repeating: "-", count: 24 - filled) + "]")
      }
      parts.append("\(Int(fraction * 100)) %")
    }
    parts.append(
      progress.total > 0
        ? "\(progress.completed)/\(progress.total) \(progress.unit)"
        : "\(progress.completed) \(progress.unit)")
    if !progress.message.isEmpty { parts.append(VisibleText.line(progress.message)) }
    if let left = progress.remaining { parts.append("\(Self.time(left)) left") }
    if progress.memory > 0 { parts.append("\(progress.memory / 1_000_000) MB working memory") }
    return parts.joined(separator: " ")
  }

  static func time(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m\(seconds % 60)s" }
    return "\(seconds / 3600)h\(seconds % 3600 / 60)m"
  }
}
