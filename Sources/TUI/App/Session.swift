import Foundation
import SeerRuns
import SeerSupport

/// The state with everything around it: the engine that computes for it and the mailbox that
/// brings results back. The terminal's loop and the script both drive one.
package final class Session {
  package private(set) var state: AppState
  package var workspace: Workspace
  /// The run that is explored.
  package private(set) var source: RunSource
  /// All runs that were named, and how those were left that are not explored now.
  private var sources: [RunSource]
  private var parked: [Int: ExploreState] = [:]
  /// Counts the changes of the run: what was asked for before one is dropped.
  private var opening = 0
  /// The run beside the first, for Compare.
  package var tuned: RunSource? { workspace.tuned }
  package let engine: Engine
  /// What screens keep for their jobs, by its type.
  private var jobs: [ObjectIdentifier: any ScreenJobs] = [:]
  /// Where views are kept; nil: nowhere.
  package var views: ViewStore?
  package let mailbox: Mailbox
  /// Where work on the runs that are open leaves its results; closed when others are opened.
  package private(set) var outbox: Outbox
  /// Set when the user has left.
  package private(set) var ending: Ending?
  /// Called for effects that only a terminal can have.
  var onTerminalEffect: (Effect) -> Void = { _ in }

  package init(_ state: AppState, _ workspace: Workspace, engine: Engine, mailbox: Mailbox) {
    self.state = state
    self.workspace = workspace
    source = workspace.run
    sources = workspace.sources
    self.state.runs = sources.count
    self.engine = engine
    self.mailbox = mailbox
    outbox = Outbox(mailbox)
    run(start(&self.state))
  }

  package func handle(_ event: Event) {
    if case .explored(let number, let event) = event {
      if number == opening { run(update(&state, event)) }
    } else {
      run(update(&state, event))
      if case .screen(let event) = event { event.settle(in: self) }
    }
  }

  /// What a screen keeps for its jobs.
  package func jobs<Jobs: ScreenJobs>(_ type: Jobs.Type) -> Jobs {
    if let kept = jobs[ObjectIdentifier(type)] as? Jobs { return kept }
    let made = Jobs()
    jobs[ObjectIdentifier(type)] = made
    return made
  }

  /// Posts what belongs to the run that is explored now; dropped once another one is.
  package var poster: @Sendable (Event) -> Void {
    { [mailbox, opening] in mailbox.post(.explored(opening, $0)) }
  }

  /// Explores another run, as it was left, and shows a screen.
  private func open(run index: Int, on screen: ScreenID) {
    guard sources.indices.contains(index), index != state.run else { return }
    run(state.explore.leave())
    keepView()
    parked[state.run] = state.explore
    opening += 1
    source = sources[index]
    labelled = label(source)
    var explore = parked[index] ?? ExploreState(source)
    var message = "run \(index + 1) of \(sources.count): \(source.name)"
    if parked[index] == nil, let views {
      do throws(Failure) {
        if let view = try views.read(source.folder) { explore.restore(view) }
      } catch {
        message = error.description
      }
    }
    state.explore = explore
    state.run = index
    state.screen = screen
    state.message = AppState.Message(text: message, isError: false)
    run(state.explore.request())
    // What else the screen wants to have computed.
    handle(.resize(state.size))
  }

  /// Handles what other threads have posted; returns whether there was anything.
  func handlePosted() -> Bool {
    let events = mailbox.take()
    for event in events { handle(event) }
    return !events.isEmpty
  }

  /// Opens other runs: what is still computed for the old ones is of no use.
  package func replace(_ workspace: Workspace, _ next: AppState) {
    outbox.close()
    let lasting = jobs.values.flatMap { $0.lasting }
    for job in engine.jobs where !lasting.contains(job.id) { engine.cancel(job.id) }
    keepView()
    outbox = Outbox(mailbox)
    opening += 1
    jobs = jobs.filter { !type(of: $0.value).isOfRuns }
    self.workspace = workspace
    source = workspace.run
    sources = workspace.sources
    parked = [:]
    labelled = label(source)
    state = next
    state.runs = sources.count
    run(start(&state))
  }

  package func end(_ ending: Ending) { self.ending = self.ending ?? ending }

  /// Ends what must not be cut off, and waits for that.
  package func close() { for jobs in jobs.values { jobs.close() } }

  private func run(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .work(let work): work.effect.run(in: self)
      case .keepView: keepView()
      case .openRun(let index, let screen): open(run: index, on: screen)
      case .saveText(let name, let text): run(update(&state, saveText(name, text)))
      case .saveScreen(let name):
        let path = FreeName.of(name)
        run(update(&state, .saved(path, save(path))))
      case .quit(let ending): end(ending)
      case .redraw, .suspend, .setMouse, .copy: onTerminalEffect(effect)
      }
    }
  }

  /// The run's rows that have a concept, with the split rule applied.
  package private(set) lazy var labelled = label(source)

  private func label(_ source: RunSource) -> LabelledRows {
    // Of two runs over the same rows one may know the prompts where the other does not.
    LabelledRows(source.rows, twin: source.folder == workspace.run.folder ? tuned?.rows : nil)
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
  package func saveScreen(_ path: String) throws(Failure) {
    let screen = render(state)
    try write(
      path.hasSuffix(".svg") ? screen.svg(isLight: state.theme.isLight) : screen.text, to: path)
  }

  func write(_ text: String, to path: String) throws(Failure) {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Failure(
        .cannotWrite, file: path, found: error.localizedDescription,
        wanted: "a file that can be written", advice: "Choose another path.")
    }
  }

  /// Blocks until no work is under way.
  package func waitUntilIdle() {
    while state.isBusy && ending == nil {
      if handlePosted() { continue }
      // Movements are played as fast as they can be.
      let isMoving = state.front.motion(state)?.ends ?? false
      if isMoving { handle(.tick) } else { _ = mailbox.wait() }
    }
  }
}
