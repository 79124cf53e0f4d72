import ArgumentParser
import Foundation
import LinearAlgebra
import SeerSupport
import Synchronization

/// Results to standard output, everything else to standard error, and the contract's exit codes.
package enum Report {
  /// One JSON object; keys are sorted and in snake case.
  static func json(_ value: some Encodable) throws { exact(try jsonText(value) + "\n") }

  /// The same as text. What is no number is null.
  static func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    // The encoder has no way to write null for a number; no text of ours is this one.
    let none = UUID().uuidString
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: none, negativeInfinity: none, nan: none)
    return String(decoding: try encoder.encode(value), as: UTF8.self)
      .replacing("\"\(none)\"", with: "null")
  }

  /// A line for people. Names and texts of others cannot steer the terminal: their control characters
  /// are shown.
  static func line(_ text: String) { piece(text + "\n") }

  /// A part of such a result as it comes.
  static func piece(_ text: String) { exact(VisibleText.lines(text)) }

  /// What a model writes, as it comes: byte for byte where it is kept, harmless on a terminal.
  static func stream(_ text: String) {
    if isatty(STDOUT_FILENO) != 0 { piece(text) } else { exact(text) }
  }

  private static let descriptor = Atomic<Int32>(STDOUT_FILENO)

  /// Where the output file is what results are printed to (`--output /dev/stdout`), they go to
  /// standard error: the file is to be whole.
  static func makeWay(for output: String) {
    if OutputFile.isStandardOutput(output) {
      descriptor.store(STDERR_FILENO, ordering: .relaxed)
    }
  }

  /// A result for programs, byte for byte.
  static func exact(_ text: String) {
    let descriptor = descriptor.load(ordering: .relaxed)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE {
        // A reader that went away (`seer ... | head`) is no fault of ours.
        end(141)
      } else if errno != EINTR {
        fail(
          Failure(
            .cannotWrite, file: "standard output",
            found: "writing failed: \(String(cString: strerror(errno)))",
            wanted: "a place for the result",
            advice: "Free some space or send the result elsewhere."))
      }
    }
  }

  /// Where even messages cannot be written there is no one to tell.
  package static func note(_ text: String) {
    let line = "seer: \(VisibleText.lines(text))\n"
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }

  /// Called with the exit code before the process ends.
  package static let ending = Locked<@Sendable (Int32) -> Void>({ _ in })

  /// Ends the process at once. Without exit handlers: OpenBLAS's frees what a job that is still in the
  /// background may be calculating with. Nothing of ours waits in a buffer, and files are renamed to
  /// their names only when they are whole.
  package static func end(_ status: Int32) -> Never {
    ending.withLock { $0 }(status)
    _exit(status)
  }

  /// Says what failed, and ends the process with its code.
  private static func fail(_ failure: Failure) -> Never {
    note(failure.description)
    end(failure.kind.exitCode)
  }

  /// Ends the process with the contract's code for an error, after saying what it was.
  static func exit(_ error: any Error, _ root: any ParsableCommand.Type) -> Never {
    switch error {
    case let failure as Failure: fail(failure)
    case is Cancelled:
      note("interrupted")
      end(Failure.Kind.interrupted.exitCode)
    default:
      // The argument parser's own: help and version are results; the rest is wrong usage.
      let code = root.exitCode(for: error)
      let text = root.fullMessage(for: error)
      if code == .success {
        if !text.isEmpty { exact(text + "\n") }
        end(0)
      }
      if code == .validationFailure {
        note(text.replacing("Error: ", with: "", maxReplacements: 1))
        end(Failure.Kind.usage.exitCode)
      }
      note("\(error)")
      end(Failure.Kind.software.exitCode)
    }
  }
}
