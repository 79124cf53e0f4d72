extension Command {
  private static let ownKeys = """
    Keys of your own go into `$XDG_CONFIG_HOME/seer/keys.conf` (`~/.config/seer/keys.conf`), a line \
    for each command to change; its usual keys go. Where two commands would share a key, the file \
    is not used and the footer names both.

        # name = key key
        nextLayer = l Right n
        nextMatch = Ctrl-n

    """

  /// The table as a page of documentation.
  package static var markdown: String {
    var page =
      "# Keys\n\nMade from the table of commands; the tests tell when it is stale.\n\n\(ownKeys)"
    for group in Group.allCases {
      page +=
        "\n## \(group.rawValue)\n\n| Keys | What they do | Where | Name |\n|---|---|---|---|\n"
      for command in all where command.group == group {
        let keys = command.keys.map { "`\($0.name == "`" ? "` ` `" : $0.name)`" }
        let places = Context.allCases.filter { command.contexts.contains($0) }
        let place =
          places.count == Context.allCases.count
          ? "everywhere" : places.map(\.rawValue).joined(separator: ", ")
        page +=
          "| \(keys.joined(separator: " ")) | \(command.help) | \(place) | `\(command.id.rawValue)` |\n"
      }
    }
    return page
  }
}
