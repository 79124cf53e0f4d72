import ArgumentParser
import Foundation
import LinearAlgebra
import SeerFormats
import SeerProjection
import SeerRuns
import SeerSupport

enum ProjectionMethod: String, CaseIterable, ExpressibleByArgument {
  case pca, tsne
}

struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project",
    abstract: "Project one layer's states, or any matrix, to a few coordinates.",
    discussion: """
      Example:
        seer project --run my-run --layer 24 --method tsne --output map.csv
        seer project --matrix states.npy --method pca --components 3 --output map.csv
      """)

  @Option(name: .customLong("run"), help: "A run folder.") var folder: String?
  @Option(help: "The layer of the run.") var layer: Int?
  @Option(help: "A NumPy array file, (rows, columns), in place of a run.") var matrix: String?
  @Option(help: "How to project.") var method = ProjectionMethod.pca
  @Option(help: "How many coordinates.") var components = 2
  @Option(help: "t-SNE: the effective number of neighbours; lowered where rows are few.")
  var perplexity: Float = 30
  @Option(help: "t-SNE: steps, the 250 exaggerated ones included.") var iterations = 750
  @Option(help: "t-SNE: the seed of everything random.") var seed: UInt64 = 0
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
    guard method == .pca || components == 2 else {
      throw ValidationError("--components: found \(components), wanted 2 with t-SNE.")
    }
    guard perplexity >= 1, perplexity.isFinite else {
      throw ValidationError("--perplexity: found \(perplexity), wanted 1 or more.")
    }
    guard iterations >= 1 else {
      throw ValidationError("--iterations: found \(iterations), wanted 1 or more.")
    }
  }

  struct Result: Encodable {
    let rows: Int
    let seconds: Double
    let explainedVariance: [Float]
    let klDivergence: Double?
    let trustworthiness: Double?
    let neighboursKept: Double?

    // The contract's keys are always there, null where a method has no such figure.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(rows, forKey: .rows)
      try container.encode(seconds, forKey: .seconds)
      try container.encode(explainedVariance, forKey: .explainedVariance)
      try container.encode(klDivergence, forKey: .klDivergence)
      try container.encode(trustworthiness, forKey: .trustworthiness)
      try container.encode(neighboursKept, forKey: .neighboursKept)
    }

    private enum Key: CodingKey {
      case rows, seconds, explainedVariance, klDivergence, trustworthiness, neighboursKept
    }
  }

  func run() throws {
    let command = self
    let (result, notes) = try runJob("project", showsProgress: true) { context in
      try command.project(context)
    }
    for note in notes { Report.note(note) }
    if json { return try Report.json(result) }
    var parts = ["\(output): \(result.rows) rows, \(Report.rounded(result.seconds, 3)) s"]
    if !result.explainedVariance.isEmpty {
      let shares = result.explainedVariance.map { String(format: "%.1f %%", 100 * $0) }
      parts.append("variance " + shares.joined(separator: ", "))
    }
    if let kl = result.klDivergence { parts.append("KL \(Report.rounded(kl, 3))") }
    if let trust = result.trustworthiness {
      parts.append("trustworthiness \(Report.rounded(trust, 3))")
    }
    if let kept = result.neighboursKept {
      parts.append("neighbours kept \(Report.rounded(100 * kept, 0)) %")
    }
    Report.line(parts.joined(separator: ", "))
  }

  private func project(_ context: JobContext) throws -> (Result, notes: [String]) {
    var rows: [RunRow] = []
    let states: Matrix
    let source: String
    if let folder, let layer {
      let opened = try Run.open(folder)
      rows = opened.rows
      states = try opened.states(layer: layer)
      source = "\(folder), layer \(layer)"
    } else {
      source = matrix ?? ""
      states = try NPY.read(source)
    }
    do {
      return try project(states, rows, context)
    } catch let error as ProjectionError {
      throw Failure(error, of: source)
    }
  }

  private func project(
    _ states: Matrix, _ rows: [RunRow], _ context: JobContext
  ) throws -> (Result, notes: [String]) {
    guard components <= max(2, states.columns) else {
      throw Failure(
        .usage, place: "--components", found: "\(components)",
        wanted: "at most \(states.columns), the width of the states")
    }
    var notes: [String] = []
    let started = ContinuousClock.now
    let points: Matrix
    var variance: [Float] = []
    var divergence: Double?
    switch method {
    case .pca:
      let pca = try PCA.fit(states, components: components)
      points = padded(pca.transform(states))
      variance = pca.explainedVarianceRatio
    case .tsne:
      let map = try TSNE.fit(
        TSNE.reduced(states),
        options: TSNE.Options(perplexity: perplexity, iterations: iterations, seed: seed),
        checkpoint: context.checkpoint,
        progress: { done, total in
          context.report(
            JobProgress(
              completed: done, total: total, unit: "iterations",
              elapsed: started.duration(to: .now)))
        })
      points = map.points
      // Rounding can leave a perfect map's KL a hair below 0.
      divergence = max(0, map.divergence)
      if map.perplexityWasLowered {
        notes.append(
          "The perplexity was lowered from \(perplexity) to \(map.perplexity) for so few rows "
            + "(\(states.rows)).")
      }
    }
    let seconds = started.duration(to: .now).seconds
    let quality = try MapQuality.measure(points, of: states, checkpoint: context.checkpoint)
    try OutputFile.write(table(points, rows), to: output)
    let result = Result(
      rows: states.rows, seconds: seconds, explainedVariance: variance,
      klDivergence: divergence, trustworthiness: quality.trustworthiness,
      neighboursKept: quality.neighboursKept)
    return (result, notes)
  }

  /// A matrix of one column still has an x and a y.
  private func padded(_ points: Matrix) -> Matrix {
    guard points.columns < components else { return points }
    return Matrix(rows: points.rows, columns: components) { row, column in
      column < points.columns ? points[row, column] : 0
    }
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
