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

  package var role: Role
  package var content: String

  package init(_ role: Role, _ content: String) {
    self.role = role
    self.content = content
  }
}
