import Foundation
import SeerWidgets

/// The main thread's loop: waits for keys, signals and results, changes the state, draws.
///
/// A key is answered at once; frames that only background work asks for come at most 30 times a
/// second; without events it sleeps in `poll`.
package final class TerminalLoop {
  private let session: Session
  private let terminal: Terminal
  private let clock = ContinuousClock()
  private var painter = PixelPainter()

  private static let frame = Duration.milliseconds(33)
  /// Keys that arrive faster than they can be drawn are drawn this often.
  private static let longestWithoutFrame = Duration.milliseconds(100)

  package init(_ session: Session, _ terminal: Terminal) {
    self.session = session
    self.terminal = terminal
  }

  package func run() -> Ending {
    session.onTerminalEffect = { [terminal, session, unowned self] effect in
      switch effect {
      case .redraw:
        terminal.invalidate()
        painter.forget()
      case .suspend:
        terminal.suspend()
        painter.forget()
        session.handle(.resize(terminal.size))
      case .setMouse(let isOn): terminal.setMouse(isOn)
      case .copy(let text): terminal.copy(text)
      default: break
      }
    }
    // The loop's own closure would keep the session alive through itself.
    defer { session.onTerminalEffect = { _ in } }
    var lastFrame = clock.now
    // Apart from the frames that keys ask for: what a key's answer still lacks comes at once.
    var lastBackgroundFrame = lastFrame - Self.frame
    draw(&lastFrame)
    var isDirty = false
    var lastTick = clock.now
    while session.ending == nil {
      var wait = isDirty ? Self.frame - (clock.now - lastBackgroundFrame) : nil
      if let tick = session.state.tick {
        let next = tick - (clock.now - lastTick)
        wait = min(wait ?? next, next)
      }
      let milliseconds = wait.map { Int32(max(0, $0 / .milliseconds(1)).rounded(.up)) } ?? -1
      let isClosed = session.mailbox.wait(input: STDIN_FILENO, milliseconds: milliseconds)
      var answered = handleSignals()
      if session.handlePosted() { isDirty = true }
      if let tick = session.state.tick, clock.now - lastTick >= tick {
        session.handle(.tick)
        lastTick = clock.now
        isDirty = true
      }
      while session.ending == nil, let input = terminal.read() {
        session.handle(Event(input))
        answered = true
        if clock.now - lastFrame > Self.longestWithoutFrame { draw(&lastFrame) }
      }
      if isClosed && !answered { session.end(.interrupted) }
      if session.ending != nil { break }
      let isDue = isDirty && clock.now - lastBackgroundFrame >= Self.frame
      if answered || isDue {
        draw(&lastFrame)
        isDirty = false
        if !answered { lastBackgroundFrame = lastFrame }
      }
    }
    return session.ending ?? .quit
  }

  private func draw(_ lastFrame: inout ContinuousClock.Instant) {
    let surface = render(session.state)
    terminal.present(surface, followedBy: painter.text(for: surface, session.state.pixels))
    lastFrame = clock.now
  }

  private func handleSignals() -> Bool {
    if terminal.takeTermination() != nil { session.end(.interrupted) }
    guard terminal.takeResize() else { return false }
    terminal.followResize()
    session.handle(.resize(terminal.size))
    return true
  }
}
