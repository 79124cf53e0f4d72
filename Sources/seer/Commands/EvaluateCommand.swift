import ArgumentParser
import SeerAnalysis
import SeerFormats
import SeerStudies
import SeerSupport
import SeerTokenizers

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Judge a model and its adapter: concepts told, answers refused, ability kept.",
    discussion: """
      Example:
        seer evaluate ability --model smollm2 --adapter my-adapter --texts samples/retain.csv
      """.reflowed,
    subcommands: [
      ClassifyCommand.self, DetoxCommand.self, AbilityCommand.self, FaithfulnessCommand.self,
      MonitorCommand.self,
    ])
}

struct AbilityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ability",
    abstract: "Perplexity, KL to base, next-token agreement, multiple choice.",
    discussion: """
      Perplexity, KL and agreement are means over the next tokens of the texts, prompt and markers of
      turns included. What the chat template writes before every conversation (a default system
      prompt) says nothing of the texts and is left out, unless --count-constant-text.

      Example:
        seer evaluate ability --model smollm2 --adapter my-adapter --texts samples/retain.csv
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(help: "Texts: CSV or JSON Lines with prompt and response.") var texts: String
  @Option(
    help:
      "Multiple choice: CSV or JSON Lines with question, choices (a JSON list, or a|b|c), answer.")
  var choices: String?
  @OptionGroup var columns: TextColumnArguments
  @Option(help: "How prompt and response become one text.") var template = RowTemplate.chat
  @OptionGroup var chat: ChatArguments
  @Option(help: "Tokens of a row that are kept (512, or the model's context where that is less).")
  var maxTokens: Int?
  @Flag(help: "Count the tokens of the text that the template writes before every conversation.")
  var countConstantText = false
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    try checkNumber("max-tokens", maxTokens, from: 1, to: mostCounted)
  }

  func run() throws {
    var evaluation = AbilityEvaluation(model: model, adapter: adapter, texts: texts)
    evaluation.choices = choices
    evaluation.columns = columns.names
    evaluation.template = template
    evaluation.chat = try chat.options()
    evaluation.maxTokens = maxTokens
    evaluation.countsConstantText = countConstantText
    evaluation.precision = precision.chosen
    evaluation.memory = memory.budget
    let job = evaluation
    let figures = try runJob("evaluate", priority: .training, showsProgress: true) {
      try job.run($0)
    }
    for note in figures.notes ?? [] { Report.note(note) }
    if json { return try Report.json(figures) }
    let constant = figures.constantTokens ?? 0
    let leftOut = constant > 0 ? " (\(constant) of the template's constant text left out)" : ""
    Report.line(
      """
      \(figures.rows) texts, \(figures.tokens) next tokens\(leftOut)
        perplexity      \(Report.rounded(figures.perplexityBase, 3)) -> \
      \(Report.rounded(figures.perplexityTuned, 3))
        KL to base      \(Report.rounded(figures.kl, 5)) nats a token
        same next token \(Report.rounded(100 * figures.agreement, 1)) %
      """)
    guard let choices = figures.choices else { return }
    func share(_ estimate: Estimate) -> String {
      "\(Report.rounded(estimate.value, 3)) (\(Report.rounded(estimate.low, 3)).."
        + "\(Report.rounded(estimate.high, 3)))"
    }
    Report.line(
      """
        \(choices.questions) questions  \(share(choices.base)) -> \(share(choices.tuned)), \
      McNemar p \(String(format: "%.2g", choices.mcnemar.exactP))
        by byte         \(share(choices.basePerByte)) -> \(share(choices.tunedPerByte))
      """)
  }
}
