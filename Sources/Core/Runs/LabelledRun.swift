import SeerAnalysis
import SeerSupport

/// A run with its rows' concepts as numbers and the split rule applied.
package struct LabelledRun: Sendable {
  package let run: Run
  private let labelled: LabelledRows
  /// Another run of the same model, whose rows give prototypes and probe.
  package let training: Run?
  private let taught: LabelledRows?

  /// The concepts' names, sorted by their bytes, those of the training run included.
  package var concepts: [String] { labelled.concepts }
  /// The run's rows that have a concept; only they are measured.
  package var rows: [Int] { labelled.rows }
  /// The concept of each of ``rows``.
  package var labels: [Int] { labelled.labels }
  /// Over places in ``rows``. Rows of the same prompt stay together.
  package var folds: Folds { labelled.folds }

  /// - Parameters:
  ///   - training: another run of the same model, whose rows give prototypes and probe.
  ///   - twin, trainingTwin: the same rows of other runs (``LabelledRows/init(_:twin:others:seed:)``).
  ///
  /// Fails where no row has a concept, or where the training run cannot belong to the run.
  package init(
    _ run: Run, training: Run? = nil, twin: Run? = nil, trainingTwin: Run? = nil,
    seed: UInt64 = 0
  ) throws(Failure) {
    self.run = run
    self.training = training
    if let training, training.manifest.width != run.manifest.width {
      throw Failure(
        .badData, file: training.folder, place: "width", found: "\(training.manifest.width)",
        wanted: "\(run.manifest.width), as \(run.folder) has it",
        advice: "Give a training run of the same model.")
    }
    func names(_ run: Run?) -> [String] {
      run.map { $0.rows.map(\.concept).filter { !$0.isEmpty } } ?? []
    }
    labelled = LabelledRows(run.rows, twin: twin?.rows, others: names(training), seed: seed)
    taught = training.map {
      LabelledRows($0.rows, twin: trainingTwin?.rows, others: names(run), seed: seed)
    }
    guard !labelled.rows.isEmpty else {
      throw Failure(
        .badData, file: run.folder, place: "rows.csv, column concept",
        found: "no row with a concept",
        wanted: "labelled rows", advice: "Extract a concept set with a column `value`.")
    }
  }

  /// One layer's states of the rows that are measured, with their labels.
  ///
  /// Fails where the run does not hold the layer, or a state is not finite.
  package func sample(layer: Int) throws(Failure) -> LayerSample {
    var sample = try labelled.sample(
      try run.states(layer: layer), layer: layer, name: run.folder)
    if let training, let taught {
      let own = try taught.sample(
        try training.states(layer: layer), layer: layer, name: training.folder)
      sample.training = LayerSample.Training(
        states: own.states, labels: own.labels, groups: own.groups, prompts: own.prompts)
    }
    return sample
  }

  /// What a reader should know though it is no error.
  package var notes: [String] {
    var notes: [String] = []
    if Set(labels).count == 1 {
      notes.append(
        "There is one concept only, `\(concepts[labels[0]])`: nothing to tell apart.")
    }
    if rows.count < run.rows.count {
      notes.append("\(run.rows.count - rows.count) rows without a concept are left out.")
    }
    if training == nil, let note = labelled.note(run.folder) { notes.append(note) }
    if training == nil, folds.folds.isEmpty {
      notes.append("No row can be held out: there are no accuracies.")
    }
    return notes
  }
}
