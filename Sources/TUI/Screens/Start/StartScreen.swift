import SeerApp
import SeerSupport
import SeerWidgets

/// The Start screen: what there is to open, and states recorded from inside.
package enum StartScreen: Screen {
  package static let id = ScreenID.start
  package static let entry = ScreenEntry(
    command: "showStart", key: "F6", help: "Start: runs, concept files and models")

  package static func open(_ workspace: Workspace, in state: inout AppState) {
    if !state.hasRun, workspace.watched == nil { state.screen = id }
  }

  package static func carry(from old: AppState, into next: inout AppState) {
    next.start = old.start
  }

  package static func isThere(_ state: AppState) -> Bool { true }
  package static func status(_ state: AppState) -> String {
    guard state.start.extracting != nil else { return "" }
    return state.theme.glyphs.goesOn + " "
      + Numbers.percent(Float(state.start.progress?.fraction ?? 0))
  }
  package static func farewell(_ state: AppState) -> String? {
    state.start.extracting.map {
      "The recording into \($0.folder) stops; what there is of it is kept, and Enter on the "
        + "unfinished run (F6) goes on."
    }
  }
  package static func isBusy(_ state: AppState) -> Bool { state.start.isBusy }
  package static func ground(_ state: AppState) -> KeyContext { .start }

  static func openEntry(_ state: inout AppState) -> [Effect] {
    var start = state.start
    defer { state.start = start }
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
    return []
  }

  private static func plan(_ plan: StartState.Plan, _ start: inout StartState) -> [Effect] {
    guard start.extracting == nil else { return [] }
    start.plan = plan
    return [.start(.estimate(plan))]
  }

  package static func followUp(_ state: inout AppState) -> [Effect] {
    guard state.start.library == nil, !state.start.isScanning else { return [] }
    state.start.isScanning = true
    return [.start(.scan)]
  }
}
