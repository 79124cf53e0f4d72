import ArgumentParser
import Foundation
import SeerAnalysis
import SeerFormats
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers
import SeerTraining

extension ObjectiveName: ExpressibleByArgument {}

package struct TrainCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train an adapter so that concepts separate in the hidden states (SEER).",
    discussion: """
      Writes a PEFT adapter folder with log.csv in it. Options override the preset; the layers
      given are the targets, and LoRA sits on the blocks up to the highest.

      Example:
        seer train --model smollm2 --concepts samples/concepts.csv --retain samples/retain.csv \
      --layer 24 --adapter my-adapter
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "The concept set; rows of split `test` are left out.") var concepts: String
  @Option(help: "General texts that keep the model able: prompt and response.")
  var retain: String?
  @OptionGroup var columns: RowColumnArguments
  @Option(help: "Target layers, separated by commas: numbers, or shares of the depth like 80%.")
  var layer: String?
  @Option(
    help: "Blocks that carry the adapter, from 1: 1-12,20; else all up to the highest target.")
  var loraLayers: String?
  @Option(name: .customLong("adapter"), help: "The folder to write.") var folder: String
  @Option(help: "What to minimise.") var objective: ObjectiveName?
  @Option(
    help: "A preset (\(TrainingPreset.names.joined(separator: ", "))) or a JSON file of its keys.")
  var preset = "standard"
  @Option(help: "How prompt and response become one text.") var template = RowTemplate.chat
  @OptionGroup var chat: ChatArguments
  @Option(help: "Tokens that speak for a row, separated by commas: last, prompt-end, mean.")
  var position: String?
  @Option(help: "The adapter's rank.") var rank: Int?
  @Option(help: "The adapter's alpha.") var alpha: Double?
  @Option(help: "Dropout inside the adapter.") var dropout: Double?
  @Option(help: "The highest learning rate.") var learningRate: Double?
  @Option(help: "Concept rows a step (an even number).") var batch: Int?
  @Option(help: "Retain rows a step.") var retainBatch: Int?
  @Option(help: "Times that every concept row is drawn, in place of --steps.") var epochs: Int?
  @Option(help: "At most so many rows of a concept are trained on.") var rowsPerConcept: Int?
  @Option(help: "Steps.") var steps: Int?
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @Option(help: "Parts in which a step is computed; the ranks of seer-mpi share them.")
  var parts: Int?
  @Option(help: "Tokens of a row that are kept.") var maxTokens: Int?
  @Option(help: "What cosines are divided by.") var temperature: Double?
  @Option(help: "Rows that are contrasted with one another, as on one of several GPUs; 0: all.")
  var group: Int?
  @Option(help: "With --objective released, the contrast: infonce or nt-xent.")
  var contrastive: String?
  @Option(help: "With --objective reroute, the concepts to turn away; else all but safe.")
  var harmful: String?
  @Option(help: "Weight of the contrastive term.") var contrastiveWeight: Double?
  @Option(help: "Weight of the l2 term on retain rows.") var retainWeight: Double?
  @Option(help: "Weight of the KL term.") var klWeight: Double?
  @Option(help: "Held-out figures every so many steps.") var evaluateEvery: Int?
  @Option(help: "Keep adapter and held-out states of every so many steps, in kept/.") var keep: Int?
  @Option(help: "Also log for another program: tensorboard writes its event file into the folder.")
  var log: LogFormat?
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Go on with an interrupted training.") var resume = false
  @Flag(help: "Print one JSON object.") var json = false

  enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case tensorboard
  }

  struct Result: Encodable {
    let steps: Int
    let chosenStep: Int
    let seconds: Double
    let before: HeldOutFigures
    let after: HeldOutFigures
  }

  package init() {}

  package func validate() throws {
    if steps != nil, epochs != nil {
      throw ValidationError("Give either --steps or --epochs.")
    }
    try checkNumber("epochs", epochs, from: 1, to: mostCounted)
  }

  package func run() throws { try run(as: OneRank()) }

  /// Runs as one of several ranks, of which the first reads and writes the folder and tells the result.
  package func run(as ranks: any RankGroup) throws {
    for name in Training.files {
      try OutputFile.check(
        folder + "/" + name,
        isNoneOf: [concepts, preset], retain, chat.templateFile,
        try? ModelLocator.path(of: model), option: "--adapter")
    }
    var training = Training(
      model: model, concepts: concepts, retain: retain, folder: folder,
      preset: try chosenPreset(), tool: Version.tool)
    training.fitsContext = maxTokens == nil
    training.columns = columns.names
    training.template = template
    training.chat = try chat.options()
    training.seed = seed
    training.resumes = resume
    training.logsForTensorBoard = log == .tensorboard
    training.precision = precision.chosen(isTold: ranks.isFirst)
    training.budget = memory.budget(isTold: ranks.isFirst)
    training.ranks = ranks
    if ranks.isFirst, ranks.count > training.preset.parts {
      Report.note(
        "\(ranks.count - training.preset.parts) of \(ranks.count) ranks have nothing to do: "
          + "--parts is \(training.preset.parts).")
    }
    let job = training
    let summary = try runJob(
      "train", priority: .training, showsProgress: ranks.isFirst
    ) { context in
      try job.run(context)
    }
    guard ranks.isFirst else { return }
    for note in summary.notes { Report.note(note) }
    if json {
      return try Report.json(
        Result(
          steps: summary.steps, chosenStep: summary.chosenStep, seconds: summary.seconds,
          before: summary.before, after: summary.after))
    }
    func line(_ name: String, _ value: KeyPath<HeldOutFigures, Double?>, _ digits: Int) -> String {
      let figures = [summary.before, summary.after].map {
        $0[keyPath: value].map { Report.rounded($0, digits) } ?? "-"
      }
      return "  \(name) \(figures.joined(separator: " -> "))"
    }
    Report.line(
      """
      \(folder): \(summary.steps) steps in \(Report.rounded(summary.seconds, 0)) s, \
      the adapter of step \(summary.chosenStep); on held-out rows
      \(line("nearest prototype", \.accuracy, 3))
      \(line("cosine within    ", \.within, 3))
      \(line("cosine between   ", \.between, 3))
      \(line("KL to base       ", \.kl, 4))
      To see what it changed, extract its states, and open them beside those of the base model:
        seer extract --model \(model) --adapter \(folder) --concepts \(concepts)\
      \(template == .chat ? "" : " --template \(template.rawValue)") --run \(folder)-run
        seer explore --run BASE-RUN --run \(folder)-run
      """)
  }

  private func chosenPreset() throws -> TrainingPreset {
    var preset = try TrainingPreset.named(preset)
    if let layer {
      preset.objective.targets = try listOption(
        layer, "--layer", wanted: TargetLayer.wanted, TargetLayer.init)
    }
    if let objective { preset.objective = preset.objective.replaced(by: objective) }
    try setObjective(&preset.objective)
    func set<T>(_ key: WritableKeyPath<TrainingPreset, T>, _ value: T?) {
      if let value { preset[keyPath: key] = value }
    }
    if let loraLayers {
      preset.loraLayers =
        try rangeOption(
          loraLayers, "--lora-layers", wanted: "blocks and ranges of them, like 1-12,20")
    }
    set(\.rank, rank)
    set(\.alpha, alpha)
    set(\.dropout, dropout)
    set(\.learningRate, learningRate)
    set(\.batch, batch)
    set(\.retainBatch, retainBatch)
    set(\.rowsPerConcept, rowsPerConcept)
    set(\.parts, parts)
    set(\.maxTokens, maxTokens)
    set(\.evaluateEvery, evaluateEvery)
    set(\.keep, keep)
    if let steps {
      preset.steps = steps
      preset.epochs = 0
    }
    if let epochs { preset.epochs = epochs }
    // Before any file is read.
    try preset.check()
    return preset
  }

  /// The objective's own options; one that it does not read is refused.
  private func setObjective(_ objective: inout Objective) throws {
    let read = objective.name.kind.reads
    func set<T>(
      _ field: ObjectiveField, _ key: WritableKeyPath<Objective, T>, _ value: T?
    ) throws {
      guard let value else { return }
      guard read.contains(field) else { throw field.unread(by: objective.name) }
      objective[keyPath: key] = value
    }
    try set(.temperature, \.temperature, temperature)
    try set(.group, \.group, group)
    try set(.contrastiveWeight, \.contrastiveWeight, contrastiveWeight)
    try set(.retainWeight, \.retainWeight, retainWeight)
    try set(.klWeight, \.klWeight, klWeight)
    try set(
      .positions, \.positions,
      position.map {
        try listOption($0, "--position", wanted: "last, prompt-end or mean") {
          Position(rawValue: $0)
        }
      })
    try set(
      .contrastive, \.contrastive,
      contrastive.map { name in
        guard let contrast = Contrast(rawValue: name), [.infonce, .ntXent].contains(contrast) else {
          throw Failure(
            .usage, place: "--contrastive", found: "`\(name)`", wanted: "infonce or nt-xent")
        }
        return contrast
      })
    try set(
      .harmful, \.harmful,
      harmful.map { try listOption($0, "--harmful", wanted: "names of concepts") { $0 } })
  }
}
