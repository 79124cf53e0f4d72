import ArgumentParser
import SeerProjection
import SeerReports
import SeerRuns
import SeerSupport

extension ExportFormat: ExpressibleByArgument {}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write states, a layer's map as a table, or its map as a picture.",
    discussion: """
      npy, npz and safetensors hold the states: of one layer, or, without --layer, of all (layer_N
      each; npy makes a folder of files then). tsv and csv hold the map's coordinates with the rows
      and their held-out scores; svg and png the map. Beside a tsv the states are written as
      vectors, the two files that TensorBoard's projector takes. The map is by \(Layouts.standard.title)
      unless --map gives what seer project wrote. A recipe that says how the file was made is
      written beside it; --recipe makes the file again, here or in the explorer, after checking that
      the run is still the same.

      --animate makes one svg that walks through all layers, in any browser; with --training, through
      the steps that a training kept (seer train --keep 10).

      Example:
        seer export --run my-run --layer 24 --format npy --output states.npy
        seer export --run my-run --format npz --output my-run.npz
        seer export --run my-run --layer 24 --map map.csv --format svg --output map.svg
        seer export --run my-run --animate --output walk.svg
        seer export --training my-adapter --output training.svg
        seer export --recipe map.svg.recipe.json
      """.reflowed)

  @Option(name: .customLong("run"), help: "A run folder.") var folder: String?
  @Option(help: "The layer of the run; states of all layers without it.") var layer: Int?
  @Option(help: "Coordinates of the rows, as seer project writes them.") var map: String?
  @Option(help: "What to write: \(ExportFormat.names) (default: as the output's name ends).")
  var format: ExportFormat?
  @Option(help: "The file to write.") var output: String?
  @Flag(help: "Walk through all layers of the run: a picture that moves, as svg.")
  var animate = false
  @Option(help: "An adapter folder: its held-out rows' clusters, step by step, as a moving svg.")
  var training: String?
  @Option(help: "A recipe of an export, in place of --run, --layer, --map and --format.")
  var recipe: String?
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    if recipe != nil {
      guard folder == nil, layer == nil, map == nil, format == nil, !animate, training == nil else {
        throw ValidationError("--recipe says all but --output: leave the other options out.")
      }
      return
    }
    if animate || training != nil { return try validateMoving() }
    guard folder != nil, let output else {
      throw ValidationError("Give --run and --output, or --recipe.")
    }
    guard let format = format ?? ExportFormat(path: output) else {
      throw ValidationError("--format: give \(ExportFormat.names); \(output) does not tell.")
    }
    guard layer != nil || !format.isOfMap else {
      throw ValidationError("--layer: found none with \(format.rawValue), wanted a layer's number.")
    }
    guard format.isOfMap || map == nil else {
      throw ValidationError(
        "--map: found it with \(format.rawValue), which holds the states themselves.")
    }
  }

  /// A picture that moves is of all layers or of a training, and an svg.
  private func validateMoving() throws {
    let option = training == nil ? "--animate" : "--training"
    guard layer == nil, map == nil, training == nil || folder == nil && !animate else {
      throw ValidationError(
        "\(option): found --layer, --map or --run beside it, wanted "
          + (training == nil ? "--run and --output alone." : "--output alone."))
    }
    guard training != nil || folder != nil, let output else {
      throw ValidationError("\(option): give --output" + (training == nil ? " and --run." : "."))
    }
    guard (format ?? ExportFormat(path: output)) == .svg else {
      throw ValidationError(
        "\(option): found \(format?.rawValue ?? output), wanted svg: a name that ends in .svg.")
    }
  }

  func run() throws {
    if let output {
      try OutputFile.check(output, isNoneOf: folder.map(Run.files) ?? [], map, recipe)
      Report.makeWay(for: output)
    }
    let command = self
    let result = try runJob("export") { try command.export($0) }
    if json { return try Report.json(result) }
    let made = result.recipe.map { "; \($0): how it was made" } ?? ""
    Report.line("\(result.output): \(result.rows) rows\(made)")
  }

  private func export(_ context: JobContext) throws -> LayerExport.Result {
    if let recipe {
      let order = try LayerExport.order(recipe: recipe, tool: Version.tool)
      if let note = order.export.note(order.format) { Report.note(note) }
      return try order.export.write(
        order.format, order.map, to: output ?? order.output, checkpoint: context.checkpoint)
    }
    if let training {
      return try LayerWalk.write(
        training: training, to: output ?? "", tool: Version.tool, checkpoint: context.checkpoint)
    }
    // Validated above.
    let run = try Run.open(folder ?? "")
    let output = output ?? ""
    let points = try map.map { try MapFile.read($0, rows: run.rows) }
    let export = LayerExport(run, layer: layer, tool: Version.tool)
    let format = animate ? .svg : format ?? ExportFormat(path: output) ?? .csv
    if let note = export.note(format) { Report.note(note) }
    return try export.write(
      format, points.map { ExportedMap(points: $0, method: "map", file: map) }, to: output,
      checkpoint: context.checkpoint)
  }
}
