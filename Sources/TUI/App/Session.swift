import Core
import Foundation

/// The state with everything around it: the engine that computes for it and the mailbox that
/// brings results back. The terminal's loop and the script both drive one.
final class Session {
  private(set) var state: AppState
  var workspace: Workspace
  var source: RunSource { workspace.run }
  var tuned: RunSource? { workspace.tuned }
  var promptWork = PromptWork()
  let trainWork = TrainWork()
  let engine: Engine
  let units = LastLayer()
  var tsneJob: JobID?
  var pairJob: JobID?
  var extractionJob: JobID?
  let mailbox: Mailbox
  /// Where work on the runs that are open leaves its results; closed when others are opened.
  private(set) var outbox: Outbox
  /// Set when the user has left.
  private(set) var ending: Ending?
  /// Set when the screen has to be painted afresh.
  var needsRedraw = false
  /// Called for effects that only a terminal can have.
  var onTerminalEffect: (Effect) -> Void = { _ in }

  init(_ state: AppState, _ workspace: Workspace, engine: Engine, mailbox: Mailbox) {
    self.state = state
    self.workspace = workspace
    self.engine = engine
    self.mailbox = mailbox
    outbox = Outbox(mailbox)
    run(start(&self.state))
  }

  func handle(_ event: Event) {
    run(update(&state, event))
    adopt(event)
  }

  /// Handles what other threads have posted; returns whether there was anything.
  func handlePosted() -> Bool {
    let events = mailbox.take()
    for event in events { handle(event) }
    return !events.isEmpty
  }

  /// Opens other runs: what is still computed for the old ones is of no use.
  func replace(_ workspace: Workspace, _ next: AppState) {
    outbox.close()
    for job in engine.jobs where job.id != trainWork.job?.id && job.id != extractionJob {
      engine.cancel(job.id)
    }
    outbox = Outbox(mailbox)
    promptWork = PromptWork()
    self.workspace = workspace
    folds = Self.folds(workspace.run)
    state = next
    run(start(&state))
  }

  func end(_ ending: Ending) { self.ending = self.ending ?? ending }

  private func run(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .computeMap(let index, let reference, let isUrgent):
        computeMap(index, reference: reference, isUrgent: isUrgent)
      case .startTSNE(let index, let number, let start): startTSNE(index, number, start)
      case .pauseTSNE(let isPaused):
        if let tsneJob { isPaused ? engine.pause(tsneJob) : engine.resume(tsneJob) }
      case .stopTSNE:
        if let tsneJob { engine.cancel(tsneJob) }
        tsneJob = nil
      case .judge(let key): judge(key)
      case .measureSeparation(let index): measureSeparation(index)
      case .findNearest(let row, let index): findNearest(row, index)
      case .compare(let effect): run(effect)
      case .prompt(let effect): run(effect)
      case .train(let effect): run(effect)
      case .start(let effect): run(effect)
      case .saveScreen(let path): run(update(&state, .saved(path, save(path))))
      case .quit(let ending): end(ending)
      case .redraw, .suspend, .setMouse: onTerminalEffect(effect)
      }
    }
  }

  /// The split rule over the run's rows; rows of the same text stay together.
  private(set) lazy var folds = Self.folds(workspace.run)

  private static func folds(_ run: RunSource) -> Folds {
    Folds(
      prompts: run.rows.map(\.text),
      splits: run.rows.map { $0.split.flatMap(ConceptSet.Side.init) })
  }

  private func save(_ path: String) -> Problem? {
    do throws(Failure) {
      try saveScreen(path)
      return nil
    } catch {
      return Problem(error)
    }
  }

  /// Writes the screen to a file: with its colours where the name ends in `.svg`, else as text.
  func saveScreen(_ path: String) throws(Failure) {
    do {
      let screen = render(state)
      let text =
        path.hasSuffix(".svg") ? screen.svg(isLight: state.theme.isLight) : screen.text
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Failure(
        .cannotWrite, file: path, found: error.localizedDescription,
        wanted: "a file that can be written", advice: "Choose another path.")
    }
  }

  /// Blocks until no work is under way.
  func waitUntilIdle() {
    while state.isBusy && ending == nil {
      if handlePosted() { continue }
      // Movements are played as fast as they can be.
      if state.isMoving { handle(.tick) } else { _ = mailbox.wait() }
    }
  }
}
