import SeerWidgets

/// The name of a screen, as names of files and scripts have it.
package struct ScreenID: Hashable, Sendable, ExpressibleByStringLiteral {
  package let name: String

  package init(stringLiteral name: String) { self.name = name }
}

/// Those that others lead to.
extension ScreenID {
  package static let explore: ScreenID = "explore"
  package static let compare: ScreenID = "compare"
  package static let prompt: ScreenID = "prompt"
  package static let train: ScreenID = "train"
  package static let start: ScreenID = "start"
}

/// The command that shows a screen.
package struct ScreenEntry: Sendable {
  package let command: CommandID
  package let key: String
  package let help: String
  /// The word in the footer; nil: not in the footer.
  package var hint: String?
  /// Whether it speaks of the first run, which is explored again when it is shown.
  var isOfFirstRun = false

  package init(
    command: CommandID, key: String, help: String, hint: String? = nil, isOfFirstRun: Bool = false
  ) {
    self.command = command
    self.key = key
    self.help = help
    self.hint = hint
    self.isOfFirstRun = isOfFirstRun
  }
}

/// A change that a screen makes by itself.
package struct Motion: Equatable, Sendable {
  /// How soon.
  package var interval: Duration
  /// Whether it comes to rest by itself: a script waits for that.
  package var ends = false

  package init(interval: Duration, ends: Bool = false) {
    self.interval = interval
    self.ends = ends
  }
}

/// A screen: its state, its commands, what they do, how it looks and what it has computed, all in
/// a target of its own, above this one: a ``ScreenRegistry`` has it, and nothing here knows it by name.
///
/// What a screen knows is a value in ``AppState/subscript(_:)``, by its type.
package protocol Screen: Sendable {
  static var id: ScreenID { get }
  static var entry: ScreenEntry { get }
  /// Where its keys are read.
  static var contexts: [KeyContext] { get }
  static var commands: [CommandSection] { get }
  /// What the help tells beside the keys of ``helpContext(_:)``, in this order.
  static var helpSections: [HelpSection] { get }

  /// Puts what it begins with into the state when runs are opened.
  static func open(_ workspace: Workspace, in state: inout AppState)
  /// Takes what goes on over from the state before, when other runs are opened.
  static func carry(from old: AppState, into next: inout AppState)
  /// Another run is to stand beside the first: shows both, where that is what it is for.
  static func pair(with tuned: RunSource, in session: Session)

  /// Whether it has something to show.
  static func isThere(_ state: AppState) -> Bool
  /// Why it has nothing to show, and what helps.
  static func absence(_ state: AppState) -> String
  /// What its tab says beside its name, on every screen.
  static func status(_ state: AppState) -> String
  /// What would be lost by leaving now, as a question; nil: nothing.
  static func farewell(_ state: AppState) -> String?
  /// Whether something is still being computed, also while another screen is in front.
  static func isBusy(_ state: AppState) -> Bool
  /// What moves by itself while it is in front; nil: it rests, and costs nothing.
  static func motion(_ state: AppState) -> Motion?

  /// Who gets keys when nothing lies over the screen.
  static func ground(_ state: AppState) -> KeyContext
  /// Who gets the next key while it is in front.
  static func context(_ state: AppState) -> KeyContext
  /// Whose keys the help lists.
  static func helpContext(_ state: AppState) -> KeyContext

  /// Hears of every command before it is done.
  static func hear(_ command: CommandID, _ state: inout AppState)
  /// Does what a command says while it is in front.
  static func perform(_ command: Command, _ key: Key, _ state: inout AppState) -> [Effect]
  /// A key that is no command, for whatever is being typed into.
  static func type(_ key: Key, _ state: inout AppState)
  /// Text from the clipboard.
  static func paste(_ text: String, _ state: inout AppState)
  static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect]
  /// Time went on.
  static func tick(_ state: inout AppState) -> [Effect]
  /// What it needs computed after any event while it is in front.
  static func followUp(_ state: inout AppState) -> [Effect]

  static func heading(_ state: AppState) -> ScreenHeading
  /// Draws what is below the first line.
  static func draw(_ state: AppState, into surface: inout Surface)
  /// Draws the last line in place of what can be done.
  ///
  /// - Returns: false where it has nothing of its own to say.
  static func drawFooter(_ rect: Rect, _ state: AppState, into surface: inout Surface) -> Bool
}

/// What the help has under a title of its own: the keys of one context alone, or text.
package struct HelpSection: Sendable {
  package enum Content: Sendable {
    case keys(of: KeyContext)
    /// Paragraphs.
    case text([String])
  }

  package let title: String
  package let content: Content

  package init(title: String, context: KeyContext) {
    self.title = title
    content = .keys(of: context)
  }

  package init(title: String, text: [String]) {
    self.title = title
    content = .text(text)
  }
}

extension Screen {
  package static var helpSections: [HelpSection] { [] }
  package static func open(_ workspace: Workspace, in state: inout AppState) {}
  package static func carry(from old: AppState, into next: inout AppState) {}
  package static func pair(with tuned: RunSource, in session: Session) {}
  package static func absence(_ state: AppState) -> String { "" }
  package static func status(_ state: AppState) -> String { "" }
  package static func farewell(_ state: AppState) -> String? { nil }
  package static func motion(_ state: AppState) -> Motion? { nil }
  package static func context(_ state: AppState) -> KeyContext { ground(state) }
  package static func helpContext(_ state: AppState) -> KeyContext { ground(state) }
  package static func hear(_ command: CommandID, _ state: inout AppState) {}
  package static func perform(_ command: Command, _ key: Key, _ state: inout AppState) -> [Effect] {
    command.perform(&state, key)
  }
  package static func type(_ key: Key, _ state: inout AppState) {}
  package static func paste(_ text: String, _ state: inout AppState) {
    for scalar in text.asOneLine.unicodeScalars { type(.character(scalar), &state) }
  }
  package static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect] { [] }
  package static func tick(_ state: inout AppState) -> [Effect] { [] }
  package static func followUp(_ state: inout AppState) -> [Effect] { [] }
  package static func drawFooter(
    _ rect: Rect, _ state: AppState, into surface: inout Surface
  ) -> Bool { false }
}
