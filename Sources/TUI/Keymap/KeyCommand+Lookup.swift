/// The table as dispatch, footer and palette read it.
extension Command {
  /// Every command, in the order of the footer and the help.
  package static let all: [Command] =
    layers + compare + explore + figures + prompt + training + start + program

  package static let everywhere = Set(Context.allCases)
  /// Where a screen itself gets the keys.
  package static let screens: Set<Context> = [
    .map, .concepts, .compare, .prompt, .tokens, .form, .training, .start,
  ]

  static let hasRows: @Sendable (AppState) -> Bool = { !$0.explore.rows.isEmpty }
  static let isGroups: @Sendable (AppState) -> Bool = {
    $0.explore.list?.kind == .groups && !$0.explore.allGroups.isEmpty
  }
  static let isPaired: @Sendable (AppState) -> Bool = {
    $0.compare.map { $0.problem == nil } ?? false
  }
  static let isTSNE: @Sendable (AppState) -> Bool = { $0.isTSNE }
  static let hasLayers: @Sendable (AppState) -> Bool = { $0.explore.layers.count > 1 }
  static let hasConcepts: @Sendable (AppState) -> Bool = { $0.explore.concepts.count > 1 }

  package static subscript(id: ID) -> Command? { all.first { $0.id == id } }

  package static func find(_ key: Key, _ state: AppState) -> Command? {
    let context = state.context
    if context.isWriting && key.isCharacter { return nil }
    return state.commands.first { $0.contexts.contains(context) && $0.keys.contains(key) }
  }

  /// The commands whose words or keys hold the letters of a query in order, for the palette.
  package static func matching(_ query: String, _ state: AppState) -> [Command] {
    let context = state.screenContext
    let wanted = query.lowercased().unicodeScalars.filter { $0 != " " }
    return state.commands.filter { command in
      guard command.contexts.contains(context), command.isAvailable(state),
        command.id != .palette
      else { return false }
      var rest = wanted[...]
      for scalar in (command.help + " " + command.group.rawValue).lowercased().unicodeScalars {
        if rest.first == scalar { rest.removeFirst() }
      }
      return rest.isEmpty
    }
  }

  /// One entry of the footer.
  package struct Hint: Equatable, Sendable {
    package var keys: String
    package var word: String
  }

  /// What can be done now, most useful first; help and quit come last and are never left out.
  package static func hints(_ state: AppState, ascii: Bool) -> [Hint] {
    var hints: [Hint] = []
    for command in state.commands {
      guard let word = command.hint, command.contexts.contains(state.context),
        command.isAvailable(state),
        let key = command.keys.first(where: { !(state.context.isWriting && $0.isCharacter) })
      else { continue }
      var text = key.symbol(ascii: ascii)
      if command.id == .toggleConcept { text = "1-\(min(9, state.explore.concepts.count))" }
      if let last = hints.last, last.word == word {
        hints[hints.count - 1].keys += (last.word == "walk" ? "" : "/") + text
      } else {
        hints.append(Hint(keys: text, word: word))
      }
    }
    return hints
  }
}
