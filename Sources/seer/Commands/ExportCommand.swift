import ArgumentParser
import Core
import Figures
import Foundation
import LinearAlgebra
import Projection

enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  case npy, tsv, csv, svg, png
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a layer's states, its map as a table, or its map as a picture.",
    discussion: """
      npy holds the states; tsv and csv the map's coordinates with the rows; svg and png the map.
      The map is by PCA unless --map gives what seer project wrote. A recipe that says how the file
      was made is written beside it.

      Example:
        seer export --run my-run --layer 24 --format npy --output states.npy
        seer export --run my-run --layer 24 --map map.csv --format svg --output map.svg
      """)

  @Option(name: .customLong("run"), help: "A run folder.") var folder: String
  @Option(help: "The layer of the run.") var layer: Int
  @Option(help: "Coordinates of the rows, as seer project writes them.") var map: String?
  @Option(help: "What to write: npy, tsv, csv, svg or png.") var format: ExportFormat
  @Option(help: "The file to write.") var output: String
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard format != .npy || map == nil else {
      throw ValidationError("--map: found it with npy, which holds the states themselves.")
    }
  }

  struct Result: Encodable {
    let output: String
    let recipe: String
    let rows: Int
  }

  func run() throws {
    let command = self
    let result = try runJob("export") { try command.export($0) }
    if json { return try Report.json(result) }
    Report.line("\(output): \(result.rows) rows; \(result.recipe): how it was made")
  }

  private func export(_ context: JobContext) throws -> Result {
    let run = try Run.open(folder)
    let states = try run.states(layer: layer)
    try context.checkpoint()
    if format == .npy {
      try OutputFile.write(NPY.bytes(states), to: output)
    } else {
      let points = try coordinates(run, states, context)
      switch format {
      case .csv, .tsv:
        try OutputFile.write(RowTable.text(points, run.rows, isTSV: format == .tsv), to: output)
      default:
        let file = FigureFile(output, format: format == .svg ? .svg : .png)
        let grid = MapFigure.grid(points, run, layer: layer, method: methodName)
        try file.write(grid.picture(), title: grid.title)
      }
    }
    var arguments = ["seer", "export", "--run", folder, "--layer", "\(layer)"]
    if let map { arguments += ["--map", map] }
    arguments += ["--format", format.rawValue, "--output", output]
    var recipe = PictureRecipe(
      tool: Version.tool, command: arguments, output: output,
      runs: [RunProvenance(run, layer: layer)], method: format == .npy ? "states" : methodName,
      seed: 0)
    if let map {
      recipe.map = map
      recipe.mapSHA256 = try sha256(ofFile: map)
    }
    return Result(
      output: output, recipe: try recipe.write(beside: output), rows: states.rows)
  }

  private var methodName: String { map == nil ? "pca" : "map" }

  /// (rows, 2): those of the map's file, or the first two principal components.
  private func coordinates(_ run: Run, _ states: Matrix, _ context: JobContext) throws -> Matrix {
    if let map { return try MapFile.read(map, rows: run.rows) }
    do {
      let scores = try PCA.fit(states, components: 2, checkpoint: context.checkpoint)
        .transform(states)
      return Matrix(rows: scores.rows, columns: 2) { row, column in
        column < scores.columns ? scores[row, column] : 0
      }
    } catch let error as ProjectionError {
      throw ProjectCommand.failure(error, "\(folder), layer \(layer)")
    }
  }
}

/// Coordinates with the rows they belong to, as CSV or as TSV (one line a row, in which tabs and
/// newlines of texts become spaces).
enum RowTable {
  static func text(_ points: Matrix, _ rows: [RunRow], isTSV: Bool) -> String {
    let hasTokens = rows.contains { $0.token != nil }
    var lines = [["x", "y", "row", "concept", "split", "text"] + (hasTokens ? ["token"] : [])]
    for (index, row) in rows.enumerated() {
      lines.append(
        ["\(points[index, 0])", "\(points[index, 1])", "\(row.row)", row.concept, row.split ?? ""]
          + [row.text] + (hasTokens ? [row.token ?? ""] : []))
    }
    guard isTSV else { return lines.map(CSV.line).joined() }
    return lines.map { fields in
      fields.map { field in
        String(String.UnicodeScalarView(field.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
      }.joined(separator: "\t") + "\n"
    }.joined()
  }
}
