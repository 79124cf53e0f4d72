import ArgumentParser
import Foundation
import SeerFormats
import SeerRuns
import SeerSupport
import SeerTokenizers

extension RowTemplate: ExpressibleByArgument {}
extension Position: ExpressibleByArgument {}
extension StateType: ExpressibleByArgument {}

package struct ExtractCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Record the hidden states of every layer, or of some, for a concept set.",
    discussion: """
      Writes a run folder; given again after an interruption, it goes on where it stopped.

      With --shard K/N it writes one of N parts of the run, RUN.KofN, on any machine and at any
      time; seer join puts them together (docs/scale.md has what a scheduler is told).

      With --routing the run of a mixture of experts also keeps, for each row and each layer with a
      router, the experts that its token went to and their weights.

      Example:
        seer extract --model smollm2 --concepts samples/concepts.csv --run my-run
        seer extract --model smollm2 --concepts my.csv --run my-run --layers 16,24-30 --shard 3/16
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(
    help: "The concept set: CSV, TSV or JSON with prompt, value, response, split; or conversations."
  )
  var concepts: String
  @OptionGroup var columns: RowColumnArguments
  @Option(name: .customLong("run"), help: "The folder to write.") var folder: String
  @Option(help: "Layers to keep, numbers and ranges from 0: 16,24-30; else all.")
  var layers: String?
  @Option(help: "Only part K of N of the run, as K/N; the folder is RUN.KofN.") var shard: String?
  @Option(help: "Which tokens speak for a row.") var position = Position.last
  @Option(help: "How prompt and response become one text.") var template = RowTemplate.chat
  @OptionGroup var chat: ChatArguments
  @Option(help: "Only the first rows.") var limit: Int?
  @Option(help: "Tokens of a row that are kept (512, or the model's context where that is less).")
  var maxTokens: Int?
  @Flag(help: "Keep the experts of a mixture that rows go to, and their weights.")
  var routing = false
  @Option(help: "How states are stored.") var dtype = StateType.float32
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let rows: Int
    let tokens: Int
    let seconds: Double
    let tokensPerSecond: Double
  }

  package init() {}

  package func validate() throws {
    try checkNumber("limit", limit, from: 1, to: mostCounted)
    try checkNumber("max-tokens", maxTokens, from: 1, to: mostCounted)
  }

  package func run() throws {
    var job = try extraction(telling: true)
    if let shard = job.shard { job.folder = shard.folder(of: folder) }
    let extraction = job
    let summary = try runJob("extract", priority: .training, showsProgress: true) { context in
      try extraction.run(context)
    }
    // A part of a run is not what the explorer opens next.
    if job.shard == nil { RunLocator.remember(folder) }
    for note in summary.notes { Report.note(note) }
    try tell(
      job.folder, rows: summary.rows, tokens: summary.tokens, seconds: summary.seconds)
  }

  /// The job as the options have it, into the run's folder.
  ///
  /// - Parameter isTelling: whether its memory plan is told.
  func extraction(telling isTelling: Bool) throws -> Extraction {
    var extraction = Extraction(
      model: model, concepts: concepts, folder: folder, tool: Version.tool)
    extraction.adapter = adapter
    extraction.shard = try shard.map { text throws(Failure) in
      guard let shard = Shard(text) else {
        throw Failure(.usage, place: "--shard", found: "`\(text)`", wanted: Shard.wanted)
      }
      return shard
    }
    extraction.layers = try layers.map { text throws(Failure) in
      let wanted = "layers and ranges of them, like 16,24-30"
      return Set(try rangeOption(text, "--layers", wanted: wanted)).sorted()
    }
    extraction.columns = columns.names
    extraction.position = position
    extraction.template = template
    extraction.chat = try chat.options()
    extraction.limit = limit
    extraction.maxTokens = maxTokens
    extraction.keepsRouting = routing
    extraction.usesHalf = dtype == .float16
    extraction.precision = precision.chosen(isTold: isTelling)
    extraction.memory = memory.budget(isTold: isTelling)
    return extraction
  }

  func tell(_ folder: String, rows: Int, tokens: Int, seconds: Double) throws {
    let result = Result(
      rows: rows, tokens: tokens, seconds: seconds,
      tokensPerSecond: seconds > 0 ? Double(tokens) / seconds : 0)
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
