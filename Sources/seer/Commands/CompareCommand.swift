import ArgumentParser
import Foundation
import SeerAnalysis
import SeerProjection
import SeerRuns
import SeerStudies
import SeerSupport

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Measure how far apart concepts are in two runs over the same rows.",
    discussion: """
      Every figure stands beside what it is for permuted labels; docs/metrics.md says what each one
      means. Give --base and --tuned several times, with --figure, for a picture with a column for
      each pair.

      --readout says what the tuned model was tuned for: the mean of its states less the base's, over
      the runs' rows or --texts that have nothing to do with it, and the tokens that this difference
      alone makes likely. --vector writes it as a control vector for seer generate (docs/why.md).

      Example:
        seer compare --base run-base --tuned run-tuned
        seer compare --base run-base --tuned run-tuned --layer 24 --figure before-after.svg
        seer compare --base run-base --tuned run-tuned --readout --texts samples/retain.csv
      """.reflowed)

  @Option(help: "The run before: a run folder.") var base: [String]
  @Option(help: "The run after, over the same rows.") var tuned: [String]
  @Option(help: "A run of the base model whose rows give prototypes and probe.")
  var train: String?
  @Option(help: "The same of the tuned model.") var trainTuned: String?
  @Option(help: "One layer only.") var layer: Int?
  @Option(help: "Permutations of the labels; 20 at the most for the slow figures.")
  var permutations = 200
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @Flag(help: "Choose the probe's penalty for each fold by folds of its training rows.")
  var chooseStrength = false
  @Option(help: "Write the JSON object to a file.") var output: String?
  @Option(help: "Draw before and after: a file ending in .svg or .png.") var figure: String?
  @Option(help: "How the picture is projected: both runs in one map, where they are equally wide.")
  var method = LayoutArgument(Layouts.standard)
  @Flag(help: "A map of each run instead, the second turned onto the first.") var aligned = false
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Read what was tuned for from the mean difference of the states.")
  var readout = false
  @Option(help: "Texts for --readout in place of the runs' rows: CSV or JSON Lines.")
  var texts: String?
  @Option(help: "The model of both runs, for --readout; what they say where none is given.")
  var model: String?
  @Option(help: "Write the mean difference at --layer, or the best one, as a control vector.")
  var vector: String?
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard base.count == tuned.count else {
      throw ValidationError(
        "Give --base and --tuned equally often: found \(base.count) and \(tuned.count).")
    }
    guard base.count == 1 || figure != nil else {
      throw ValidationError(
        "--base, --tuned: found \(base.count) pairs, wanted one, or --figure to draw them.")
    }
    guard base.count == 1 || train == nil && trainTuned == nil else {
      throw ValidationError("--train goes with one pair of runs.")
    }
    guard (train == nil) == (trainTuned == nil) else {
      throw ValidationError("Give both --train and --train-tuned, or neither.")
    }
    try checkNumber("permutations", permutations, from: 0, to: 100_000)
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    guard figure == nil || figure != output else {
      throw ValidationError("--output, --figure: found one name for both, wanted two.")
    }
    for (option, value) in [("texts", texts), ("model", model), ("vector", vector)]
    where value != nil {
      guard readout else {
        throw ValidationError("--\(option): found no --readout, which it belongs to.")
      }
    }
    guard !readout || base.count == 1 else {
      throw ValidationError("--readout goes with one pair of runs.")
    }
    guard !aligned || figure != nil else {
      throw ValidationError("--aligned: found no --figure, which it belongs to.")
    }
    if let figure { _ = try FigureFile(figure, option: "--figure") }
  }

  func run() throws {
    let runs = base + tuned + [train, trainTuned].compactMap { $0 }
    let files = runs.flatMap(Run.files)
    for (option, path) in [("--output", output), ("--figure", figure), ("--vector", vector)] {
      guard let path else { continue }
      try OutputFile.check(path, isNoneOf: files, option: option)
      Report.makeWay(for: path)
    }
    let command = self
    let (comparisons, readout) = try runJob("compare", showsProgress: true) { context in
      let comparisons = try command.comparisons.map { try $0.run(context) }
      try command.draw(comparisons, context)
      return (comparisons, try command.read(comparisons, context))
    }
    for note in Set(comparisons.flatMap(\.notes)).sorted() { Report.note(note) }
    var results = comparisons.map { ComparisonResult($0, permutations: permutations, seed: seed) }
    results[0].readout = readout.map { ReadoutResult($0, texts: texts) }
    if let output {
      try OutputFile.write(Report.jsonText(results) + "\n", to: output)
    }
    if json { return Report.exact(try Report.jsonText(results) + "\n") }
    for comparison in comparisons { Report.piece(ComparisonTable.text(comparison)) }
    if let readout { Report.line(ReadoutResult.lines(readout)) }
  }

  private func read(
    _ comparisons: [RunComparison], _ context: JobContext
  ) throws -> Readout? {
    guard readout, let comparison = comparisons.first else { return nil }
    var job = ReadoutJob()
    job.model = model
    job.texts = texts
    job.memory = memory.budget
    let found = try job.run(
      comparison.pair, layers: comparison.layers.map(\.layer), context)
    if let vector { try found.controlVector(layer: comparison.focus)?.write(to: vector) }
    return found
  }

  private var comparisons: [Comparison] {
    zip(base, tuned).map { base, tuned in
      var comparison = Comparison(base: base, tuned: tuned)
      comparison.train = train
      comparison.trainTuned = trainTuned
      comparison.layer = layer
      comparison.options = SeparationOptions(permutations: permutations, seed: seed)
      comparison.options.choosesStrength = chooseStrength
      return comparison
    }
  }

  private func draw(_ comparisons: [RunComparison], _ context: JobContext) throws {
    guard let figure else { return }
    let (grid, arrangements) = try ComparisonFigure.grid(
      comparisons, layout: method.layout, isAligned: aligned, seed: seed,
      checkpoint: context.checkpoint)
    try FigureFile(figure, option: "--figure").write(grid.picture(), title: grid.title)
    var command = ["seer", "compare"]
    for comparison in comparisons {
      command += ["--base", comparison.pair.base.run.folder]
      command += ["--tuned", comparison.pair.tuned.run.folder]
    }
    if let layer { command += ["--layer", "\(layer)"] }
    if chooseStrength { command.append("--choose-strength") }
    command += [
      "--method", method.layout.name, "--permutations", "\(permutations)", "--seed", "\(seed)",
      "--figure", figure,
    ]
    if aligned { command.append("--aligned") }
    var recipe = PictureRecipe(
      tool: Version.tool, command: command, output: figure,
      runs: comparisons.flatMap {
        [
          RunProvenance($0.pair.base.run, layer: $0.focus),
          RunProvenance($0.pair.tuned.run, layer: $0.focus),
        ]
      }, method: method.layout.name, seed: seed)
    let kinds = Set(arrangements.map(\.rawValue)).sorted()
    recipe.arrangement = kinds.count == 1 ? kinds[0] : "mixed"
    try recipe.write(beside: figure)
  }
}

extension Report {
  /// One object of one result, or of several under `pairs`.
  static func jsonText(_ results: [ComparisonResult]) throws -> String {
    struct Pairs: Encodable {
      let pairs: [ComparisonResult]
    }
    return results.count == 1 ? try jsonText(results[0]) : try jsonText(Pairs(pairs: results))
  }
}
