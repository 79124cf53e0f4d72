import Foundation

/// What went wrong with something the user gave us, in the parts every message must have.
///
///     Failure(.badData, file: "model.gguf", place: "tensor blk.0.attn_q.weight, offset 1024",
///             found: "71 bytes", wanted: "20,480 bytes",
///             advice: "The file is truncated: download it again.")
///
/// Its ``description`` is the one sentence shown to the user; ``Kind/exitCode`` is the contract's.
package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// Options or arguments that cannot be used (64).
    case usage
    /// Data or a model that cannot be used (65).
    case badData
    /// An input that is not there (66).
    case missingInput
    /// Our own fault (70).
    case software
    /// Output that cannot be created or written (73).
    case cannotWrite
    /// Stopped by the user (130).
    case interrupted

    package var exitCode: Int32 {
      switch self {
      case .usage: 64
      case .badData: 65
      case .missingInput: 66
      case .software: 70
      case .cannotWrite: 73
      case .interrupted: 130
      }
    }
  }

  package var kind: Kind
  /// The file, folder or option concerned.
  package var file: String?
  /// The place in it: a line, a key, a tensor, a byte offset.
  package var place: String?
  package var found: String
  package var wanted: String?
  /// What to do next: a full sentence.
  package var advice: String?

  package init(
    _ kind: Kind, file: String? = nil, place: String? = nil, found: String,
    wanted: String? = nil, advice: String? = nil
  ) {
    self.kind = kind
    self.file = file
    self.place = place
    self.found = found
    self.wanted = wanted
    self.advice = advice
  }

  package var description: String {
    let subject = [file, place].compactMap { $0 }.joined(separator: ", ")
    var text = subject.isEmpty ? "" : subject + ": "
    text += "found " + found
    if let wanted { text += ", wanted " + wanted }
    text += "."
    if let advice { text += " " + advice }
    return text
  }

  /// The failure of a system call on a file, worded from `errno`.
  package static func system(
    _ kind: Kind, _ action: String, file: String, code: Int32, advice: String? = nil
  ) -> Failure {
    Failure(
      kind, file: file, found: "\(action) failed: \(String(cString: strerror(code)))",
      advice: advice)
  }
}
