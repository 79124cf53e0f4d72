import SeerSupport
import SeerTemplates

/// What the user gave of the chat template, as far as it can change the text: what recipes keep, so
/// that texts written in other ways are told apart.
package struct ChatRecord: Equatable, Sendable {
  /// Of the file that the template was read from, where it is not the model's own.
  package var fileSHA256: String?
  /// The template's variables that the user gave, as JSON.
  package var arguments: [String: String]?
  /// The template's today.
  package var date: String?

  package init(
    fileSHA256: String? = nil, arguments: [String: String]? = nil, date: String? = nil
  ) {
    self.fileSHA256 = fileSHA256
    self.arguments = arguments
    self.date = date
  }

  /// Reads the template's file, where it has one, for its hash.
  package init(_ chat: ChatTemplate) throws(Failure) {
    fileSHA256 = try chat.file.map { path throws(Failure) in try sha256(ofFile: path) }
    arguments = chat.recordedArguments
    date = chat.recordedDate
  }

  /// As the options that it came from.
  package var description: String {
    var parts: [String] = []
    if let fileSHA256 { parts.append("--template-file (SHA-256 \(fileSHA256.prefix(8))...)") }
    for (name, value) in (arguments ?? [:]).sorted(by: { $0.key < $1.key }) {
      parts.append("--template-arg \(name)=\(value)")
    }
    if let date { parts.append("--date \(date)") }
    return parts.isEmpty ? "the model's own template as it is" : parts.joined(separator: " ")
  }
}

extension ChatOptions {
  /// The options that a recipe keeps, but for the template's file, whose name it does not.
  package init(_ record: ChatRecord) throws(Failure) {
    self.init(date: record.date.flatMap(TemplateDate.init))
    for (name, value) in (record.arguments ?? [:]).sorted(by: { $0.key < $1.key }) {
      arguments.append(try Argument("\(name)=\(value)"))
    }
  }
}
