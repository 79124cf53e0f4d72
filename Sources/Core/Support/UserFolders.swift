/// The user's folders, as the XDG base directory specification has them; none where the environment
/// does not say where the user's home is.
///
/// A home of `/`, as containers give to users they do not know, is none: nothing of ours belongs at
/// the root of the file system.
package enum UserFolders {
  /// `$XDG_CACHE_HOME/seer`, or `~/.cache/seer`: models and what can be made again.
  package static func cache(_ environment: [String: String]) -> String? {
    folder("XDG_CACHE_HOME", "/.cache", environment)
  }

  /// `$XDG_STATE_HOME/seer`, or `~/.local/state/seer`: what is kept from one start to the next.
  package static func state(_ environment: [String: String]) -> String? {
    folder("XDG_STATE_HOME", "/.local/state", environment)
  }

  /// `$XDG_CONFIG_HOME/seer`, or `~/.config/seer`.
  package static func configuration(_ environment: [String: String]) -> String? {
    folder("XDG_CONFIG_HOME", "/.config", environment)
  }

  /// `$XDG_DATA_HOME/seer`, or `~/.local/share/seer`.
  package static func data(_ environment: [String: String]) -> String? {
    folder("XDG_DATA_HOME", "/.local/share", environment)
  }

  private static func folder(
    _ variable: String, _ usual: String, _ environment: [String: String]
  ) -> String? {
    // Paths that are not absolute are to be ignored; one that is no UTF-8 reaches us with other
    // bytes than it has, and would be another folder.
    func usable(_ name: String) -> String? {
      environment[name].flatMap { $0.hasPrefix("/") && !$0.contains("\u{FFFD}") ? $0 : nil }
    }
    if let base = usable(variable) { return base + "/seer" }
    guard let home = usable("HOME"), !home.allSatisfy({ $0 == "/" }) else { return nil }
    return home + usual + "/seer"
  }
}
