import Foundation
import SeerSupport

/// The user's own template without a line of Jinja: the turns as a JSON object.
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
/// `user`, `assistant` and `generation` are required. A turn is before, content, end, after, and
/// `"trim": true` takes the blanks around its content away. Without `system`, system messages are
/// refused.
struct ChatTemplateForm {
  private struct Members: Decodable {
    struct Turn: Decodable {
      var before: String?
      var end: String?
      var after: String?
      var trim: Bool?
    }
    var start: String?
    var system: Turn?
    var user: Turn
    var assistant: Turn
    var generation: String
    var default_system: String?
  }

  private let members: Members

  /// Nil where the text is no JSON object, but Jinja; fails where the object lacks something.
  init?(_ text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    let start = bytes.first { !($0 == 0x20 || 9...13 ~= $0) }
    guard start == UInt8(ascii: "{"), let open = bytes.firstIndex(of: UInt8(ascii: "{")),
      !"{%#".utf8.contains(bytes.dropFirst(open + 1).first ?? 0)
    else { return nil }
    do {
      members = try JSONDecoder().decode(Members.self, from: Data(bytes))
    } catch {
      throw Failure(
        .badData, place: "chat template", found: Self.words(error),
        wanted: "a JSON object with user, assistant and generation",
        advice: "See the form in docs/models.md, or give a template in Jinja.")
    }
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "no `\(key.stringValue)`"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` of another type"
    default: "no JSON object"
    }
  }

  /// The same in Jinja.
  var jinja: String {
    func quoted(_ text: String?) -> String { JSON.quoted(text ?? "") }
    func written(_ turn: Members.Turn, _ content: String) -> String {
      let content = turn.trim == true ? content + "|trim" : content
      return "{{ \(quoted(turn.before)) }}{{ \(content) }}{{ \(quoted(turn.end)) }}"
        + "{{ \(quoted(turn.after)) }}"
    }
    let system =
      members.system.map { written($0, "m.content") }
      ?? "{{ raise_exception('a system message, for which it has no turn') }}"
    var text = "{{ \(quoted(members.start)) }}"
    if let turn = members.system, let usual = members.default_system {
      text += "{% if messages[0].role != 'system' %}\(written(turn, quoted(usual))){% endif %}"
    }
    return text + "{% for m in messages %}{% if m.role == 'system' %}\(system)"
      + "{% elif m.role == 'user' %}\(written(members.user, "m.content"))"
      + "{% else %}\(written(members.assistant, "m.content")){% endif %}{% endfor %}"
      + "{% if add_generation_prompt %}{{ \(quoted(members.generation)) }}{% endif %}"
  }
}
