/// A key as a person names it.
package enum Key: Hashable, Sendable {
  case character(Unicode.Scalar)
  case control(Unicode.Scalar)
  case up, down, left, right
  case shiftUp, shiftDown, shiftLeft, shiftRight
  case home, end, pageUp, pageDown
  case enter, escape, tab, backTab, backspace, delete, insert
  case function(Int)

  private static let named: [(String, Key)] = [
    ("Up", .up), ("Down", .down), ("Left", .left), ("Right", .right),
    ("Shift-Up", .shiftUp), ("Shift-Down", .shiftDown), ("Shift-Left", .shiftLeft),
    ("Shift-Right", .shiftRight), ("Home", .home), ("End", .end), ("PageUp", .pageUp),
    ("PageDown", .pageDown), ("Enter", .enter), ("Esc", .escape), ("Tab", .tab),
    ("Shift-Tab", .backTab), ("Backspace", .backspace), ("Delete", .delete),
    ("Insert", .insert), ("Space", .character(" ")),
  ]

  /// `j`, `?`, `Up`, `Shift-Tab`, `Ctrl-c`, `F5`; the case of names does not matter.
  package init?(name: String) {
    if let only = name.unicodeScalars.first, name.unicodeScalars.count == 1 {
      self = .character(only)
      return
    }
    let lowered = name.lowercased()
    if let found = Self.named.first(where: { $0.0.lowercased() == lowered }) {
      self = found.1
      return
    }
    let scalars = Array(lowered.unicodeScalars)
    if lowered.hasPrefix("ctrl-"), scalars.count == 6, scalars[5].isASCII {
      self = .control(scalars[5])
      return
    }
    if lowered.hasPrefix("f"), let number = Int(lowered.dropFirst()), (1...24).contains(number) {
      self = .function(number)
      return
    }
    return nil
  }

  package var name: String {
    switch self {
    case .character(" "): "Space"
    case .character(let scalar): String(scalar)
    case .control(let scalar): "Ctrl-\(scalar)"
    case .function(let number): "F\(number)"
    default: Self.named.first { $0.1 == self }?.0 ?? "?"
    }
  }

  var isCharacter: Bool {
    if case .character = self { true } else { false }
  }

  /// The shortest name that is still understood, for footers.
  package func symbol(ascii: Bool) -> String {
    guard !ascii else { return name }
    switch self {
    case .up: return "↑"
    case .down: return "↓"
    case .left: return "←"
    case .right: return "→"
    default: return name
    }
  }
}

/// What the mouse did, in cells from the top left, counted from 0.
package struct Mouse: Equatable, Sendable {
  package enum Action: String, CaseIterable, Sendable {
    case left, middle, right, release, drag
    case wheelUp = "wheel-up"
    case wheelDown = "wheel-down"
  }
  package var place: Cursor
  package var action: Action

  package init(place: Cursor, action: Action) {
    self.place = place
    self.action = action
  }
}
