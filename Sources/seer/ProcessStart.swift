import Foundation
import SeerSupport

/// What the shell may have left undone before anything else opens a file or reads an argument.
enum ProcessStart {
  /// Puts something on descriptors 0 to 2 where they are closed, so that no file, pipe or socket of
  /// ours takes their place and is read for input or written to with messages.
  ///
  /// What is put there fails as the closed descriptor would: it cannot be read where input is read,
  /// nor written where output is written.
  static func holdStandardStreams() {
    for (descriptor, use) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ] where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free descriptor is this one.
      _ = open("/dev/null", use)
    }
  }

  /// What asks the program to stop in good order. SIGUSR1 is what launchers hand on to the ranks of
  /// a job without ending it themselves; they then tell the ranks' own exit code.
  static let interrupts = [SIGINT, SIGTERM, SIGUSR1]

  /// Interrupts before any work has begun: nothing is at stake yet. Jobs and the explorer put their
  /// own ways in place of this one.
  static func endOnInterrupts() {
    for number in interrupts {
      var current = sigaction()
      guard sigaction(number, nil, &current) == 0,
        current.__sigaction_handler.sa_handler == nil
      else { continue }
      signal(number) { _ in
        let words: StaticString = "seer: interrupted\n"
        _ = write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
        _exit(130)
      }
    }
  }

  /// Refuses arguments that are no text: as names of files they would reach us with other bytes.
  static func checkArguments() throws(Failure) {
    for place in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[place] else { return }
      let bytes = UnsafeRawBufferPointer(start: argument, count: strlen(argument))
      guard let wrong = UTF8Bytes.firstInvalid(in: bytes) else { continue }
      let byte = String(bytes[wrong], radix: 16, uppercase: true)
      throw Failure(
        .usage, place: "argument \(place), `\(String(decoding: bytes, as: UTF8.self))`",
        found: "byte 0x\(byte) at \(wrong), which is not UTF-8", wanted: "UTF-8",
        advice: "Give a file of such a name another one, or a link, and a text as UTF-8.")
    }
  }
}
