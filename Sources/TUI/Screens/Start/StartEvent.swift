import SeerApp
import SeerRuns
import SeerSupport
import SeerWidgets

/// What the Start screen has heard.
package enum StartEvent: ScreenEvent {
  case scanned(Result<Library, Problem>)
  case progress(JobProgress)
  case extracted(Result<Extraction.Summary, Problem>)
  /// What recording into a folder takes.
  case estimated(String, Result<StartState.Costs, Problem>)
  /// Why something did not open.
  case refused(Problem)

  package func receive(_ state: inout AppState) -> [Effect] {
    func report(_ problem: Problem) {
      guard problem != .cancelled else { return }
      state.message = AppState.Message(text: problem.text, isError: true)
    }
    switch self {
    case .scanned(let result):
      state.start.isScanning = false
      switch result {
      case .success(let library): state.start.library = library
      case .failure(let problem):
        state.start.library = Library()
        report(problem)
      }
      let entries = state.start.entries
      state.start.index =
        entries.firstIndex { $0.path == state.start.wanted }
        ?? min(state.start.index, max(0, entries.count - 1))
      state.start.wanted = nil
    case .estimated(let folder, let result):
      guard state.start.plan?.folder == folder else { break }
      switch result {
      case .success(let costs): state.start.plan?.costs = costs
      case .failure(let problem): report(problem)
      }
    case .progress(let progress): state.start.progress = progress
    case .extracted(let result):
      // What was recorded is what comes next.
      state.start.wanted = state.start.extracting?.folder
      state.start.extracting = nil
      state.start.progress = nil
      state.start.library = nil
      switch result {
      case .success(let summary):
        state.message = AppState.Message(
          text: "Recorded \(Numbers.grouped(summary.rows)) rows. Enter opens the run.",
          isError: false)
      case .failure(.cancelled):
        state.message = AppState.Message(
          text: "Stopped. Enter on the unfinished run goes on with it.", isError: false)
      case .failure(let problem): report(problem)
      }
    case .refused(let problem):
      state.start.isOpening = false
      report(problem)
    }
    return []
  }
}

/// What the Start screen wants done.
package enum StartEffect: ScreenEffect {
  case scan
  /// One run, or two to compare.
  case open([String])
  case extract(StartState.Plan)
  /// How long recording takes and how much memory, where nothing like it was measured yet.
  case estimate(StartState.Plan)
  case cancel

  package func run(in session: Session) { session.run(self) }
}

extension Event {
  package static func start(_ event: StartEvent) -> Event { .screen(event) }
}

extension Effect {
  package static func start(_ effect: StartEffect) -> Effect { .screen(effect) }
}
