import ArgumentParser
import Foundation
import SeerAnalysis
import SeerFormats
import SeerRuns
import SeerStudies
import SeerSupport
import SeerTokenizers

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Tell concepts from hidden states: taught on one file, judged on another.",
    discussion: """
      Runs base and tuned model once over the rows and judges every layer and position asked for.
      The layer of the comparisons is picked on the training rows alone. Of a file with the column
      `split`, only its own side is used. Rows that the monitor calls unknown count as wrong.
      --monitor brings in the monitor of a run, of another model if need be, as it is: what it tells of
      these states, and what after a repair that reads the train file's rows without their labels.

      Example:
        seer evaluate classify --model smollm2 --adapter my-adapter --train train.csv \
      --test test.csv --layer all --position last,prompt-end
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(help: "Rows to learn from: CSV or JSON Lines with prompt, value, response.")
  var train: String
  @Option(help: "Rows to judge, of the same concepts.") var test: String
  @Option(help: "Layers, separated by commas, or all.") var layer = "all"
  @Option(help: "Tokens that speak for a row, separated by commas: last, prompt-end, mean.")
  var position = "last"
  @Option(help: "How prompt and response become one text.") var template = RowTemplate.chat
  @OptionGroup var chat: ChatArguments
  @Option(help: "Tokens of a row that are kept (512, or the model's context where that is less).")
  var maxTokens: Int?
  @OptionGroup var columns: RowColumnArguments
  @Option(help: "A run whose monitor, frozen, judges the same states, with and without repairs.")
  var monitor: String?
  @Flag(help: "Leave out test rows whose prompt is in the train file.") var withoutOverlap = false
  @Option(help: "Resamples of the rows for intervals.") var resamples = 1000
  @Option(help: "Shuffled labelings each classifier learns as a control.") var permutations = 20
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    try checkNumber("resamples", resamples, from: 1, to: 100_000)
    try checkNumber("permutations", permutations, from: 0, to: 10_000)
    try checkNumber("max-tokens", maxTokens, from: 1, to: mostCounted)
  }

  func run() throws {
    var evaluation = ClassificationEvaluation(
      model: model, adapter: adapter, train: train, test: test)
    evaluation.columns = columns.names
    if layer != "all" {
      evaluation.layers = try listOption(layer, "--layer", wanted: "layers or all") { text in
        Int(text).flatMap { (0...mostCounted).contains($0) ? $0 : nil }
      }
    }
    evaluation.positions = try listOption(
      position, "--position", wanted: "last, prompt-end or mean"
    ) { Position(rawValue: $0) }
    evaluation.template = template
    evaluation.chat = try chat.options()
    evaluation.maxTokens = maxTokens
    evaluation.leavesOutOverlap = withoutOverlap
    evaluation.monitor = monitor
    evaluation.resamples = resamples
    evaluation.permutations = permutations
    evaluation.seed = seed
    evaluation.precision = precision.chosen
    evaluation.memory = memory.budget
    let job = evaluation
    let figures = try runJob("evaluate", priority: .training, showsProgress: true) {
      try job.run($0)
    }
    for note in figures.notes { Report.note(note) }
    if json { try Report.json(figures) } else { Self.show(figures) }
  }
}

extension ClassifyCommand {
  private static func show(_ figures: ClassificationFigures) {
    Report.line(
      "\(figures.train.rows) rows taught, \(figures.test.rows) judged, "
        + "\(figures.concepts.count) concepts; 95 % intervals over prompts")
    for choice in figures.choices {
      let own = figures.results.filter {
        $0.model == choice.model && $0.position == choice.position
      }
      Report.line(
        "\n\(choice.model), \(choice.position): layer \(choice.layer), picked on training rows "
          + "(\(number(choice.trainAccuracy)) there)")
      Report.line(
        "  classifier          accuracy             macro F1  AUC    ECE    shuffled labels")
      for result in own where result.layer == choice.layer {
        let auc = result.aucUnsafe.map { number($0.value) } ?? "-    "
        let error = result.reliability.map { number($0.expectedError) } ?? "-    "
        let permuted =
          result.permuted.map { "\(number($0.mean)) (p \(number($0.p)))" } ?? "-"
        Report.line(
          "  " + padded(result.classifier.rawValue, 20) + interval(result.accuracy) + "  "
            + number(result.macroF1.value) + "     " + "\(auc)  \(error)  \(permuted)")
      }
      showLayers(own)
    }
    showFindings(figures)
    if let monitor = figures.monitor { show(monitor) }
    guard !figures.comparisons.isEmpty else { return }
    Report.line("\ntuned minus base, each at its layer")
    for comparison in figures.comparisons {
      Report.line(
        "  \(comparison.position), \(comparison.classifier.rawValue) (\(comparison.tunedLayer)) - "
          + "\(comparison.baseClassifier.rawValue) (\(comparison.baseLayer)): "
          + "\(interval(comparison.accuracy)), McNemar p "
          + String(format: "%.2g", comparison.mcnemar.exactP))
    }
  }

  private static func showFindings(_ figures: ClassificationFigures) {
    for finding in figures.findings {
      if finding == figures.findings.first {
        Report.line("\noptimal transport: what it predicts, and the two figures")
      }
      Report.line(
        "  \(finding.holds ? "holds" : "fails"), layer \(finding.layer): \(finding.claim): "
          + "\(number(finding.first)), \(number(finding.second))")
    }
  }

  private static func show(_ figures: StaleMonitorFigures) {
    Report.line(
      "\nthe monitor of \(figures.run), frozen; repairs read \(figures.unlabelled) rows without "
        + "labels, \(figures.paired) of them in the run")
    Report.line(
      "  model  layer  " + MonitorRepair.allCases.map { padded($0.rawValue, 20) }.joined()
        + "unknown")
    for model in ["base", "tuned"] {
      for layer in Set(figures.results.map(\.layer)).sorted() {
        let own = figures.results.filter { $0.model == model && $0.layer == layer }
        guard let frozen = own.first else { continue }
        let cells = MonitorRepair.allCases.map { repair in
          padded(own.first { $0.repair == repair }.map { interval($0.accuracy) } ?? "-", 20)
        }
        Report.line(
          "  " + padded(model, 7) + padded("\(layer)", 7) + cells.joined() + number(frozen.unknown))
      }
    }
  }

  private static func showLayers(_ results: [ClassificationFigures.Result]) {
    let layers = Set(results.map(\.layer)).sorted()
    guard layers.count > 1 else { return }
    let classifiers = Classifier.allCases.filter { name in
      results.contains { $0.classifier == name }
    }
    Report.line("  layer  " + classifiers.map { padded($0.rawValue, 20) }.joined())
    for layer in layers {
      let cells = classifiers.map { name in
        results.first { $0.layer == layer && $0.classifier == name }
          .map { padded(number($0.accuracy.value), 20) } ?? padded("", 20)
      }
      Report.line("  " + padded("\(layer)", 7) + cells.joined())
    }
  }

  private static func number(_ value: Double) -> String { Report.rounded(value, 3) }

  private static func interval(_ estimate: Estimate) -> String {
    "\(number(estimate.value)) (\(number(estimate.low))..\(number(estimate.high)))"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
