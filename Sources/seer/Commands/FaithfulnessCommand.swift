import ArgumentParser
import Foundation
import SeerAnalysis
import SeerMonitor
import SeerStudies
import SeerSupport
import SeerTokenizers

struct FaithfulnessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faithfulness",
    abstract: "How well attributions know which earlier tokens a concept's score rests on.",
    discussion: """
      Of each row the last of its words is explained for the row's own concept, by each attribution
      of seer score --why. The words before it are then taken out of the text, highest first, and put
      in, highest first: an attribution is the more faithful, the faster the concept's logit falls
      with the one and rises with the other. Their difference (area) stands beside that of random
      orders; p is that of a paired test over prompts. Of a file with the column `split`, only test
      rows are judged.

      Example:
        seer evaluate faithfulness --run words --layer 24 --concepts samples/held-out.csv
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(name: .customLong("run"), help: "A run of the model, whose monitor is explained.")
  var folder: String
  @Option(help: "The layer; 0 is the input of the first block.") var layer: Int
  @Option(help: "Labelled rows that the run does not hold: CSV or JSON Lines.")
  var concepts: String
  @Option(help: "Attributions, separated by commas: attnlrp, gradient, occlusion.")
  var attribution = Attribution.allCases.map(\.rawValue).joined(separator: ",")
  @Option(help: "How prompt and response become one text.") var template = RowTemplate.chat
  @OptionGroup var chat: ChatArguments
  @OptionGroup var columns: RowColumnArguments
  @Option(help: "The first rows only.") var limit: Int?
  @Option(help: "Tokens of a row that are kept (512, or the model's context where that is less).")
  var maxTokens: Int?
  @Option(help: "Random orders of each row.") var orders = 5
  @Option(help: "Points of each curve.") var points = 6
  @Option(help: "Resamples of the rows for intervals.") var resamples = 1000
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    try checkNumber("limit", limit, from: 1, to: mostCounted)
    try checkNumber("max-tokens", maxTokens, from: 1, to: mostCounted)
    try checkNumber("orders", orders, from: 1, to: 1000)
    try checkNumber("points", points, from: 1, to: 1000)
    try checkNumber("resamples", resamples, from: 1, to: 100_000)
  }

  func run() throws {
    var evaluation = FaithfulnessEvaluation(
      model: model, adapter: adapter, run: folder, layer: layer, concepts: concepts)
    evaluation.attributions = try listOption(
      attribution, "--attribution", wanted: "attnlrp, gradient or occlusion"
    ) { Attribution(rawValue: $0) }
    evaluation.template = template
    evaluation.chat = try chat.options()
    evaluation.columns = columns.names
    evaluation.limit = limit
    evaluation.maxTokens = maxTokens
    evaluation.orders = orders
    evaluation.points = points
    evaluation.resamples = resamples
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

  private static func show(_ figures: FaithfulnessFigures) {
    Report.line(
      "\(figures.rows) rows judged, \(figures.leftOut) left out, "
        + "\(Report.rounded(figures.tokens, 1)) tokens on the mean; layer \(figures.layer); "
        + "mean logits, 95 % intervals over prompts")
    Report.line(
      "  order      area                    taken out               put in                  ms")
    for order in figures.orders {
      Report.line(
        "  " + padded(order.name, 11) + interval(order.area) + interval(order.deletion)
          + interval(order.insertion)
          + (order.milliseconds.map { Report.rounded($0, 0) } ?? "-"))
    }
    Report.line("\narea, row by row")
    for comparison in figures.comparisons {
      Report.line(
        "  " + padded("\(comparison.first) - \(comparison.second)", 22)
          + interval(comparison.difference)
          + "larger in \(Report.rounded(100 * comparison.wins, 0)) %, p "
          + String(format: "%.2g", comparison.p))
    }
  }

  private static func interval(_ estimate: Estimate) -> String {
    padded(
      "\(number(estimate.value)) (\(number(estimate.low))..\(number(estimate.high)))", 24)
  }

  private static func number(_ value: Double) -> String { Report.rounded(value, 3) }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
