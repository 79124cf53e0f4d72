import SeerWidgets

/// The screens that an interface has, in the order of their keys; at least one.
///
/// It is a value that the state carries: what all screens share knows none of them by name.
package struct ScreenRegistry: Sendable {
  package let all: [any Screen.Type]
  /// Everywhere that keys are read.
  package let contexts: [KeyContext]
  /// Every command, in the order of the footer and the help.
  package let commands: [Command]
  /// The first one, where keys that walk on a map go while no map is in front.
  let maps: (any MapScreen.Type)?

  package init(_ all: [any Screen.Type]) {
    precondition(!all.isEmpty)
    self.all = all
    contexts = all.flatMap { $0.contexts } + Program.contexts
    let sections = all.flatMap { $0.commands } + Program.commands(for: all)
    // Sections of the same place stay in the order of the screens.
    let order = sections.indices.sorted { (sections[$0].order, $0) < (sections[$1].order, $1) }
    commands = order.flatMap { sections[$0].commands }
    maps = all.lazy.compactMap { $0 as? any MapScreen.Type }.first
  }

  package subscript(id: ScreenID) -> any Screen.Type { all.first { $0.id == id } ?? all[0] }

  /// docs/keys.md.
  package var markdown: String { KeysPage.markdown(commands, contexts: contexts) }
}
