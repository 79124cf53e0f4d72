import ArgumentParser
import Foundation
import SeerFormats
import SeerRuns
import SeerSupport
import SeerTokenizers

extension RowTemplate: ExpressibleByArgument {}
extension Position: ExpressibleByArgument {}
extension StateType: ExpressibleByArgument {}

struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Record the hidden states of every layer for a concept set.",
    discussion: """
      Writes a run folder; given again after an interruption, it goes on where it stopped.

      Example:
        seer extract --model smollm2 --concepts samples/concepts.csv --run my-run
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(
    help: "The concept set: CSV, TSV or JSON with prompt, value, response, split; or conversations."
  )
  var concepts: String
  @OptionGroup var columns: RowColumnArguments
  @Option(name: .customLong("run"), help: "The folder to write.") var folder: String
  @Option(help: "Which tokens speak for a row.") var position = Position.last
  @Option(help: "How prompt and response become one text.") var template = RowTemplate.chat
  @OptionGroup var chat: ChatArguments
  @Option(help: "Only the first rows.") var limit: Int?
  @Option(help: "Tokens of a row that are kept (512, or the model's context where that is less).")
  var maxTokens: Int?
  @Option(help: "How states are stored.") var dtype = StateType.float32
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let rows: Int
    let tokens: Int
    let seconds: Double
    let tokensPerSecond: Double
  }

  func validate() throws {
    try checkNumber("limit", limit, from: 1, to: mostCounted)
    try checkNumber("max-tokens", maxTokens, from: 1, to: mostCounted)
  }

  func run() throws {
    var extraction = Extraction(
      model: model, concepts: concepts, folder: folder, tool: Version.tool)
    extraction.adapter = adapter
    extraction.columns = columns.names
    extraction.position = position
    extraction.template = template
    extraction.chat = try chat.options()
    extraction.limit = limit
    extraction.maxTokens = maxTokens
    extraction.usesHalf = dtype == .float16
    extraction.memory = memory.budget
    let job = extraction
    let summary = try runJob("extract", priority: .training, showsProgress: true) { context in
      try job.run(context)
    }
    RunLocator.remember(folder)
    for note in summary.notes { Report.note(note) }
    let result = Result(
      rows: summary.rows, tokens: summary.tokens, seconds: summary.seconds,
      tokensPerSecond: summary.seconds > 0 ? Double(summary.tokens) / summary.seconds : 0)
    if json { return try Report.json(result) }
    Report.line(
      "\(folder): \(result.rows) rows, \(result.tokens) tokens in "
        + "\(Report.rounded(result.seconds, 2)) s, "
        + "\(Report.rounded(result.tokensPerSecond, 0)) tokens/s")
  }
}

extension Report {
  static func rounded(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
