/// The name of a command, as key files and docs/keys.md have it.
package struct CommandID: Hashable, Sendable, ExpressibleByStringLiteral {
  package let name: String

  package init(_ name: String) { self.name = name }
  package init(stringLiteral name: String) { self.name = name }
}

/// What belongs together in the help and in docs/keys.md.
package struct CommandGroup: Hashable, Sendable, ExpressibleByStringLiteral {
  package let name: String

  package init(stringLiteral name: String) { self.name = name }
}

/// Something a key can do, declared once: dispatch, footer, help, palette, a user's own keys and
/// docs/keys.md all read the same table.
///
/// - `State`: what a command changes; `Outcome`: what it wants done outside of it.
package struct KeyCommand<State, Outcome>: Sendable {
  package typealias Condition = @Sendable (State) -> Bool
  /// The key tells keys of the same command apart.
  package typealias Action = @Sendable (inout State, Key) -> [Outcome]

  /// What stands for the keys of a command that has many.
  package struct Label: Sendable {
    package let help: String
    package let footer: @Sendable (State) -> String

    package init(help: String, footer: @escaping @Sendable (State) -> String) {
      self.help = help
      self.footer = footer
    }
  }

  package let id: CommandID
  /// A user's own, where there is a key file.
  package var keys: [Key]
  package let group: CommandGroup
  package let contexts: KeyContexts
  /// One line, in the imperative.
  package let help: String
  /// The word in the footer; neighbours with the same word share it. Nil: not in the footer.
  package let hint: String?
  /// The word where it changes; nil for ``hint``.
  package let word: (@Sendable (State) -> String?)?
  /// What parts the keys of neighbours that share a word.
  package let separator: String
  package let label: Label?
  package let isAvailable: Condition
  /// Why it cannot be done now; nil where that needs no words.
  package let refusal: (@Sendable (State) -> String?)?
  package let perform: Action

  package init(
    _ id: CommandID, _ keys: [String], _ group: CommandGroup, in contexts: KeyContexts,
    _ help: String, hint: String? = nil, word: (@Sendable (State) -> String?)? = nil,
    separator: String = "/", label: Label? = nil,
    when isAvailable: @escaping Condition = { _ in true },
    otherwise refusal: (@Sendable (State) -> String?)? = nil, do perform: @escaping Action
  ) {
    self.id = id
    // A name that is no key is our own fault; the table's test finds it.
    self.keys = keys.compactMap { Key(name: $0) }
    self.group = group
    self.contexts = contexts
    self.help = help
    self.hint = hint
    self.word = word
    self.separator = separator
    self.label = label
    self.isAvailable = isAvailable
    self.refusal = refusal
    self.perform = perform
  }
}
