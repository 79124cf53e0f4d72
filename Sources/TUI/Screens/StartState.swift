import Core

/// What the Start screen knows: what there is to open, and an extraction under way.
struct StartState: Sendable {
  enum Entry: Equatable, Sendable {
    case run(Library.FoundRun)
    case concepts(Library.FoundFile)
    case model(Library.FoundFile)

    var path: String {
      switch self {
      case .run(let run): run.folder
      case .concepts(let file), .model(let file): file.path
      }
    }
  }

  /// States to be recorded.
  struct Plan: Equatable, Sendable {
    var concepts: String
    var model: String
    var folder: String
    /// About how many tokens, and seconds; nil where nothing was measured yet.
    var tokens: Int
    var seconds: Double?
    /// Goes on with an unfinished run.
    var manifest: RunManifest?
    /// Worked out once the plan is there.
    var costs: Costs?
  }

  /// What recording takes.
  struct Costs: Equatable, Sendable {
    /// Where nothing was measured yet: by the machine's speed of products, which it comes near to.
    var seconds: Double?
    /// Bytes of working memory, and of the model's weights.
    var memory: Int
    var weights: Int
  }

  var library: Library?
  var isScanning = false
  var index = 0
  /// The path to be chosen once there is a library again.
  var wanted: String?
  /// The run that the next one is compared with.
  var markedRun: String?
  /// What extractions use.
  var model = ModelLocator.defaultName
  /// Asked for, before it is begun.
  var plan: Plan?
  var extracting: Plan?
  var progress: Progress?
  var isOpening = false

  /// In the order of the screen: runs, concept files, models.
  var entries: [Entry] {
    guard let library else { return [] }
    return library.runs.map(Entry.run) + library.concepts.map(Entry.concepts)
      + library.models.map(Entry.model)
  }

  var current: Entry? { entries.indices.contains(index) ? entries[index] : nil }
  var isBusy: Bool { isScanning || extracting != nil || isOpening }

  /// An extraction of a file with the model chosen.
  func plan(for file: Library.FoundFile) -> Plan {
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
