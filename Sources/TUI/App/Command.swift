import Foundation
import SeerSupport
import SeerWidgets

/// Something a key can do to the interface.
package typealias Command = KeyCommand<AppState, Effect>

/// Commands that stand together.
package struct CommandSection: Sendable {
  /// Where they stand in the footer and the help: the lowest first. What a screen shares with
  /// others stands before its own, what every screen has from 100 on.
  package let order: Int
  package let commands: [Command]

  package init(order: Int = 50, _ commands: [Command]) {
    self.order = order
    self.commands = commands
  }
}

extension KeyCommand where State == AppState, Outcome == Effect {
  /// What can be done now, most useful first; help and quit come last and are never left out.
  package static func hints(_ state: AppState, ascii: Bool) -> [KeyHint] {
    hints(in: state.context, state, of: state.commands, ascii: ascii)
  }

  /// The commands whose words hold the letters of a query in order, for the palette.
  package static func matching(_ query: String, _ state: AppState) -> [Command] {
    matching(query, in: state.front.ground(state), state, of: state.commands).filter {
      $0.id != Program.palette
    }
  }
}

extension Keymap {
  /// The usual table where there is no such file, and for a user without a folder for it.
  package static func read(
    _ path: String?, for screens: ScreenRegistry
  ) throws(Failure) -> [Command] {
    guard let path, let data = FileManager.default.contents(atPath: path) else {
      return screens.commands
    }
    return try commands(String(decoding: data, as: UTF8.self), file: path, for: screens)
  }

  package static func commands(
    _ text: String, file: String, for screens: ScreenRegistry
  ) throws(Failure) -> [Command] {
    try commands(
      text, file: file, changing: screens.commands, in: screens.contexts, needed: Program.needed)
  }
}
