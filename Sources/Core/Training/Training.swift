import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerSupport
import SeerTokenizers

/// Trains an adapter, resumably, and writes it as PEFT does.
package struct Training: Sendable {
  package var model: String
  package var concepts: String
  package var retain: String?
  /// What the columns of both are called, and which answers of conversations are rows.
  package var columns = ConceptColumns()
  package var folder: String
  package var preset: TrainingPreset
  package var template = RowTemplate.chat
  /// What the user says of how conversations are written.
  package var chat = ChatOptions()
  /// Whether the preset's number of tokens is lowered to what the model has room for: nobody asked for
  /// it.
  package var fitsContext = false
  /// How exactly the model multiplies, as far as the machine has kernels for that.
  package var precision = Precision.exact
  package var seed: UInt64 = 0
  package var resumes = false
  /// Whether the log is written for TensorBoard too.
  package var logsForTensorBoard = false
  /// What the work may take of the machine's memory.
  package var budget = MemoryBudget()
  /// Bytes that kept activations of one pass may take, where no limit is given; a limit decides.
  package var memory = 1_500_000_000
  package var tool: String
  /// Who computes the steps together.
  package var ranks: any RankGroup = OneRank()

  package init(
    model: String, concepts: String, retain: String?, folder: String, preset: TrainingPreset,
    tool: String
  ) {
    self.model = model
    self.concepts = concepts
    self.retain = retain
    self.folder = folder
    self.preset = preset
    self.tool = tool
  }

  /// What it writes into its folder.
  package static let files =
    TrainingLog.names + [
      TrainingCheckpoint.name, TrainingStates.name, "preset.json", "recipe.json",
      AdapterFile.configurationName, AdapterFile.weightsName,
    ]

  package struct Summary: Sendable {
    /// Steps done.
    package var steps: Int
    /// The step whose adapter was written.
    package var chosenStep: Int
    package var seconds: Double
    package var before: HeldOutFigures
    package var after: HeldOutFigures
    package var notes: [String]

    package init(
      steps: Int, chosenStep: Int, seconds: Double, before: HeldOutFigures, after: HeldOutFigures,
      notes: [String]
    ) {
      self.steps = steps
      self.chosenStep = chosenStep
      self.seconds = seconds
      self.before = before
      self.after = after
      self.notes = notes
    }
  }

  /// Runs the job. Cancelled, it leaves a checkpoint of the last whole step.
  ///
  /// Of several ranks the first writes, and is cancelled at once; where another one is cancelled, all are
  /// after the step.
  package func run(
    _ context: JobContext, observer: TrainingObserver = TrainingObserver(),
    onStep: (TrainingStep) -> Void = { _ in }
  ) throws -> Summary {
    try run(
      checkpoint: { try context.checkpoint() }, report: { context.report($0) },
      observer: observer, onStep: onStep)
  }

  /// The same with what it sees of a job as values: `checkpoint` may throw at any call.
  package func run(
    checkpoint: @escaping () throws -> Void, report: @escaping (JobProgress) -> Void,
    observer: TrainingObserver = TrainingObserver(), onStep: (TrainingStep) -> Void = { _ in }
  ) throws -> Summary {
    let language = try LanguageModel(model, chat: chat, precision: precision)
    let hash = language.hashing()
    var training = self
    training.preset = try chosenPreset(for: language)
    let stop = StopRequest()
    let told: () throws -> Void =
      ranks.isFirst
      ? checkpoint
      : { do { try checkpoint() } catch is Cancelled { stop.isMade = true } }
    return try training.run(language, hash, stop, told, report, observer, onStep)
  }

  /// The preset with what the model decides: target layers as numbers, rows no longer than its context.
  func chosenPreset(for language: LanguageModel) throws(Failure) -> TrainingPreset {
    var preset = preset
    if fitsContext { preset.maxTokens = try language.tokensKept(nil, usual: preset.maxTokens) }
    return try preset.resolved(for: language.configuration)
  }

  /// The same where the preset is for the model.
  private func run(
    _ language: LanguageModel, _ hash: Background<String>, _ stop: StopRequest,
    _ checkpoint: @escaping () throws -> Void,
    _ report: @escaping (JobProgress) -> Void, _ observer: TrainingObserver,
    _ onStep: (TrainingStep) -> Void
  ) throws -> Summary {
    let data = try TrainingData(
      concepts: concepts, retain: retain, columns: columns,
      renderer: RowRenderer(language.tokenizer, template: template, maxTokens: preset.maxTokens),
      preset: preset, seed: seed)
    var training = self
    try training.preset.count(rows: data.train.reduce(0) { $0 + $1.count })
    var recipe = TrainingCheckpoint.Recipe(
      tool: tool, modelSHA256: try hash.value(),
      conceptsSHA256: try sha256(ofFile: concepts),
      retainSHA256: try retain.map { path throws(Failure) in try sha256(ofFile: path) },
      columns: columns.recipe, template: template.rawValue, seed: seed, preset: training.preset)
    recipe.precision = language.precision
    recipe.fastProducts = language.precision.products
    if template == .chat { recipe.chat = try ChatRecord(language.tokenizer.chat) }
    try RankFacts(recipe).check(ranks, checkpoint: checkpoint)
    var lock: FolderLock?
    if ranks.isFirst {
      try OutputFile.makeFolder(folder)
      lock = try FolderLock(folder, work: "training into it")
      try checkFolder()
    }
    let (planned, kept) = try planned(language, data)
    training.memory = kept
    var sitting = try Sitting(
      training, planned, data, recipe, lock, stop, checkpoint, report)
    return try sitting.run(observer, onStep: onStep)
  }

  private func checkFolder() throws(Failure) {
    if AdapterFile.exists(folder) {
      throw Failure(
        .cannotWrite, file: folder, found: "a finished adapter", wanted: "a new folder",
        advice: "Choose another folder, or delete this one.")
    }
    guard TrainingCheckpoint.exists(folder) else { return try checkFiles() }
    guard resumes else {
      throw Failure(
        .cannotWrite, file: folder, found: "an unfinished training", wanted: "a new folder",
        advice: "Go on with it by --resume, or choose another folder.")
    }
  }

  /// A training that was killed before its first checkpoint leaves logs and states, and another begins
  /// anew. Whatever else has one of our names is somebody's own.
  private func checkFiles() throws(Failure) {
    let left = TrainingLog.isOurs(folder) ? TrainingLog.names + [TrainingStates.name] : []
    for name in Self.files + [AdapterFile.torchWeightsName] where !left.contains(name) {
      let file = folder + "/" + name
      guard FileManager.default.fileExists(atPath: file) else { continue }
      throw Failure(
        .cannotWrite, file: file, found: "a file that no training of this folder wrote",
        wanted: "a folder without one of that name",
        advice: "Choose another folder, or move the file.")
    }
  }
}

/// Who looks on while a training runs.
package struct TrainingObserver {
  /// Gets the held-out rows' states before the first step and at every judgement.
  package var onStates: (TrainingStates) -> Void
  /// Asked after every step: whether a checkpoint is wanted now.
  package var wantsSave: () -> Bool

  package init(
    onStates: @escaping (TrainingStates) -> Void = { _ in },
    wantsSave: @escaping () -> Bool = { false }
  ) {
    self.onStates = onStates
    self.wantsSave = wantsSave
  }
}

/// That a rank was told to stop, until all stop together.
private final class StopRequest {
  var isMade = false
}

/// One sitting of a training, from its start or checkpoint to its end or interruption.
private struct Sitting {
  let training: Training
  let language: LanguageModel
  let data: TrainingData
  let recipe: TrainingCheckpoint.Recipe
  /// The folder is this sitting's until it ends; only the first rank has it.
  let lock: FolderLock?
  let adapters: TrainingCheckpoint.Adapters
  let gradients: PartGradients
  let optimizer: AdamW
  let checkpoint: () throws -> Void
  /// Whether this rank was told to stop where it cannot stop by itself.
  let stop: StopRequest
  let report: (JobProgress) -> Void
  let isResumed: Bool
  /// The step of the checkpoint in the folder.
  var savedStep: Int?
  var state: TrainingCheckpoint
  /// The first rank's.
  var log: TrainingLog?

  private var ranks: any RankGroup { training.ranks }
  private var preset: TrainingPreset { training.preset }

  init(
    _ training: Training, _ language: LanguageModel, _ data: TrainingData,
    _ recipe: TrainingCheckpoint.Recipe, _ lock: FolderLock?,
    _ stop: StopRequest, _ checkpoint: @escaping () throws -> Void,
    _ report: @escaping (JobProgress) -> Void
  ) throws {
    self.training = training
    self.stop = stop
    self.checkpoint = checkpoint
    let ranks = training.ranks
    self.report = report
    self.language = language
    self.data = data
    self.recipe = recipe
    self.lock = lock
    let preset = training.preset
    let c = language.configuration
    let configuration = LoRAConfiguration(
      rank: preset.rank, alpha: preset.alpha, dropout: preset.dropout, targets: preset.targets,
      blocks: preset.adapterBlocks)
    var generator = SeededGenerator(seed: training.seed)
    let adapter = Adapter(
      starting: configuration, c, b: preset.objective.name.kind.startOfB, using: &generator)
    let mean = preset.average > 0 ? Adapter(zeros: configuration, c) : adapter
    mean.copy(from: adapter)
    adapters = TrainingCheckpoint.Adapters(
      last: adapter, mean: mean, best: Adapter(zeros: configuration, c))
    gradients = PartGradients(
      StepParts(preset.parts, ranks: ranks), like: configuration, c)
    optimizer = AdamW(adapter, weightDecay: preset.weightDecay)
    let isThere = ranks.isFirst && training.resumes && TrainingCheckpoint.exists(training.folder)
    state =
      isThere
      ? try TrainingCheckpoint(
        training.folder, recipe: recipe, adapters: adapters, optimizer: optimizer)
      : TrainingCheckpoint(step: 0, best: nil, bestStep: 0)
    isResumed = try ranks.all(isThere, checkpoint: checkpoint)[0]
    if isResumed {
      try state.spread(adapters, optimizer, ranks, checkpoint: checkpoint)
    }
    savedStep = isResumed ? state.step : nil
    guard ranks.isFirst else { return }
    log = try TrainingLog(
      training.folder, terms: preset.objective.name.kind.columns,
      keepingSteps: isResumed ? state.step : nil, forTensorBoard: training.logsForTensorBoard)
  }

  mutating func run(
    _ observer: TrainingObserver, onStep: (TrainingStep) -> Void
  ) throws -> Training.Summary {
    let started = ContinuousClock.now
    let firstStep = state.step
    var judge = HeldOutJudge(
      model: language.transformer, data: data, layer: preset.objective.layers.max() ?? 0)
    judge.ranks = ranks
    var judgedStep = 0
    var untouched: Matrix?
    var latest: TrainingStates?
    let (concepts, folder) = (data.concepts, training.folder)
    let isFirst = ranks.isFirst
    judge.onStates = {
      guard isFirst else { return }
      let before = untouched ?? $0
      untouched = before
      let seen = TrainingStates(
        step: judgedStep, before: before, states: $0, labels: $1, concepts: concepts)
      latest = seen
      // A picture that cannot be left for others is no reason to end a training.
      try? seen.write(folder)
      observer.onStates(seen)
    }
    let before = try judge.figures(nil, checkpoint: checkpoint)
    if !isResumed {
      try note(TrainingStep(step: 0, seconds: 0, heldOut: before), onStep)
    }
    var after: HeldOutFigures?
    var awaitsJudgement = false
    var isAgreed = false
    do {
      while state.step < preset.steps {
        isAgreed = try ranks.all(stop.isMade, checkpoint: checkpoint).contains(true)
        if isAgreed { throw Cancelled() }
        let stepStarted = ContinuousClock.now
        let (terms, norm) = try takeStep()
        var entry = TrainingStep(
          step: state.step, terms: terms, learningRate: preset.rate(step: state.step - 1),
          gradientNorm: norm, seconds: stepStarted.duration(to: .now).seconds)
        let isLast = state.step == preset.steps
        let isJudged = state.step % preset.evaluateEvery == 0 || isLast
        let isKept = preset.keep > 0 && state.step % preset.keep == 0
        awaitsJudgement = isJudged || isKept
        judgedStep = state.step
        if isJudged {
          let figures = try judge.figures(adapters.mean, checkpoint: checkpoint)
          entry.heldOut = figures
          after = figures
          keepBest(figures)
        }
        if isKept {
          if !isJudged { try judge.observe(adapters.mean, checkpoint: checkpoint) }
          if ranks.isFirst {
            try KeptSteps.write(
              training.folder, step: state.step, adapter: adapters.mean, states: latest,
              model: training.model)
          }
        }
        try note(entry, onStep)
        awaitsJudgement = false
        if isJudged ? !isLast : observer.wantsSave() { try save() }
        reportProgress(terms, started, firstStep)
      }
    } catch let cancelled as Cancelled {
      // The parameters are those of the last whole step. Where its judgement is not finished the
      // checkpoint before it stands, so that a resumed training judges all that an undisturbed one
      // does.
      if !awaitsJudgement { try save() }
      // The first of several ranks to end takes the others with it.
      if isAgreed { _ = try ranks.all(true, checkpoint: {}) }
      throw cancelled
    }
    return try finish(
      before: before, after: after ?? before, seconds: started.duration(to: .now).seconds)
  }

  private mutating func note(
    _ entry: TrainingStep, _ onStep: (TrainingStep) -> Void
  ) throws(Failure) {
    try log?.append(entry)
    onStep(entry)
  }

  private mutating func takeStep() throws -> (LossTerms, norm: Double) {
    let batch = try data.batch(step: state.step, preset: preset)
    let computer = LossComputer(
      model: language.transformer, objective: preset.objective, memory: training.memory,
      endOfText: language.tokenizer.endOfText ?? language.tokenizer.padding ?? 0,
      side: preset.maxTokens, parts: gradients.parts, checkpoint: checkpoint)
    var keys: SeededGenerator? =
      preset.dropout > 0
      ? SeededGenerator(seed: training.seed &+ 0xD0 &+ UInt64(state.step) &* 0x1000_0000_01B3)
      : nil
    let terms = try computer.gradients(
      batch, adapter: adapters.last, into: gradients, dropoutKeys: &keys)
    let norm = AdamW.clip(gradients.total, to: preset.clip)
    guard terms.total.isFinite, norm.isFinite else {
      throw try notFinite(
        batch, terms.total.isFinite ? "gradients of \(norm)" : "a loss of \(terms.total)")
    }
    optimizer.update(adapters.last, gradients.total, learningRate: preset.rate(step: state.step))
    state.step += 1
    if preset.average > 0 {
      // The mean of the first steps' adapters, as long as they are few.
      let kept = min(preset.average, Double(state.step) / Double(state.step + 9))
      adapters.mean.move(to: adapters.last, share: Float(1 - kept))
    }
    return (terms, norm)
  }

  /// Says which row made the loss something else than a number. The checkpoint in the folder stays
  /// as it is: weights that gave no finite loss are not known to be good.
  private func notFinite(_ batch: TrainingBatch, _ found: String) throws -> Failure {
    let model = language.transformer
    func isFinite(_ ids: [Int32]) throws -> Bool {
      try model.forward(
        Batch([ids]), adapter: adapters.last,
        request: ForwardRequest(
          layers: [model.configuration.blocks], spans: ids.indices.map { $0..<$0 + 1 }),
        activations: Activations(capacity: ids.count, configuration: model.configuration),
        checkpoint: checkpoint
      ).states[0].values.allSatisfy { $0.isFinite }
    }
    var culprit = "no single row"
    if let row = try batch.rows.first(where: { try !isFinite($0.ids) }) {
      culprit = "row \(row.source) of \(training.concepts)"
    } else if let ids = try batch.retain.first(where: { try !isFinite($0) }),
      let row = data.retain.firstIndex(of: ids)
    {
      culprit = "row \(row) of \(training.retain ?? "the retain set")"
    }
    let kept = savedStep.map { "The checkpoint of step \($0) is kept" } ?? "No step was saved yet"
    return Failure(
      .badData, file: training.folder, place: "step \(state.step + 1), \(culprit)",
      found: found, wanted: "finite numbers",
      advice: "\(kept); look at the row, or try a lower --learning-rate.")
  }

  /// Among checkpoints within the KL limit, the most accurate; the earliest of equals.
  private mutating func keepBest(_ figures: HeldOutFigures) {
    // Without held-out retain rows nothing says that the limit is kept, nor that it is not.
    guard preset.bestWithinKL > 0, figures.kl ?? 0 <= preset.bestWithinKL else { return }
    if let best = state.best, best.accuracy ?? 0 >= figures.accuracy ?? 0 { return }
    state.best = figures
    state.bestStep = state.step
    adapters.best.copy(from: adapters.mean)
  }

  private mutating func save() throws(Failure) {
    guard ranks.isFirst else { return }
    try state.write(
      training.folder, recipe: recipe, adapters: adapters, optimizer: optimizer)
    savedStep = state.step
  }

  private func reportProgress(
    _ terms: LossTerms, _ started: ContinuousClock.Instant, _ first: Int
  ) {
    // Time left is judged by this sitting's steps alone.
    let done = state.step - first
    let elapsed = started.duration(to: .now)
    let parts = preset.objective.name.kind.columns.map {
      "\($0.label) " + String(format: $0 == .kl ? "%.4f" : "%.3f", terms[$0])
    }
    let message =
      String(format: "loss %.3f", terms.total) + " (\(parts.joined(separator: ", ")))"
    report(
      JobProgress(
        completed: state.step, total: preset.steps, unit: "steps",
        elapsed: elapsed * (Double(state.step) / Double(max(1, done))), memory: peakMemory(),
        message: message))
  }

  private func finish(
    before: HeldOutFigures, after: HeldOutFigures, seconds: Double
  ) throws(Failure) -> Training.Summary {
    var summary = Training.Summary(
      steps: state.step, chosenStep: state.step, seconds: seconds, before: before, after: after,
      notes: data.notes)
    var chosen = adapters.mean
    if let best = state.best {
      chosen = adapters.best
      summary.chosenStep = state.bestStep
      summary.after = best
    } else if preset.bestWithinKL > 0 {
      summary.notes.append(
        "No checkpoint stayed within a KL of \(preset.bestWithinKL) nats a token on held-out "
          + "retain rows; the last one is written.")
    }
    guard ranks.isFirst else { return summary }
    let folder = training.folder
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    if let text = try? encoder.encode(preset) {
      try OutputFile.write(Array(text) + [10], to: folder + "/preset.json")
    }
    if let text = try? encoder.encode(recipe) {
      try OutputFile.write(Array(text) + [10], to: folder + "/recipe.json")
    }
    try AdapterFile.write(chosen, to: folder, model: training.model)
    unlink(folder + "/" + TrainingCheckpoint.name)
    return summary
  }

  /// The process's peak resident memory so far, in bytes.
  private func peakMemory() -> Int {
    var usage = rusage()
    return getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0
      ? Int(usage.ru_maxrss) * 1024 : 0
  }
}
