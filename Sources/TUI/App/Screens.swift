import SeerWidgets

/// The registry of screens.
package enum Screens {
  /// In the order of their keys. A new screen is a line here and a folder of its own.
  package static let all: [any Screen.Type] = [
    ExploreScreen.self,
    CompareScreen.self,
    PromptScreen.self,
    TrainScreen.self,
    StartScreen.self,
  ]

  package static subscript(id: ScreenID) -> any Screen.Type {
    all.first { $0.id == id } ?? ExploreScreen.self
  }

  /// Everywhere that keys are read.
  package static let contexts: [KeyContext] = all.flatMap { $0.contexts } + Program.contexts

  /// Every command, in the order of the footer and the help.
  package static let commands: [Command] = {
    let sections = all.flatMap { $0.commands } + Program.commands
    // Sections of the same place stay in the order of the screens.
    let order = sections.indices.sorted {
      (sections[$0].order, $0) < (sections[$1].order, $1)
    }
    return order.flatMap { sections[$0].commands }
  }()
}
