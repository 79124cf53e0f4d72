import SeerRuns
import SeerSupport

/// Puts runs, evaluations and a training into one report.
package struct ReportBuilder: Sendable {
  /// One run, or two over the same rows.
  package var runs: [String]
  /// Files with the JSON of `seer evaluate` or `seer compare`.
  package var evaluations: [String]
  /// An adapter folder with its training's log.
  package var adapter: String?
  /// Of maps and confusion; nil for the best.
  package var layer: Int?
  package var title: String
  package var tool: String

  package init(
    runs: [String], evaluations: [String] = [], adapter: String? = nil, layer: Int? = nil,
    title: String = "Seer report", tool: String
  ) {
    self.runs = runs
    self.evaluations = evaluations
    self.adapter = adapter
    self.layer = layer
    self.title = title
    self.tool = tool
  }

  package func run(_ context: JobContext) throws -> ReportDocument {
    guard !runs.isEmpty || !evaluations.isEmpty || adapter != nil else {
      throw Failure(
        .usage, found: "nothing to report", wanted: "--run, --evaluation or --adapter")
    }
    guard runs.count <= 2 else {
      throw Failure(.usage, place: "--run", found: "\(runs.count) runs", wanted: "one or two")
    }
    var document = ReportDocument(title: title)
    document.blocks.append(.paragraph("Written by \(tool)."))
    if !runs.isEmpty {
      let opened = try runs.map { folder throws(Failure) in try Run.open(folder) }
      document.blocks += try RunSections(opened).blocks(layer: layer, context)
    }
    if let adapter { document.blocks += try trainingBlocks(adapter) }
    for path in evaluations { document.blocks += try evaluationBlocks(path) }
    return document
  }
}
