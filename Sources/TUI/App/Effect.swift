import SeerSupport

/// What the loop does for the state, outside of it.
package enum Effect: Equatable, Sendable {
  /// The work of a screen.
  case work(ScreenWork)
  /// Writes a text to a file of this name, or one with a number where that is taken.
  case saveText(String, String)
  /// Keeps the view of the run for the next time.
  case keepView
  /// Explores another of the runs, by its index, and shows a screen.
  case openRun(Int, ScreenID)
  case saveScreen(String)
  case setMouse(Bool)
  /// Gives a text to the clipboard.
  case copy(String)
  case redraw
  case suspend
  case quit(Ending)

  package static func screen(_ effect: any ScreenEffect) -> Effect { .work(ScreenWork(effect)) }
}

/// What a screen wants done.
package protocol ScreenEffect: Equatable, Sendable {
  /// Starts it; what comes of it is a ``ScreenEvent``.
  func run(in session: Session)
}

/// The effect of any screen, as one type that can be compared.
package struct ScreenWork: Equatable, Sendable {
  package let effect: any ScreenEffect

  init(_ effect: any ScreenEffect) { self.effect = effect }

  package static func == (a: ScreenWork, b: ScreenWork) -> Bool { a.effect.isSame(as: b.effect) }
}

extension ScreenEffect {
  fileprivate func isSame(as other: any ScreenEffect) -> Bool { (other as? Self) == self }
}

/// What a screen keeps beside its state for its jobs; made when it is first asked for.
package protocol ScreenJobs: AnyObject {
  init()
  /// Whether it ends with the runs that are open.
  static var isOfRuns: Bool { get }
  /// Jobs that go on when other runs are opened.
  var lasting: [JobID] { get }
  /// Ends what must not be cut off, and waits for that.
  func close()
}

extension ScreenJobs {
  package static var isOfRuns: Bool { true }
  package var lasting: [JobID] { [] }
  package func close() {}
}

/// How the interface was left.
package enum Ending: Equatable, Sendable {
  case quit
  /// By Ctrl-C or a signal.
  case interrupted

  package var exitCode: Int32 { self == .quit ? 0 : Failure.Kind.interrupted.exitCode }
}
