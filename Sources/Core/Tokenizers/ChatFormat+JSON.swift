import Foundation
import SeerSupport

/// The user's own template, for models whose template is of no known family: a JSON object.
///
///     {
///       "start": "<s>",
///       "system": {"before": "<|system|>\n", "end": "</s>", "after": "\n"},
///       "user": {"before": "<|user|>\n", "end": "</s>", "after": "\n"},
///       "assistant": {"before": "<|assistant|>\n", "end": "</s>", "after": "\n"},
///       "generation": "<|assistant|>\n",
///       "default_system": "You are helpful."
///     }
///
/// `user`, `assistant` and `generation` are required. A turn is before, content, end, after; the
/// positions `last` and `prompt-end` are the last token of `end`.
extension ChatFormat {
  private struct Members: Decodable {
    struct Turn: Decodable {
      var before: String?
      var end: String?
      var after: String?
      var trim: Bool?

      var turn: ChatFormat.Turn {
        ChatFormat.Turn(
          before: before ?? "", end: end ?? "", after: after ?? "", trims: trim ?? false)
      }
    }
    var start: String?
    var system: Turn?
    var user: Turn
    var assistant: Turn
    var generation: String
    var default_system: String?
  }

  package init(json text: [UInt8], file: String? = nil) throws(Failure) {
    let members: Members
    do {
      members = try JSONDecoder().decode(Members.self, from: Data(text))
    } catch {
      throw Failure(
        .badData, file: file, place: "chat template", found: Self.words(error),
        wanted: "a JSON object with user, assistant and generation",
        advice: "See the form in docs/models.md, or give a template of a known family.")
    }
    start = members.start ?? ""
    system = members.system?.turn ?? Turn()
    user = members.user.turn
    assistant = members.assistant.turn
    generation = members.generation
    systemPlace = members.system == nil ? .refused : .turn
    defaultSystem = members.system == nil ? nil : members.default_system
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "no `\(key.stringValue)`"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` of another type"
    default: "no JSON object"
    }
  }
}

extension ChatTemplate {
  /// The text of a template file; fails where it is neither of a known family nor the form of
  /// ``ChatFormat``.
  package static func text(ofFile path: String) throws(Failure) -> String {
    let file = try MappedFile(path: path)
    let bytes = file.copy(0..<file.count)
    let text = String(decoding: bytes, as: UTF8.self)
    if ChatTemplate(text).format == nil { _ = try ChatFormat(json: bytes, file: path) }
    return text
  }
}
