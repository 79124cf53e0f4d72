import Foundation
import SeerRuns
import SeerSupport

extension LayerExport {
  /// What a recipe of `seer export` asks for.
  package struct Order: Sendable {
    package let export: LayerExport
    package let format: ExportFormat
    package let map: ExportedMap?
    package let output: String
  }

  /// Reads a recipe and checks that what it was made from is still the same.
  package static func order(recipe path: String, tool: String) throws -> Order {
    let recipe = try read(path)
    guard recipe.command.dropFirst().first == "export", let made = recipe.runs.first
    else {
      throw Failure(
        .badData, file: path, place: "command",
        found: "`\(recipe.command.prefix(2).joined(separator: " "))`", wanted: "`seer export`",
        advice: "Give the recipe's own command to make the file again.")
    }
    guard
      let format = recipe.format.flatMap({ ExportFormat(rawValue: $0) })
        ?? ExportFormat(path: recipe.output)
    else {
      throw Failure(
        .badData, file: path, place: "format", found: "`\(recipe.format ?? "nothing")`",
        wanted: "one of \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let run = try Run.open(made.run)
    try check(RunProvenance(run, layer: made.layer), made, path)
    var map: ExportedMap?
    if let file = recipe.map {
      guard try sha256(ofFile: file) == recipe.mapSHA256 else {
        throw Failure(
          .badData, file: file, found: "other coordinates than those of the recipe",
          wanted: "the SHA-256 that \(path) names",
          advice: "Find the file that was written beside the export.")
      }
      map = ExportedMap(
        points: try MapFile.read(file, rows: run.rows), method: recipe.method, seed: recipe.seed,
        settings: recipe.settings ?? [:], colors: try MapFile.colors(file), file: file)
    }
    return Order(
      export: LayerExport(run, layer: made.layer, tool: tool), format: format, map: map,
      output: recipe.output)
  }

  private static func read(_ path: String) throws(Failure) -> PictureRecipe {
    let file = try MappedFile(path: path)
    do {
      return try JSONDecoder().decode(PictureRecipe.self, from: file.data)
    } catch {
      throw Failure(
        .badData, file: path, found: "no recipe that can be read",
        wanted: "what seer export wrote beside a file",
        advice: "Give the file that ends in .recipe.json.")
    }
  }

  /// The run in the folder must be the one the file was made from.
  private static func check(
    _ found: RunProvenance, _ wanted: RunProvenance, _ path: String
  ) throws(Failure) {
    let pairs = [
      ("model_sha256", found.modelSHA256, wanted.modelSHA256),
      ("adapter_sha256", found.adapterSHA256 ?? "none", wanted.adapterSHA256 ?? "none"),
      ("states_sha256", found.statesSHA256 ?? "none", wanted.statesSHA256 ?? "none"),
      ("concepts_sha256", found.conceptsSHA256, wanted.conceptsSHA256),
      ("template", found.template, wanted.template),
      ("position", found.position, wanted.position),
      ("max_tokens", "\(found.maxTokens)", "\(wanted.maxTokens)"),
      ("precision", found.precision ?? "exact", wanted.precision ?? "exact"),
    ]
    for (key, now, then) in pairs where now != then {
      throw Failure(
        .badData, file: found.run + "/run.json", place: key, found: now,
        wanted: "\(then), as \(path) has it",
        advice: "Extract the run again from what the recipe names.")
    }
  }
}
