import Core
import Foundation

/// The state with everything around it: the engine that computes for it and the mailbox that
/// brings results back. The terminal's loop and the script both drive one.
final class Session {
  private(set) var state: AppState
  private let source: RunSource
  private let engine: Engine
  let mailbox: Mailbox
  /// Set when the user has left.
  private(set) var ending: Ending?
  /// Set when the screen has to be painted afresh.
  var needsRedraw = false
  /// Called for effects that only a terminal can have.
  var onTerminalEffect: (Effect) -> Void = { _ in }

  init(_ state: AppState, source: RunSource, engine: Engine, mailbox: Mailbox) {
    self.state = state
    self.source = source
    self.engine = engine
    self.mailbox = mailbox
    run(start(&self.state))
  }

  func handle(_ event: Event) { run(update(&state, event)) }

  /// Handles what other threads have posted; returns whether there was anything.
  func handlePosted() -> Bool {
    let events = mailbox.take()
    for event in events { handle(event) }
    return !events.isEmpty
  }

  func end(_ ending: Ending) { self.ending = self.ending ?? ending }

  private func run(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .computeMap(let index, let reference, let isUrgent):
        computeMap(index, reference: reference, isUrgent: isUrgent)
      case .saveScreen(let path): run(update(&state, .saved(path, save(path))))
      case .quit(let ending): end(ending)
      case .redraw, .suspend, .setMouse: onTerminalEffect(effect)
      }
    }
  }

  private func computeMap(_ index: Int, reference: Int?, isUrgent: Bool) {
    let layer = state.explore.layers[index]
    let points = reference.flatMap { state.explore.maps[$0].map?.points }
    engine.submit(
      "map of layer \(layer)", priority: isUrgent ? .typing : .map,
      onEvent: { [mailbox] (event: JobEvent<LayerMap>) in
        guard case .finished(let result) = event else { return }
        mailbox.post(.map(index: index, result.mapError { Problem($0) }))
      },
      body: { [source] context in
        let states = try source.states(layer)
        guard states.rows == source.rows.count else {
          throw Problem(
            "The layer has \(states.rows) rows, the run has \(source.rows.count): "
              + "extract the run again.")
        }
        try context.checkpoint()
        return try LayerMap.principal(states, reference: points, context: context)
      })
  }

  private func save(_ path: String) -> Problem? {
    do throws(Failure) {
      try saveScreen(path)
      return nil
    } catch {
      return Problem(error)
    }
  }

  /// Writes the screen to a file as text.
  func saveScreen(_ path: String) throws(Failure) {
    do {
      try Data(render(state).text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Failure(
        .cannotWrite, file: path, found: error.localizedDescription,
        wanted: "a file that can be written", advice: "Choose another path.")
    }
  }

  /// Blocks until no work is under way.
  func waitUntilIdle() {
    while state.explore.isBusy && ending == nil {
      if !handlePosted() { _ = mailbox.wait() }
    }
  }
}
