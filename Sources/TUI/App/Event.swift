import SeerSupport
import SeerWidgets

/// Everything that can happen to the interface.
package enum Event: Sendable {
  case key(Key)
  /// Text from the clipboard, in one piece.
  case paste(String)
  case mouse(Mouse)
  case resize(Size)
  /// What the terminal says of itself.
  case answer(TerminalAnswer)
  /// What was computed for a run, by the number of its opening.
  indirect case explored(Int, Event)
  /// Time went on, for what moves by itself.
  case tick
  /// What a screen has asked for.
  case screen(any ScreenEvent)
  /// An event of work that may have become useless; the mailbox takes it out of its cover.
  indirect case from(Outbox, Event)
  /// The outcome of a ``Effect/saveScreen(_:)`` or a ``Effect/saveText(_:_:)``.
  case saved(String, Problem?)

  package init(_ input: TerminalInput) {
    switch input {
    case .key(let key): self = .key(key)
    case .paste(let text): self = .paste(text)
    case .mouse(let mouse): self = .mouse(mouse)
    case .resize(let size): self = .resize(size)
    case .answer(let answer): self = .answer(answer)
    }
  }
}

/// What a screen hears of its work.
package protocol ScreenEvent: Sendable {
  /// Takes it over into the state.
  func receive(_ state: inout AppState) -> [Effect]
  /// What it changes of what is open, once the state knows of it.
  func settle(in session: Session)
}

extension ScreenEvent {
  package func settle(in session: Session) {}
}

/// What went wrong, in words for the screen.
package struct Problem: Error, Equatable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package init(_ error: any Error) {
    text = (error as? Failure)?.description ?? (error as? Problem)?.text ?? "\(error)"
  }

  package static let cancelled = Problem(Cancelled())
}
