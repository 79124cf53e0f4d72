import ArgumentParser
import Foundation
import SeerReports
import SeerSupport

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Put runs, evaluations and a training into one self-contained file.",
    discussion: """
      HTML or Markdown by the ending of --output; nothing in it comes from elsewhere. Two runs over
      the same rows (base first) are shown side by side.

      Example:
        seer report --run base --run tuned --evaluation classify.json --adapter my-adapter \
      --output report.html
      """.reflowed)

  @Option(name: .customLong("run"), help: "A run folder; twice for base and tuned.")
  var runs: [String] = []
  @Option(
    name: .customLong("evaluation"), help: "What seer evaluate or compare printed with --json.")
  var evaluations: [String] = []
  @Option(help: "An adapter folder with its training's log.") var adapter: String?
  @Option(help: "The layer of maps and confusion; the best where not given.") var layer: Int?
  @Option(help: "The report's heading.") var title = "Seer report"
  @Option(help: "The file to write: .html or .md.") var output: String
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let output: String
    let bytes: Int
  }

  func validate() throws {
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    guard output.hasSuffix(".html") || output.hasSuffix(".md") else {
      throw ValidationError("--output: found `\(output)`, wanted a name ending in .html or .md.")
    }
  }

  func run() throws {
    try OutputFile.check(output, isNoneOf: evaluations)
    Report.makeWay(for: output)
    let builder = ReportBuilder(
      runs: runs, evaluations: evaluations, adapter: adapter, layer: layer, title: title,
      tool: Version.tool)
    let document = try runJob("report", priority: .map, showsProgress: true) {
      try builder.run($0)
    }
    let text = output.hasSuffix(".md") ? document.markdown : document.html
    try OutputFile.write(text, to: output)
    if json { return try Report.json(Result(output: output, bytes: text.utf8.count)) }
    Report.line("\(output): \(text.utf8.count) bytes")
  }
}
