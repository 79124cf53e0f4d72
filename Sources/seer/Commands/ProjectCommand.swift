import ArgumentParser
import Core
import Foundation
import LinearAlgebra
import Projection

enum ProjectionMethod: String, CaseIterable, ExpressibleByArgument {
  case pca
}

struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project",
    abstract: "Project one layer's states, or any matrix, to a few coordinates.",
    discussion: """
      Example:
        seer project --run my-run --layer 24 --method pca --output map.csv
        seer project --matrix states.npy --method pca --components 3 --output map.csv
      """)

  @Option(name: .customLong("run"), help: "A run folder.") var folder: String?
  @Option(help: "The layer of the run.") var layer: Int?
  @Option(help: "A NumPy array file, (rows, columns), in place of a run.") var matrix: String?
  @Option(help: "How to project.") var method = ProjectionMethod.pca
  @Option(help: "How many coordinates.") var components = 2
  @Option(help: "The CSV file to write.") var output: String
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard (folder == nil) != (matrix == nil) else {
      throw ValidationError("Give either --run and --layer, or --matrix.")
    }
    guard (folder == nil) == (layer == nil) else {
      throw ValidationError("--layer goes with --run: give the layer of the run.")
    }
    guard components >= 2 else {
      throw ValidationError("--components: found \(components), wanted 2 or more.")
    }
  }

  struct Result: Encodable {
    let rows: Int
    let seconds: Double
    let explainedVariance: [Float]
  }

  func run() throws {
    let command = self
    let result = try runJob("project") { context in try command.project(context) }
    if json { return try Report.json(result) }
    let variance = result.explainedVariance.map { String(format: "%.1f %%", 100 * $0) }
    Report.line(
      "\(output): \(result.rows) rows, variance \(variance.joined(separator: ", ")), "
        + "\(Report.rounded(result.seconds, 3)) s")
  }

  private func project(_ context: JobContext) throws -> Result {
    var concepts: [RunRow] = []
    let states: Matrix
    if let folder, let layer {
      let opened = try Run.open(folder)
      concepts = opened.rows
      states = try opened.states(layer: layer)
    } else {
      states = try NPY.read(matrix ?? "")
    }
    guard components <= states.columns else {
      throw Failure(
        .usage, place: "--components", found: "\(components)",
        wanted: "at most \(states.columns), the width of the states")
    }
    let started = ContinuousClock.now
    let pca = try PCA.fit(states, components: components)
    let points = pca.transform(states)
    let seconds = started.duration(to: .now).seconds
    try context.checkpoint()
    try OutputFile.write(table(points, concepts), to: output)
    return Result(
      rows: states.rows, seconds: seconds, explainedVariance: pca.explainedVarianceRatio)
  }

  private func table(_ points: Matrix, _ rows: [RunRow]) -> String {
    let more = (2..<max(2, points.columns)).map { "pc\($0 + 1)" }
    var text = CSV.line(["x", "y"] + more + ["row", "concept"])
    for index in 0..<points.rows {
      let place = points.values(row: index).map { "\($0)" }
      let row = index < rows.count ? rows[index] : nil
      text += CSV.line(place + [String(row?.row ?? index), row?.concept ?? ""])
    }
    return text
  }
}
