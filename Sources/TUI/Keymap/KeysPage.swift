/// A table of commands as a page of documentation.
package enum KeysPage {
  private static let ownKeys = """
    Keys of your own go into `$XDG_CONFIG_HOME/seer/keys.conf` (`~/.config/seer/keys.conf`), one \
    command a line. The keys on the line replace the command's usual ones. Where two commands \
    would share a key, the file is not used and the footer names both.

        # name = key key
        nextLayer = l Right n
        nextMatch = Ctrl-n

    """

  /// - Parameter contexts: all there are, in the order of the page.
  package static func markdown<State, Outcome>(
    _ commands: [KeyCommand<State, Outcome>], contexts: [KeyContext]
  ) -> String {
    var page =
      "# Keys\n\nMade from the program's table of commands; a test fails when it is stale.\n\n\(ownKeys)"
    for group in KeyCommand.groups(of: commands) {
      page +=
        "\n## \(group.name)\n\n| Keys | What they do | Where | Name |\n|---|---|---|---|\n"
      for command in commands where command.group == group {
        let keys = command.keys.map { "`\($0.name == "`" ? "` ` `" : $0.name)`" }
        let places = contexts.filter { command.contexts.contains($0) }
        let place =
          places.count == contexts.count
          ? "everywhere" : places.map(\.name).joined(separator: ", ")
        page +=
          "| \(keys.joined(separator: " ")) | \(command.help) | \(place) | `\(command.id.name)` |\n"
      }
    }
    return page
  }
}
