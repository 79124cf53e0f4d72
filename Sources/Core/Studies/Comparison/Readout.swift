import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers

/// What a model was tuned for, read from texts that have nothing to do with it: the mean of its
/// states less those of its base, and the tokens that this difference alone makes likely (Minder et
/// al. 2025).
package struct Readout: Sendable {
  package struct Layer: Equatable, Sendable {
    package var layer: Int
    /// The mean difference, `width` values.
    package var difference: [Float]
    /// Its length over the mean length of the base's states.
    package var relativeLength: Double
    /// What final norm and head make of it, likeliest first.
    package var top: [LensToken]

    package var length: Double {
      difference.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
  }

  package var layers: [Layer]
  /// Rows or texts that it is a mean of.
  package var rows: Int
  /// What the layers' tokens are called.
  package let language: LanguageModel

  /// Adding the difference of one layer to the base's states there makes them, on the mean, the
  /// tuned model's. Nil where the layer was not read.
  package func steering(layer: Int, strength: Float = 1) -> Intervention? {
    layers.first { $0.layer == layer }.map {
      Intervention(layer: layer, vector: $0.difference.map { strength * $0 })
    }
  }

  /// The same as a file's contents.
  package func controlVector(layer: Int) -> ControlVector? {
    steering(layer: layer).map {
      ControlVector(
        modelHint: language.configuration.architecture, directions: [layer: $0.vector])
    }
  }
}

/// Makes a ``Readout`` of two runs of one model, without and with an adapter.
package struct ReadoutJob: Sendable {
  /// The model of both runs; what they say where nil.
  package var model: String?
  /// Texts to read in place of the runs' own rows: `prompt` and perhaps `response`.
  package var texts: String?
  package var top = 10
  package var memory = MemoryBudget()

  package init() {}

  /// - Parameter layers: those to read.
  ///
  /// Fails where the runs are not of one model, or it, its adapter or the texts cannot be read.
  package func run(
    _ pair: RunPair, layers: [Int], _ context: JobContext
  ) throws -> Readout {
    let (base, tuned) = (pair.base.run, pair.tuned.run)
    for run in [base, tuned] where run.manifest.isImported {
      throw Failure(
        .badData, file: run.folder + "/" + Run.manifestName, place: "states",
        found: "imported states, of no model that is known", wanted: "runs that seer extract made")
    }
    guard base.manifest.modelSHA256 == tuned.manifest.modelSHA256 else {
      throw Failure(
        .badData, file: tuned.folder + "/" + Run.manifestName, place: "model_sha256",
        found: "a run of another model, \(tuned.manifest.model)",
        wanted: "one of \(base.manifest.model), as \(base.folder)",
        advice: "The difference of two models' states is no state of either.")
    }
    let opened = try LanguageModel(
      model ?? base.manifest.model, precision: tuned.manifest.multiplied)
    guard try opened.sha256() == base.manifest.modelSHA256 else {
      throw Failure(
        .badData, file: base.folder + "/" + Run.manifestName, place: "model_sha256",
        found: "a run of another model, \(base.manifest.model)", wanted: "one of \(opened.path)",
        advice: "Name the runs' model with --model.")
    }
    let language = try opened.planned(memory)
    let means =
      try texts.map { try read($0, pair, language, layers, context) }
      ?? ownMeans(pair, layers, context)
    let differences = Matrix(rows: layers.count, columns: language.configuration.width) {
      Float(means.tuned[$0][$1] - means.base[$0][$1])
    }
    let tops = language.transformer.lens(differences, top: top)
    return Readout(
      layers: layers.enumerated().map { place, layer in
        var found = Readout.Layer(
          layer: layer, difference: differences.values(row: place), relativeLength: 0,
          top: tops[place])
        if means.lengths[place] > 0 { found.relativeLength = found.length / means.lengths[place] }
        return found
      }, rows: means.rows, language: language)
  }

  private struct Means {
    /// By layer, `width` values.
    var base: [[Double]]
    var tuned: [[Double]]
    /// Of the base's states, by layer.
    var lengths: [Double]
    var rows: Int
  }

  private func ownMeans(
    _ pair: RunPair, _ layers: [Int], _ context: JobContext
  ) throws -> Means {
    var means = Means(base: [], tuned: [], lengths: [], rows: pair.base.run.rows.count)
    for layer in layers {
      try context.checkpoint()
      let states = try pair.base.run.states(layer: layer)
      means.base.append(Self.mean(states))
      means.tuned.append(Self.mean(try pair.tuned.run.states(layer: layer)))
      means.lengths.append(Self.meanLength(states))
    }
    return means
  }

  /// Each text's words by their mean state, as a run of `--position mean` has them.
  private func read(
    _ texts: String, _ pair: RunPair, _ language: LanguageModel, _ layers: [Int],
    _ context: JobContext
  ) throws -> Means {
    let manifest = pair.tuned.run.manifest
    guard let folder = manifest.adapter else {
      throw Failure(
        .badData, file: pair.tuned.run.folder + "/" + Run.manifestName, place: "adapter",
        found: "none", wanted: "a run of the model with its adapter")
    }
    guard try AdapterFile.sha256(of: folder) == manifest.adapterSHA256 else {
      throw Failure(
        .badData, file: folder, found: "another adapter than \(pair.tuned.run.folder) is a run of",
        wanted: "the one it was", advice: "Extract the run again.")
    }
    let adapter = try AdapterFile.read(folder, for: language.configuration)
    let set = try ConceptSet(contentsOf: texts, requiresConcepts: false)
    let renderer = try RowRenderer(
      language.tokenizer, template: manifest.template,
      maxTokens: min(manifest.maxTokens, language.configuration.context))
    let rows = try renderer.render(set, of: texts)
    let total = rows.reduce(0) { $0 + $1.ids.count }
    func states(_ adapter: Adapter?, after done: Int) throws -> [Matrix] {
      try language.collectStates(
        of: rows, positions: [.mean], layers: layers, adapter: adapter,
        checkpoint: context.checkpoint
      ) { tokens in
        context.report(
          JobProgress(completed: done + tokens, total: 2 * total, unit: "tokens", message: "texts"))
      }.states[0]
    }
    let base = try states(nil, after: 0)
    return Means(
      base: base.map(Self.mean), tuned: try states(adapter, after: total).map(Self.mean),
      lengths: base.map(Self.meanLength), rows: rows.count)
  }

  private static func mean(_ states: Matrix) -> [Double] {
    var sums = [Double](repeating: 0, count: states.columns)
    for row in 0..<states.rows {
      let state = states.row(row)
      for column in sums.indices { sums[column] += Double(state[column]) }
    }
    return sums.map { $0 / Double(max(1, states.rows)) }
  }

  private static func meanLength(_ states: Matrix) -> Double {
    (0..<states.rows).reduce(0.0) { sum, row in
      let state = states.row(row)
      return sum + Double(dot(state, state, count: states.columns)).squareRoot()
    } / Double(max(1, states.rows))
  }
}
