/// One message of a conversation, as concept files give them and chat templates take them.
package struct ChatMessage: Hashable, Sendable {
  /// Who speaks: `system`, `user`, `assistant`, or another name that a template knows (`tool`).
  package struct Role: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) {
      self.rawValue = rawValue
    }

    package static let system = Role(rawValue: "system")
    package static let user = Role(rawValue: "user")
    package static let assistant = Role(rawValue: "assistant")
  }

  /// Something else that is said of a message.
  package struct Field: Hashable, Sendable {
    package var name: String
    /// The value as JSON.
    package var json: String

    package init(name: String, json: String) {
      self.name = name
      self.json = json
    }
  }

  package var role: Role
  package var content: String
  /// More members, such as `tool_calls` or `reasoning_content`, in their order. A `content` among
  /// them is one that is no text, and stands for it.
  package var fields: [Field] = []

  package init(_ role: Role, _ content: String) {
    self.role = role
    self.content = content
  }
}
