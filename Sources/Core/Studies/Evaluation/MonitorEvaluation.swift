import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerMonitor
import SeerRuns
import SeerSupport
import SeerTokenizers

/// Reads the texts of a run token by token and measures how well its monitors tell the concepts of
/// tokens and of turns, layer by layer and reader by reader: what a ``MonitorRecord`` keeps.
///
/// What teaches is the run's training rows; layer, reader, shrinkage and half-life are chosen by folds of them
/// (``Figures/taught``); calibrations, thresholds and ``Figures/heldOut`` are of the rows held out.
package struct MonitorEvaluation: Sendable {
  package var model: String
  package var adapter: String?
  package var run: String
  /// The file that the run was made of; nil for the one that the run names.
  package var concepts: String?
  package var columns = ConceptColumns()
  /// Some of the run's; nil: all.
  package var layers: [Int]?
  package var chat = ChatOptions()
  package var memory = MemoryBudget()
  /// The program and version, for the record.
  package var tool: String

  package init(model: String, adapter: String?, run: String, tool: String) {
    self.model = model
    self.adapter = adapter
    self.run = run
    self.tool = tool
  }

  /// How often a reader was right.
  package struct Figures: Codable, Equatable, Sendable {
    /// The mean over concepts of the chance that a token of the concept scores above another.
    package var tokenAUC: Double
    package var tokenAccuracy: Double
    /// Of the rows' mean states.
    package var turnAccuracy: Double
    /// By way of making one score of a turn, as ``tokenAUC``; only of rows held out.
    package var turnAUC: [String: Double]?
  }

  /// One layer and reader.
  package struct Result: Codable, Equatable, Sendable {
    package var layer: Int
    package var reader: MonitorReader
    package var shrinkage: Double?
    package var turnShrinkage: Double?
    /// Of the mean along a turn's tokens (``SeerMonitor/LogitSmoothing``).
    package var halfLife: Double
    /// On training rows, each judged by the others.
    package var taught: Figures
    package var heldOut: Figures
    /// The mean distance between a token's score and how often such tokens are right.
    package var calibrationError: Double
  }

  package struct Measurement: Codable, Equatable, Sendable {
    /// Rows that taught, and that were held out.
    package var trainingRows: Int
    package var heldOutRows: Int
    package var tokens: Int
    package var results: [Result]
    /// Chosen by ``Result/taught``.
    package var layer: Int
    package var reader: MonitorReader
    package var notes: [String]
  }

  package func run(_ context: JobContext) throws -> (Measurement, MonitorRecord) {
    let run = try Run.open(self.run)
    let layers = try self.layers(run)
    let opened = try LanguageModel(model, chat: chat)
    let modelHash = opened.hashing()
    let language = try opened.planned(memory)
    let lora = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: language.configuration)
    }
    let notes = try run.notesForScoring(
      language, modelSHA256: try modelHash.value(),
      adapter: try adapter.map { folder throws(Failure) in
        (folder: folder, sha256: try AdapterFile.sha256(of: folder))
      }, template: run.manifest.template)
    let labelled = LabelledRows(run.rows)
    let set = try self.set(run)
    let (words, states) = try read(set, run, labelled, layers, language, lora, context)
    let single = labelled.folds.folds.count == 1
    let teaching = single ? labelled.folds.folds[0].train : Array(labelled.rows.indices)
    let missing = labelled.concepts.indices.first { concept in
      !teaching.contains { labelled.labels[$0] == concept }
    }
    if let missing {
      throw Failure(
        .badData, file: run.folder,
        found: "no training row of the concept `\(labelled.concepts[missing])`",
        wanted: "training rows of every concept", advice: "Give it some, and extract again.")
    }
    let inner = self.inner(labelled, teaching)
    guard inner.folds.count > 1 else {
      throw Failure(
        .badData, file: run.folder, found: "\(teaching.count) training rows that make no folds",
        wanted: "training rows of several prompts for every concept",
        advice: "Extract more rows.")
    }
    var (results, recorded): ([Result], [MonitorRecord.Layer]) = ([], [])
    for (place, layer) in layers.enumerated() {
      let sample = try labelled.sample(
        try run.states(layer: layer), layer: layer, name: run.folder)
      let reading = LayerReading(
        sample: sample, concepts: labelled.concepts.count, states: states[place], words: words)
      let shrinkages = try reading.shrinkages(inner, context.checkpoint)
      let whole = ConceptDirections(
        sample.states, labels: sample.labels, concepts: reading.concepts, rows: teaching)
      let probes = try reading.probes(whole, teaching, shrinkages)
      var readings: [MonitorRecord.Reading] = []
      for reader in MonitorReader.allCases {
        try context.checkpoint()
        let isProbe = reader == .probe
        let own = isProbe ? shrinkages : nil
        let alone = try reading.judge(inner, own)
        let smoothing = LogitSmoothing(halfLife: alone.halfLife())
        let taught = alone.smoothed(smoothing)
        let held =
          try labelled.folds.folds.isEmpty
          ? taught : reading.judge(labelled.folds, own).smoothed(smoothing)
        results.append(
          Result(
            layer: layer, reader: reader, shrinkage: own?.tokens, turnShrinkage: own?.turns,
            halfLife: smoothing.halfLife, taught: taught.figures(ways: false),
            heldOut: held.figures(ways: true), calibrationError: held.tokenCalibration.expectedError
          ))
        readings.append(
          MonitorRecord.Reading(
            reader: reader,
            probe: own.map { MonitorRecord.Probe(probes.tokens, shrinkage: $0.tokens) },
            turnProbe: own.map { MonitorRecord.Probe(probes.turns, shrinkage: $0.turns) },
            halfLife: smoothing.halfLife,
            tokens: held.tokenCalibration, turns: held.turnCalibration,
            falsePositives: held.falsePositives))
      }
      let own = results.suffix(MonitorReader.allCases.count)
      recorded.append(
        MonitorRecord.Layer(
          layer: layer, concepts: labelled.concepts, reader: Self.best(own).reader,
          readings: readings))
    }
    let best = Self.best(results[...])
    let measurement = Measurement(
      trainingRows: teaching.count,
      heldOutRows: Set(labelled.folds.folds.flatMap(\.test)).count,
      tokens: words.rows.last?.upperBound ?? 0, results: results, layer: best.layer,
      reader: best.reader, notes: notes + set.fileNotes)
    return (
      measurement,
      MonitorRecord(tool: tool, of: run.manifest, layer: best.layer, layers: recorded)
    )
  }

  /// The one that tells most tokens of the training rows; the first of several.
  private static func best(_ results: ArraySlice<Result>) -> Result {
    results.dropFirst().reduce(results[results.startIndex]) {
      $1.taught.tokenAUC > $0.taught.tokenAUC ? $1 : $0
    }
  }

  private func layers(_ run: Run) throws(Failure) -> [Int] {
    let known = run.manifest.layers
    guard let layers else { return known }
    if let wrong = layers.first(where: { !known.contains($0) }) {
      throw Failure(
        .usage, place: "--layers", found: "\(wrong)",
        wanted: "some of those of \(run.folder): \(Run.described(known))")
    }
    return layers
  }

  /// The rows of the run with their prompts and responses.
  private func set(_ run: Run) throws -> ConceptSet {
    let manifest = run.manifest
    guard manifest.position != .all, !manifest.isImported else {
      throw Failure(
        .usage, place: "--run",
        found: "a run of \(manifest.isImported ? "imported states" : "tokens")",
        wanted: "a run of texts, such as --position mean makes")
    }
    let file = concepts ?? manifest.concepts
    guard try sha256(ofFile: file) == manifest.conceptsSHA256 else {
      throw Failure(
        .badData, file: file, found: "another file than the one that \(run.folder) was made of",
        wanted: "its concept file", advice: "Name it with --concepts.")
    }
    return try ConceptSet(contentsOf: file, columns: columns)
  }

  /// Folds of the rows that teach, in which rows of one prompt stay together and every concept has
  /// rows that teach.
  private func inner(_ labelled: LabelledRows, _ teaching: [Int]) -> Folds {
    let folds = Folds(
      prompts: teaching.map { String(labelled.prompts[$0]) }, splits: teaching.map { _ in nil })
    return Folds(
      folds.folds.map { fold in
        Folds.Fold(train: fold.train.map { teaching[$0] }, test: fold.test.map { teaching[$0] })
      }.filter { fold in
        Set(fold.train.map { labelled.labels[$0] }).count == labelled.concepts.count
      })
  }

  /// What of a row's words is also read alone: each sentence of the response.
  private static func alone(_ row: ConceptSet.Row) -> [String] {
    row.response.map(sentences) ?? []
  }

  /// Runs the model over the labelled rows, and over what is read alone of them.
  private func read(
    _ set: ConceptSet, _ run: Run, _ labelled: LabelledRows, _ layers: [Int],
    _ language: LanguageModel, _ adapter: Adapter?, _ context: JobContext
  ) throws -> (words: EvaluatedWords, states: [Matrix]) {
    let renderer = try RowRenderer(
      language.tokenizer, template: run.manifest.template, maxTokens: run.manifest.maxTokens)
    let rows = try labelled.rows.map { row in
      let place = run.rows[row].row
      guard set.rows.indices.contains(place) else {
        throw Failure(
          .badData, file: run.folder, place: "row \(row)", found: "row \(place)",
          wanted: "a row of \(run.manifest.concepts)")
      }
      return set.rows[place]
    }
    let alone = rows.map(Self.alone)
    let rendered =
      try rows.map { try renderer.render($0) }
      + alone.joined().map { try renderer.render(prompt: $0) }
    var spans: [Range<Int>] = []
    for text in rendered {
      let start = spans.last?.upperBound ?? 0
      spans.append(start..<start + withoutFirst(text.meanTokens).count)
    }
    let count = spans.last?.upperBound ?? 0
    var states = layers.map { _ in
      MutableMatrix(rows: count, columns: language.configuration.width)
    }
    let capacity = max(rendered.reduce(1) { max($0, $1.ids.count) }, language.batchTokens)
    let activations = language.activations(tokens: capacity)
    let total = rendered.reduce(0) { $0 + $1.ids.count }
    var (first, done) = (0, 0)
    while first < rendered.count {
      var batch = Batch()
      var read: [Range<Int>] = []
      var end = first
      while end < rendered.count,
        batch.rows.isEmpty || batch.tokens.count + rendered[end].ids.count <= capacity
      {
        let start = batch.tokens.count
        batch.append(rendered[end].ids)
        read += withoutFirst(rendered[end].meanTokens).map { $0 + start..<$0 + start + 1 }
        end += 1
      }
      let result = try language.transformer.forward(
        batch, adapter: adapter, request: ForwardRequest(layers: layers, spans: read),
        activations: activations, checkpoint: context.checkpoint)
      for (layer, captured) in result.states.enumerated() {
        states[layer].row(spans[first].lowerBound).update(
          from: captured.start, count: captured.count)
      }
      done += batch.tokens.count
      context.report(JobProgress(completed: done, total: total, unit: "tokens"))
      first = end
    }
    var texts = spans[rows.count...]
    let words = EvaluatedWords(
      rows: Array(spans[..<rows.count]),
      alone: alone.map { own in
        defer { texts = texts.dropFirst(own.count) }
        return Array(texts.prefix(own.count))
      })
    return (words, layers.indices.map { MutableMatrix.freeze(&states[$0]) })
  }
}
