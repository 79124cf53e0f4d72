import LinearAlgebra

/// A run with its rows' concepts as numbers and the split rule applied.
public struct LabelledRun: Sendable {
  public let run: Run
  /// The concepts' names, sorted by their bytes, those of the training run included.
  public let concepts: [String]
  /// The run's rows that have a concept; only they are measured.
  public let rows: [Int]
  /// The concept of each of ``rows``.
  public let labels: [Int]
  /// Over places in ``rows``. Rows of the same text stay together.
  public let folds: Folds
  /// Another run of the same model, whose rows give prototypes and probe.
  public let training: Run?
  private let trainingRows: [Int]
  private let trainingLabels: [Int]

  /// Fails where no row has a concept, or where the training run cannot belong to the run.
  public init(_ run: Run, training: Run? = nil, seed: UInt64 = 0) throws(Failure) {
    self.run = run
    self.training = training
    rows = run.rows.indices.filter { !run.rows[$0].concept.isEmpty }
    guard !rows.isEmpty else {
      throw Failure(
        .badData, file: run.folder, place: "rows.csv, column concept",
        found: "no row with a concept",
        wanted: "labelled rows", advice: "Extract a concept set with a column `value`.")
    }
    if let training {
      guard training.manifest.width == run.manifest.width else {
        throw Failure(
          .badData, file: training.folder, place: "width", found: "\(training.manifest.width)",
          wanted: "\(run.manifest.width), as \(run.folder) has it",
          advice: "Give a training run of the same model.")
      }
      trainingRows = training.rows.indices.filter { !training.rows[$0].concept.isEmpty }
    } else {
      trainingRows = []
    }
    let names =
      rows.map { run.rows[$0].concept } + trainingRows.map { training?.rows[$0].concept ?? "" }
    // As bytes, because concepts that are canonically equivalent are still two.
    let sorted = Set(names.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
    var places: [[UInt8]: Int] = [:]
    for (place, name) in sorted.enumerated() { places[name] = place }
    concepts = sorted.map { String(decoding: $0, as: UTF8.self) }
    let all = names.compactMap { places[Array($0.utf8)] }
    labels = Array(all.prefix(rows.count))
    trainingLabels = Array(all.dropFirst(rows.count))
    folds = Folds(
      prompts: rows.map { run.rows[$0].text },
      splits: rows.map { run.rows[$0].split.flatMap(ConceptSet.Side.init) }, seed: seed)
  }

  /// One layer's states of the rows that are measured, with their labels.
  ///
  /// Fails where the run does not hold the layer, or a state is not finite.
  public func sample(layer: Int) throws(Failure) -> LayerSample {
    let states = try Self.states(run, layer: layer, rows: rows)
    var sample = LayerSample(
      states: states, labels: labels, concepts: concepts.count, folds: folds)
    if run.manifest.position == Position.all.rawValue {
      sample.groups = rows.map { run.rows[$0].row }
    }
    if let training {
      sample.training = LayerSample.Training(
        states: try Self.states(training, layer: layer, rows: trainingRows),
        labels: trainingLabels)
    }
    return sample
  }

  /// The states of some rows, (rows, width), all of them finite.
  private static func states(_ run: Run, layer: Int, rows: [Int]) throws(Failure) -> Matrix {
    var states = try run.states(layer: layer)
    if rows.count != states.rows { states = states.selecting(rows: rows) }
    for row in 0..<states.rows {
      let values = states.row(row)
      // A sum is finite only where all that it is the sum of is.
      var sum: Float = 0
      for column in 0..<states.columns { sum += values[column] * 0 }
      guard sum == 0 else {
        throw Failure(
          .badData, file: run.folder, place: "layer \(layer), row \(rows[row])",
          found: "a state that is not finite", wanted: "finite numbers",
          advice: "Extract the run again.")
      }
    }
    return states
  }

  /// What a reader should know though it is no error.
  public var notes: [String] {
    var notes: [String] = []
    if Set(labels).count == 1 {
      notes.append(
        "There is one concept only, `\(concepts[labels[0]])`: nothing to tell apart.")
    }
    if rows.count < run.rows.count {
      notes.append("\(run.rows.count - rows.count) rows without a concept are left out.")
    }
    if training == nil, folds.folds.isEmpty {
      notes.append("No row can be held out: there are no accuracies.")
    }
    return notes
  }
}
