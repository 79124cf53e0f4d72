/// What a terminal tells.
package enum TerminalInput: Sendable {
  case key(Key)
  /// Text from the clipboard, in one piece.
  case paste(String)
  case mouse(Mouse)
  case resize(Size)
  /// What the terminal was asked.
  case answer(TerminalAnswer)
}
