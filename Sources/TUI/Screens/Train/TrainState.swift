import SeerApp
import SeerFormats
import SeerModels
import SeerProjection
import SeerSupport
import SeerTraining
import SeerWidgets

/// What the Train screen knows: what to train, and how it goes.
package struct TrainState: Sendable {
  package enum Status: Equatable, Sendable {
    case setup
    case running
    case paused
    /// Waits for the job to leave its checkpoint.
    case stopping
    /// By the user; it can go on.
    case stopped
    case finished
    case failed(Problem)
    /// A training in another process.
    case watching
  }

  /// A line of the form.
  package enum Field: String, CaseIterable, Sendable {
    case model, concepts, retain, adapter, objective, layers, rank, steps, every, keep, start

    package var help: String {
      switch self {
      case .model: "a GGUF file or the name of a cached model"
      case .concepts: "the concept set: CSV or JSON Lines"
      case .retain: "general texts that keep the model able; may be empty"
      case .adapter: "the folder to write"
      case .objective: ObjectiveName.allCases.map(\.rawValue).joined(separator: ", ")
      case .layers: "target layers, separated by commas"
      case .rank: "of the adapter"
      case .steps: "how many"
      case .every: "steps between figures on held-out rows and their clusters"
      case .keep: "steps between adapters kept with their clusters; 0: none"
      case .start: "Enter starts"
      }
    }
  }

  package enum Estimate: Equatable, Sendable {
    case none
    case computing
    case ready(TrainingEstimate)
    case failed(Problem)
  }

  package var status = Status.setup
  package var form: [Field: Editor]
  package var field = Field.start
  package var estimate = Estimate.none
  /// What is known of the files that the form names.
  package var files: FormFiles?
  var isLooking = false
  package var steps: [TrainingStep] = []
  package var progress: JobProgress?
  /// The held-out rows' clusters at every judgement.
  package var history = ClusterHistory()
  /// Each row's concept, and their names in the training's order.
  package var labels: [Int] = []
  package var concepts: [String] = []
  package var chosenStep: Int?
  package var notes: [String] = []
  /// The second run's extraction, after the training.
  package var extraction: JobProgress?
  /// What was trained, recorded and ready to be compared, and whether that was asked for meanwhile.
  package var tuned: RunSource?
  var wantsCompare = false
  /// How rows are read, where that is not the usual.
  package var template: String?
  /// How exactly the model multiplies.
  package var precision = Precision.exact
  package var watched: String?
  var isPolling = false
  /// Asked once; from then on at every tick.
  var hasPolled = false

  package init(model: String, concepts: String, layers: Int) {
    let preset = TrainingPreset.standard
    let layer = min(preset.objective.layers.max() ?? 24, max(1, layers - 1))
    let texts: [Field: String] = [
      .model: model, .concepts: concepts, .retain: "samples/retain.csv", .adapter: "my-adapter",
      .objective: preset.objective.name.rawValue, .layers: "\(layer)", .rank: "\(preset.rank)",
      .steps: "\(preset.steps)", .every: "\(preset.evaluateEvery)", .keep: "\(preset.keep)",
    ]
    form = texts.mapValues { Editor($0) }
  }

  package init(watching folder: String) {
    self.init(model: "", concepts: "", layers: 1)
    form[.adapter] = Editor(folder)
    status = .watching
    watched = folder
  }

  package func text(_ field: Field) -> String { form[field]?.text ?? "" }

  /// The last whole step, of which a checkpoint is kept.
  package var lastStep: Int { steps.last { $0.terms != nil }?.step ?? 0 }

  /// The command that goes on with the training from its checkpoint.
  package var resumeCommand: String {
    func quoted(_ text: String) -> String {
      let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "-_./,:".contains($0) }
      return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
    let options: [(String, Field)] = [
      ("model", .model), ("concepts", .concepts), ("retain", .retain), ("adapter", .adapter),
      ("objective", .objective), ("layer", .layers), ("rank", .rank), ("steps", .steps),
      ("evaluate-every", .every), ("keep", .keep),
    ]
    var words = ["seer train"]
    for (name, field) in options
    where !text(field).isEmpty && (field != .keep || text(field) != "0") {
      words.append("--\(name) " + quoted(text(field).filter { field != .layers || $0 != " " }))
    }
    if text(.retain).isEmpty { words.append("--retain-batch 0") }
    if let template { words.append("--template \(template)") }
    if precision != .exact { words.append("--precision \(precision.rawValue)") }
    return (words + ["--resume"]).joined(separator: " ")
  }

  package var isRunning: Bool { status == .running || status == .paused || status == .stopping }
  package var isBusy: Bool {
    status == .running || status == .stopping || estimate == .computing || isPolling || isLooking
  }

  /// The last figures on held-out rows, and the first.
  package var heldOut: (before: HeldOutFigures?, now: HeldOutFigures?) {
    (steps.first { $0.heldOut != nil }?.heldOut, steps.last { $0.heldOut != nil }?.heldOut)
  }
}

extension AppState {
  package var train: TrainState? {
    get { self[TrainState.self] }
    set { self[TrainState.self] = newValue }
  }
}
