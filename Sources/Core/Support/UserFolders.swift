/// The user's folders, as the XDG base directory specification has them.
package enum UserFolders {
  /// `$XDG_CACHE_HOME/seer`, or `~/.cache/seer`: models and what can be made again.
  package static func cache(_ environment: [String: String]) -> String {
    folder("XDG_CACHE_HOME", "/.cache", environment)
  }

  /// `$XDG_STATE_HOME/seer`, or `~/.local/state/seer`: what is kept from one start to the next.
  package static func state(_ environment: [String: String]) -> String {
    folder("XDG_STATE_HOME", "/.local/state", environment)
  }

  /// `$XDG_CONFIG_HOME/seer`, or `~/.config/seer`.
  package static func configuration(_ environment: [String: String]) -> String {
    folder("XDG_CONFIG_HOME", "/.config", environment)
  }

  private static func folder(
    _ variable: String, _ usual: String, _ environment: [String: String]
  ) -> String {
    // Paths that are not absolute are to be ignored.
    let base = environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (base ?? (environment["HOME"] ?? "") + usual) + "/seer"
  }
}
