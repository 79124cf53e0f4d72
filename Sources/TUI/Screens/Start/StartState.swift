import SeerApp
import SeerModels
import SeerRuns
import SeerSupport

/// What the Start screen knows: what there is to open, and an extraction under way.
package struct StartState: Sendable {
  package enum Entry: Equatable, Sendable {
    case run(Library.FoundRun)
    case concepts(Library.FoundFile)
    case model(Library.FoundFile)

    package var path: String {
      switch self {
      case .run(let run): run.folder
      case .concepts(let file), .model(let file): file.path
      }
    }
  }

  /// States to be recorded.
  package struct Plan: Equatable, Sendable {
    package var concepts: String
    package var model: String
    package var folder: String
    /// About how many tokens, and seconds; nil where nothing was measured yet.
    package var tokens: Int
    package var seconds: Double?
    /// Goes on with an unfinished run.
    package var manifest: RunManifest?
    /// Worked out once the plan is there.
    package var costs: Costs?
  }

  /// What recording takes.
  package struct Costs: Equatable, Sendable {
    /// Where nothing was measured yet: by the machine's speed of products, which it comes near to.
    package var seconds: Double?
    /// Bytes of working memory, and of the model's weights.
    package var memory: Int
    package var weights: Int

    package init(seconds: Double? = nil, memory: Int, weights: Int) {
      self.seconds = seconds
      self.memory = memory
      self.weights = weights
    }
  }

  package var library: Library?
  var isScanning = false
  package var index = 0
  /// The path to be chosen once there is a library again.
  package var wanted: String?
  /// The run that the next one is compared with.
  var markedRun: String?
  /// What extractions use.
  package var model = ModelLocator.defaultName
  /// Asked for, before it is begun.
  package var plan: Plan?
  package var extracting: Plan?
  package var progress: JobProgress?
  var isOpening = false

  /// In the order of the screen: runs, concept files, models.
  package var entries: [Entry] {
    guard let library else { return [] }
    return library.runs.map(Entry.run) + library.concepts.map(Entry.concepts)
      + library.models.map(Entry.model)
  }

  package var current: Entry? { entries.indices.contains(index) ? entries[index] : nil }
  package var isBusy: Bool { isScanning || extracting != nil || isOpening }

  /// An extraction of a file with the model chosen.
  package func plan(for file: Library.FoundFile) -> Plan {
    let folders = Set(library?.runs.map(\.folder) ?? [])
    let stem = RunSource.name(file.path)
    var folder = "\(stem)-run"
    var number = 2
    while folders.contains(folder) {
      folder = "\(stem)-run-\(number)"
      number += 1
    }
    // English has about 4.5 bytes a token; a chat template adds to it.
    let tokens = file.bytes * 2 / 9
    return Plan(
      concepts: file.path, model: model, folder: folder, tokens: tokens,
      seconds: speed.map { Double(tokens) / $0 })
  }

  /// Tokens a second in the runs made here.
  private var speed: Double? {
    let rates = (library?.runs ?? []).compactMap { run -> Double? in
      guard let tokens = run.manifest.tokens, let seconds = run.manifest.seconds, seconds > 0
      else { return nil }
      return Double(tokens) / seconds
    }.sorted()
    return rates.isEmpty ? nil : rates[rates.count / 2]
  }
}

extension AppState {
  package var start: StartState {
    get { self[StartState.self] ?? StartState() }
    set { self[StartState.self] = newValue }
  }
}
