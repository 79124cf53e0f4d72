import SeerSupport
import SeerTemplates

/// What the user says of how conversations are written, beside the model's own files.
///
///     var options = ChatOptions()
///     options.arguments = [try .init("enable_thinking=false")]
package struct ChatOptions: Sendable {
  /// A variable of the template, given by name.
  package struct Argument: Sendable {
    package let name: String
    /// The value as JSON.
    package let json: JSON

    /// Reads `name=value`: JSON where the value is some, the JSON of a file after `@`, else text.
    package init(_ written: String) throws(Failure) {
      let parts = written.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Failure(
          .usage, place: "--template-arg", found: "`\(written)`", wanted: "NAME=VALUE",
          advice: "For example --template-arg enable_thinking=false.")
      }
      name = String(parts[0])
      guard !["messages", "add_generation_prompt"].contains(name) else {
        throw Failure(
          .usage, place: "--template-arg", found: "`\(name)`, which the conversation gives",
          wanted: "another name")
      }
      let value = String(parts[1])
      if value.hasPrefix("@") {
        json = try JSON(path: String(value.dropFirst()))
      } else if let parsed = try? JSON(text: Array(value.utf8)) {
        json = parsed
      } else {
        json = try JSON(text: Array(JSON.quoted(value).utf8))
      }
      // Numbers that no template could work with are refused here.
      _ = try TemplateValue(json)
    }
  }

  /// A template in place of the model's own: Jinja, or the turns as a JSON object.
  package var file: String?
  package var arguments: [Argument] = []
  /// What the template takes for today.
  package var date: TemplateDate?

  package init(file: String? = nil, arguments: [Argument] = [], date: TemplateDate? = nil) {
    self.file = file
    self.arguments = arguments
    self.date = date
  }
}
