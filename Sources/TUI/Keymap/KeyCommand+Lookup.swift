/// One entry of the footer.
package struct KeyHint: Equatable, Sendable {
  package var keys: String
  package var word: String
}

/// A table as dispatch, footer and palette read it.
extension KeyCommand {
  /// The command of a key.
  package static func find(_ key: Key, in context: KeyContext, of commands: [Self]) -> Self? {
    if context.isWriting && key.isCharacter { return nil }
    return commands.first { $0.contexts.contains(context) && $0.keys.contains(key) }
  }

  /// The commands that can be done now and whose words hold the letters of a query in order.
  package static func matching(
    _ query: String, in context: KeyContext, _ state: State, of commands: [Self]
  ) -> [Self] {
    let typed = query.lowercased()
    let wanted = typed.unicodeScalars.filter { $0 != " " }
    let found = commands.compactMap { command -> (command: Self, isWhole: Bool)? in
      guard command.contexts.contains(context), command.isAvailable(state) else { return nil }
      let words = [command.help, command.group.name, command.hint ?? "", command.id.name]
        .joined(separator: " ").lowercased()
      var rest = wanted[...]
      for scalar in words.unicodeScalars where rest.first == scalar { rest.removeFirst() }
      return rest.isEmpty ? (command, words.contains(typed)) : nil
    }
    // Letters that stand together first.
    return (found.filter(\.isWhole) + found.filter { !$0.isWhole }).map(\.command)
  }

  /// What can be done now, in the order of the table.
  package static func hints(
    in context: KeyContext, _ state: State, of commands: [Self], ascii: Bool
  ) -> [KeyHint] {
    var hints: [KeyHint] = []
    for command in commands {
      guard let word = command.word?(state) ?? command.hint, command.contexts.contains(context),
        command.isAvailable(state),
        let key = command.keys.first(where: { !(context.isWriting && $0.isCharacter) })
      else { continue }
      let text = command.label?.footer(state) ?? key.symbol(ascii: ascii)
      if let last = hints.last, last.word == word {
        hints[hints.count - 1].keys += command.separator + text
      } else {
        hints.append(KeyHint(keys: text, word: word))
      }
    }
    return hints
  }

  /// The groups of a table in the order of their first command.
  package static func groups(of commands: [Self]) -> [CommandGroup] {
    var groups: [CommandGroup] = []
    for command in commands where !groups.contains(command.group) { groups.append(command.group) }
    return groups
  }
}
