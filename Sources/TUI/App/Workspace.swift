import Foundation
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers
import SeerWidgets

/// What is open: a run, one to compare it with, and a model to talk to.
package struct Workspace: Sendable {
  package var run: RunSource
  package var tuned: RunSource?
  /// More runs to explore.
  package var others: [RunSource] = []
  package var prompt: PromptSource?
  /// How conversations are written: as the user says, else as the first run's were.
  package var chat = ChatOptions()
  /// How exactly the model multiplies: as the user says, else as it did for the first run.
  package var precision = Precision.exact
  /// How the first run was made; nil for one that is no folder, or was imported.
  package var manifest: RunManifest?
  /// What the first run's states were imported from.
  package var importedFrom: String?
  /// The adapter folder of a training elsewhere.
  package var watched: String?
  /// The program and version, for what is written.
  package var tool = ""
  /// What was asked for; nil in tests.
  package var options: ExplorerOptions?

  package init(run: RunSource, tuned: RunSource? = nil, prompt: PromptSource? = nil) {
    self.run = run
    self.tuned = tuned
    self.prompt = prompt
  }

  /// All runs, the one that is explored first.
  package var sources: [RunSource] { [run] + (tuned.map { [$0] } ?? []) + others }

  private static let noRun = Problem("No run is open.")

  /// Opens the runs named, the first to explore, the second beside it. Without a model named, the
  /// one that the runs were made with is taken, where it is found.
  package init(_ options: ExplorerOptions) throws(Failure) {
    self.options = options
    watched = options.watched
    chat = options.chat
    tool = options.tool
    precision = options.precision ?? .exact
    guard let folder = options.runs.first else {
      run = RunSource(
        model: "", concepts: "", layers: [], rows: [], states: { _ in throw Self.noRun })
      return
    }
    let first = try Run.open(folder)
    let second = try options.runs.dropFirst().first.map { folder throws(Failure) in
      try Run.open(folder)
    }
    run = RunSource(first)
    manifest = first.manifest.isImported ? nil : first.manifest
    importedFrom = first.manifest.states
    precision = options.precision ?? first.manifest.multiplied
    let own = try ChatOptions(first.manifest.chat)
    if chat.arguments.isEmpty { chat.arguments = own.arguments }
    chat.date = chat.date ?? own.date
    tuned = second.map { RunSource($0) }
    for folder in options.runs.dropFirst(2) { others.append(RunSource(try Run.open(folder))) }
    // Its states are of no model that is known here, whatever its name.
    if first.manifest.isImported, options.model == nil { return }
    let model: String
    if let named = options.model {
      model = try ModelLocator.path(of: named, environment: options.environment)
    } else {
      let found = first.manifest.model
      guard let path = try? ModelLocator.path(of: found, environment: options.environment) else {
        return
      }
      model = path
    }
    var runs = [first]
    // Runs of different concepts cannot score one text together.
    if let second, second.rows.count == first.rows.count { runs.append(second) }
    var adapter = options.adapter ?? first.manifest.adapter ?? second?.manifest.adapter
    if options.adapter == nil, let found = adapter,
      !FileManager.default.fileExists(atPath: found)
    {
      adapter = nil
    }
    prompt = PromptSource(
      model: model, adapter: adapter, runs: runs, template: first.manifest.template,
      chat: chat, precision: precision, memory: options.memory)
    for run in runs {
      let words = RunLocator.words(like: run.manifest, environment: options.environment)
      if let words { prompt?.words.append(try Run.open(words)) }
    }
  }

  /// The interface as it starts.
  package func state(
    _ screens: ScreenRegistry, size: Size, theme: Theme, isMouseOn: Bool = true
  ) -> AppState {
    var state = AppState(
      screens, size: size, theme: theme, explore: ExploreState(run), isMouseOn: isMouseOn)
    for screen in screens.all { screen.open(self, in: &state) }
    if let note = LabelledRows.note(run.rows, run.name) {
      state.message = AppState.Message(text: note, isError: false)
    } else if let importedFrom, prompt == nil {
      state.message = AppState.Message(
        text: "\(run.name) was imported from \(importedFrom): no model is known, so no text is "
          + "scored.", isError: false)
    }
    return state
  }
}
