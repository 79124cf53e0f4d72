import SeerRuns
import SeerSupport

/// What the Start screen has heard.
package enum StartEvent: Sendable {
  case scanned(Result<Library, Problem>)
  case progress(JobProgress)
  case extracted(Result<Extraction.Summary, Problem>)
  /// What recording into a folder takes.
  case estimated(String, Result<StartState.Costs, Problem>)
  /// Why something did not open.
  case refused(Problem)
}

/// What the Start screen wants done.
package enum StartEffect: Equatable, Sendable {
  case scan
  /// One run, or two to compare.
  case open([String])
  case extract(StartState.Plan)
  /// How long recording takes and how much memory, where nothing like it was measured yet.
  case estimate(StartState.Plan)
  case cancel
}

/// The Start screen: what there is to open, and states recorded from inside.
enum StartScreen {
  static func perform(_ id: Command.ID, _ state: inout AppState) -> [Effect] {
    var start = state.start
    defer { state.start = start }
    switch id {
    case .entryDown: start.index = min(max(0, start.entries.count - 1), start.index + 1)
    case .entryUp: start.index = max(0, start.index - 1)
    case .markRun:
      if case .run(let run)? = start.current, run.isFinished {
        start.markedRun = start.markedRun == run.folder ? nil : run.folder
      }
    case .rescan:
      start.wanted = start.current?.path
      start.library = nil
    case .cancelExtraction: return [.start(.cancel)]
    case .cancelPlan: start.plan = nil
    case .openEntry:
      if let plan = start.plan {
        start.plan = nil
        start.extracting = plan
        start.progress = JobProgress()
        return [.start(.extract(plan))]
      }
      switch start.current {
      case .run(let run)? where run.isFinished:
        start.isOpening = true
        let marked = start.markedRun.flatMap { $0 == run.folder ? nil : $0 }
        start.markedRun = nil
        return [.start(.open((marked.map { [$0] } ?? []) + [run.folder]))]
      case .run(let run)?:
        return plan(
          StartState.Plan(
            concepts: run.manifest.concepts, model: run.manifest.model, folder: run.folder,
            tokens: 0, seconds: nil, manifest: run.manifest), &start)
      case .concepts(let file)?: return plan(start.plan(for: file), &start)
      case .model(let file)?:
        start.model = file.path
        state.message = AppState.Message(
          text: "Extractions use \(RunSource.name(file.path)).", isError: false)
      case nil: break
      }
    default: break
    }
    return []
  }

  private static func plan(_ plan: StartState.Plan, _ start: inout StartState) -> [Effect] {
    guard start.extracting == nil else { return [] }
    start.plan = plan
    return [.start(.estimate(plan))]
  }

  static func receive(_ state: inout AppState, _ event: StartEvent) {
    func report(_ problem: Problem) {
      guard problem != .cancelled else { return }
      state.message = AppState.Message(text: problem.text, isError: true)
    }
    switch event {
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
  }

  static func followUp(_ state: inout AppState) -> [Effect] {
    guard state.start.library == nil, !state.start.isScanning else { return [] }
    state.start.isScanning = true
    return [.start(.scan)]
  }
}
