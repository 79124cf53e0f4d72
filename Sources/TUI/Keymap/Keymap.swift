import Foundation
import SeerSupport

/// A table of commands with a user's own keys.
///
/// A key file has a line for each command to change, `command = key key`; `#` starts a comment and
/// nothing after `=` takes a command's keys away. docs/keys.md names the commands.
///
///     nextLayer = l n
package enum Keymap {
  /// `$XDG_CONFIG_HOME/seer/keys.conf`, or `~/.config/seer/keys.conf`.
  package static func path(_ environment: [String: String]) -> String? {
    UserFolders.configuration(environment).map { $0 + "/keys.conf" }
  }

  /// - Parameters:
  ///   - usual: the table that the file changes.
  ///   - contexts: all there are.
  ///   - needed: commands that must keep a key.
  /// - Throws: at the first line that cannot be followed, and where a key would mean two things,
  ///   naming both.
  package static func commands<State, Outcome>(
    _ text: String, file: String, changing usual: [KeyCommand<State, Outcome>],
    in contexts: [KeyContext], needed: [CommandID]
  ) throws(Failure) -> [KeyCommand<State, Outcome>] {
    var commands = usual
    var lines: [CommandID: Int] = [:]
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let line = line.trimmingCharacters(in: .whitespaces)
      // A # alone may be a key: only at the start of a line is it a comment.
      if line.isEmpty || line.hasPrefix("#") { continue }
      let place = "line \(index + 1)"
      guard let equals = line.firstIndex(of: "=") else {
        throw Failure(
          .badData, file: file, place: place, found: "'\(line)'", wanted: "command = key key")
      }
      let name = line[..<equals].trimmingCharacters(in: .whitespaces)
      let id = CommandID(name)
      guard let command = commands.firstIndex(where: { $0.id == id }) else {
        throw Failure(
          .badData, file: file, place: place, found: "'\(name)', which is no command",
          wanted: "a name from docs/keys.md, such as nextLayer")
      }
      var keys: [Key] = []
      for word in line[line.index(after: equals)...].split(separator: " ") {
        guard let key = Key(name: String(word)) else {
          throw Failure(
            .badData, file: file, place: place, found: "'\(word)', which is no key",
            wanted: "one character, or a name such as Up, Enter, Ctrl-x or F5")
        }
        keys.append(key)
      }
      commands[command].keys = keys
      lines[id] = index + 1
    }
    for id in needed where commands.first(where: { $0.id == id })?.keys == [] {
      throw Failure(
        .badData, file: file, place: "line \(lines[id] ?? 0)",
        found: "\(id.name) without a key", wanted: "at least one")
    }
    try check(commands, contexts, lines, file)
    return commands
  }

  private static func check<State, Outcome>(
    _ commands: [KeyCommand<State, Outcome>], _ contexts: [KeyContext],
    _ lines: [CommandID: Int], _ file: String
  ) throws(Failure) {
    for context in contexts {
      var owners: [Key: CommandID] = [:]
      for command in commands where command.contexts.contains(context) {
        for key in command.keys {
          guard let other = owners.updateValue(command.id, forKey: key) else { continue }
          let line = lines[command.id] ?? lines[other] ?? 0
          throw Failure(
            .badData, file: file, place: "line \(line)",
            found: "\(key.name) for both \(other.name) and \(command.id.name)",
            wanted: "one meaning a key (in: \(context.name))",
            advice: "Give one of them another key.")
        }
      }
    }
  }
}
