/// What a terminal tells.
package enum TerminalInput: Sendable {
  case key(Key)
  /// Text from the clipboard, in one piece.
  case paste(String)
  case mouse(Mouse)
  case resize(Size)
  /// Whether the terminal's ground is light, where it was asked.
  case ground(isLight: Bool)
}
