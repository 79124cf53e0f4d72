import ArgumentParser
import Core
import Foundation

/// Results to standard output, everything else to standard error, and the contract's exit codes.
enum Report {
  /// One JSON object; keys are sorted and in snake case.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  static func line(_ text: String) { write(text + "\n", to: FileHandle.standardOutput) }

  static func note(_ text: String) { write("seer: \(text)\n", to: FileHandle.standardError) }

  /// A reader that went away (`seer ... | head`) is no fault of ours.
  private static func write(_ text: String, to handle: FileHandle) {
    do { try handle.write(contentsOf: Data(text.utf8)) } catch { Foundation.exit(141) }
  }

  /// Ends the process with the contract's code for an error, after saying what it was.
  static func exit(_ error: any Error) -> Never {
    switch error {
    case let failure as Failure:
      note(failure.description)
      Foundation.exit(failure.kind.exitCode)
    case is Cancelled:
      note("interrupted")
      Foundation.exit(Failure.Kind.interrupted.exitCode)
    default:
      // The argument parser's own: help and version are results; the rest is wrong usage.
      let code = Seer.exitCode(for: error)
      let text = Seer.fullMessage(for: error)
      if code == .success {
        if !text.isEmpty { line(text) }
        Foundation.exit(0)
      }
      if code == .validationFailure {
        note(text.replacing("Error: ", with: "", maxReplacements: 1))
        Foundation.exit(Failure.Kind.usage.exitCode)
      }
      note("\(error)")
      Foundation.exit(Failure.Kind.software.exitCode)
    }
  }
}
