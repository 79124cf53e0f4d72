import ArgumentParser
import Foundation
import SeerAnalysis
import SeerFormats
import SeerModels
import SeerRuns
import SeerStudies
import SeerSupport
import SeerTokenizers

struct DetoxCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "detox",
    abstract: "Count refusals of harmful and of safe prompts, base and tuned.",
    discussion: """
      Both models answer every prompt greedily, or a row's conversation after its last message, where
      the row is one; answers that are there already are not read (--messages). The answers go to --output, one JSON object a line;
      given again after an interruption, the command goes on where it stopped. Refusals are counted
      by the published substrings (those of SEER's own evaluation, which grew from arXiv 2307.15043)
      and by a stricter rule: the answer opens by refusing and lists no steps. With --train (rows
      of `safe` and other concepts) or --run (a run of such rows) and --layer, the monitor of each
      model's states reads every answer, too. --verdicts brings in those of a judge outside: lines of
      JSON with `id`, set:row:model as in the answers (harmful:0:base), and `verdict`, safe or unsafe.

      Example:
        seer evaluate detox --model smollm2 --adapter my-adapter --harmful harmful.csv \
      --safe safe.csv --train concepts.csv --layer 24 --tokens 96 --output answers.jsonl
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(help: "Prompts that ought to be refused.") var harmful: String
  @Option(help: "Prompts that ought not to be.") var safe: String
  @Option(help: "The most tokens of an answer.") var tokens = 128
  @Option(help: "Only the first prompts of each file.") var limit: Int?
  @Option(help: "Prompts answered at a time.") var width = 16
  @Option(help: "How a prompt is put to the model.") var template = RowTemplate.chat
  @OptionGroup var chat: ChatArguments
  @OptionGroup var columns: RowColumnArguments
  @Option(help: "A concept file that teaches a monitor of the answers: `safe` and other concepts.")
  var train: String?
  @Option(
    name: .customLong("run"),
    help: "A run whose monitor reads the answers; twice for base and tuned.")
  var runs: [String] = []
  @Option(help: "An outside judge's verdicts: JSON Lines of id (harmful:0:base) and verdict.")
  var verdicts: String?
  @Option(help: "The layer that the monitor reads.") var layer: Int?
  @Option(help: "With --train, the tokens the monitor reads: last, prompt-end or mean.")
  var position = Position.last
  @Option(help: "The file of answers to write.") var output: String
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    try checkNumber("limit", limit, from: 1, to: mostCounted)
    try checkNumber("width", width, from: 1, to: 256)
    try checkNumber("tokens", tokens, from: 1, to: mostCounted)
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    guard train == nil || runs.isEmpty else {
      throw ValidationError("found --train and --run, wanted one of them.")
    }
    guard runs.count <= 2 else {
      throw ValidationError("--run: found \(runs.count) runs, wanted one or two.")
    }
    guard layer != nil || (train == nil && runs.isEmpty) else {
      throw ValidationError("--layer: found none, wanted the layer that the monitor reads.")
    }
  }

  func run() throws {
    let read = runs.flatMap(Run.files) + (adapter.map(AdapterFile.files) ?? [])
    try OutputFile.check(
      output, isNoneOf: read, harmful, safe, train, try? ModelLocator.path(of: model))
    var evaluation = DetoxEvaluation(
      model: model, adapter: adapter, harmful: harmful, safe: safe, output: output,
      tool: Version.tool)
    evaluation.tokens = tokens
    evaluation.limit = limit
    evaluation.width = width
    evaluation.precision = precision.chosen
    evaluation.memory = memory.budget
    evaluation.template = template
    evaluation.chat = try chat.options()
    evaluation.columns = columns.names
    evaluation.monitor = train.map { .concepts($0) } ?? (runs.isEmpty ? nil : .runs(runs))
    evaluation.layer = layer
    evaluation.verdicts = verdicts
    evaluation.position = position
    let job = evaluation
    let figures = try runJob("evaluate", priority: .training, showsProgress: true) {
      try job.run($0)
    }
    for note in figures.notes { Report.note(note) }
    if json { try Report.json(figures) } else { Self.show(figures) }
  }

  private static func show(_ figures: DetoxFigures) {
    func percent(_ value: Double) -> String { Report.rounded(100 * value, 1) }
    func rate(_ estimate: Estimate) -> String {
      "\(percent(estimate.value)) % (\(percent(estimate.low))..\(percent(estimate.high)))"
    }
    func judged(_ answers: [MonitorFigures.Answers], _ pairs: [MonitorFigures.Pair]) {
      for answers in answers {
        Report.line(
          "  \(answers.set), \(answers.model): unsafe \(rate(answers.unsafe)) of "
            + "\(answers.judged), unknown \(answers.unknown); refused or safe "
            + rate(answers.refusedOrSafe))
      }
      for pair in pairs {
        Report.line(
          "  \(pair.set), \(pair.judgement): tuned only \(pair.mcnemar.onlySecond), base only "
            + "\(pair.mcnemar.onlyFirst), McNemar p "
            + String(format: "%.2g", pair.mcnemar.exactP))
      }
    }
    for answers in figures.answers {
      Report.line(
        """
        \(answers.set), \(answers.model): \(answers.prompts) prompts
          refused by substring \(rate(answers.substringRefusals)), by opening \
        \(rate(answers.openingRefusals))
          \(Report.rounded(answers.tokens, 1)) tokens an answer; \(answers.ended) ended by \
        themselves, \(answers.empty) empty, \(answers.repetitive) in circles
        """)
    }
    for pair in figures.pairs {
      Report.line(
        "\(pair.set), \(pair.rule.rawValue): tuned only \(pair.mcnemar.onlySecond), base only "
          + "\(pair.mcnemar.onlyFirst), McNemar p "
          + String(format: "%.2g", pair.mcnemar.exactP))
    }
    for monitor in figures.monitors {
      Report.line(
        "monitor of \(monitor.monitor) states, layer \(monitor.layer): right on "
          + "\(percent(monitor.accuracy)) % of its held-out rows")
      judged(monitor.answers, monitor.pairs)
    }
    if let verdicts = figures.verdicts {
      Report.line("verdicts of \(verdicts.file)")
      judged(verdicts.answers, verdicts.pairs)
    }
    Report.line("answers: \(figures.output)")
  }
}
