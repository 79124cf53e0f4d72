import Foundation
import SeerFormats
import SeerProjection
import SeerRuns
import SeerSupport

/// A layer of a run, or all its states, as a file that other programs read, and the recipe beside it.
///
///     let export = LayerExport(try Run.open("my-run"), layer: 24, tool: "seer 0.2.0")
///     try export.write(.svg, to: "map.svg") {}    // map.svg and map.svg.recipe.json
package struct LayerExport: Sendable {
  package let run: Run
  /// Nil: all layers, of which states are exported, or a walk through their maps (svg).
  package let layer: Int?
  /// The program and version, for the recipe.
  package let tool: String

  package init(_ run: Run, layer: Int?, tool: String) {
    self.run = run
    self.layer = layer
    self.tool = tool
  }

  package struct Result: Encodable, Equatable, Sendable {
    package let output: String
    /// Nil beside a pipe or a device.
    package let recipe: String?
    package let rows: Int
  }

  /// Everything that an export writes, the file itself first.
  ///
  /// - Parameter keepsMap: whether the map is there nowhere else, so that its coordinates are
  ///   written, too.
  package static func files(_ format: ExportFormat, to path: String, keepsMap: Bool) -> [String] {
    [path, path + ".recipe.json"]
      + (format.isOfMap && keepsMap ? [mapFile(of: path)] : [])
      + (format == .tsv ? [vectorFile(of: path)] : [])
  }

  private static func mapFile(of path: String) -> String { path + ".map.csv" }

  private static func vectorFile(of path: String) -> String {
    (path.hasSuffix(".tsv") ? String(path.dropLast(4)) : path) + ".vectors.tsv"
  }

  /// What the user should know of the held-out columns of a table; nil where all is well.
  package func note(_ format: ExportFormat) -> String? {
    format == .csv || format == .tsv ? LabelledRows.note(run.rows, run.folder) : nil
  }

  /// Writes the file and its recipe.
  ///
  /// - Parameter map: where the rows lie; nil: as `Layouts.standard` places them. One that
  ///   is in no file is written beside the output, so that the recipe can name it.
  package func write(
    _ format: ExportFormat, _ map: ExportedMap? = nil, to path: String,
    checkpoint: () throws -> Void
  ) throws -> Result {
    try OutputFile.check(path, isNoneOf: Run.files(run.folder), map?.file)
    guard format.isOfMap else { return try writeStates(format, to: path, checkpoint: checkpoint) }
    if layer == nil, format == .svg, map == nil {
      let walk = try LayerWalk.picture(run, tool: tool, checkpoint: checkpoint)
      try OutputFile.write(walk.svg(), to: path)
      return try finish(format, nil, to: path, rows: run.rows.count)
    }
    guard let layer else {
      throw Failure(
        .usage, place: "--layer", found: "none with \(format.rawValue)",
        wanted: "the layer whose map is written")
    }
    let states = try run.finiteStates(layer: layer)
    try checkpoint()
    var shown =
      try map
      ?? ExportedMap.standard(
        states, source: "\(run.folder), layer \(layer)", checkpoint: checkpoint)
    try checkpoint()
    if map != nil && shown.file == nil {
      let file = Self.mapFile(of: path)
      try OutputFile.write(
        MapFile.text(shown.points, rows: run.rows, colors: shown.colors), to: file)
      shown.file = file
      // As whoever makes the picture again will have them.
      if shown.colors != nil { shown.colors = try MapFile.colors(file) }
    }
    switch format {
    case .svg:
      let grid = MapFigure.grid(shown, run, layer: layer, tool: tool)
      try OutputFile.write(grid.picture().svg(title: grid.title), to: path)
    case .png:
      let grid = MapFigure.grid(shown, run, layer: layer, tool: tool)
      try OutputFile.write(grid.picture().png(), to: path)
    default:
      if format == .tsv, !OutputFile.isStream(path) {
        try OutputFile.write(
          RowTable.vectors(states) { shown.points[$0] != nil }, to: Self.vectorFile(of: path))
        try checkpoint()
      }
      let table = RowTable(shown.points, run.rows, states)
      try OutputFile.write(table.text(isTSV: format == .tsv), to: path)
    }
    return try finish(format, shown, to: path, rows: shown.points.count { $0 != nil })
  }

  private func writeStates(
    _ format: ExportFormat, to path: String, checkpoint: () throws -> Void
  ) throws -> Result {
    if let layer { _ = try run.index(ofLayer: layer) }
    let states = ExportedStates(
      run: run, layers: layer.map { [$0] } ?? run.manifest.layers, tool: tool)
    switch format {
    case .npz: try states.writeNPZ(to: path, checkpoint: checkpoint)
    case .safetensors: try states.writeSafetensors(to: path, checkpoint: checkpoint)
    default: try states.writeNPY(to: path, asFolder: layer == nil, checkpoint: checkpoint)
    }
    return try finish(format, nil, to: path, rows: run.rows.count)
  }

  private func finish(
    _ format: ExportFormat, _ map: ExportedMap?, to path: String, rows: Int
  ) throws -> Result {
    var command = ["seer", "export"]
    if let map, map.file != nil, map.method != "map" {
      // Only the recipe tells how the coordinates in the file were made.
      command += ["--recipe", path + ".recipe.json"]
    } else {
      command += ["--run", run.folder]
      if let layer {
        command += ["--layer", "\(layer)"]
      } else if format == .svg {
        command += ["--animate"]
      }
      if let file = map?.file { command += ["--map", file] }
      command += ["--format", format.rawValue, "--output", path]
    }
    var recipe = PictureRecipe(
      tool: tool, command: command, output: path, runs: [RunProvenance(run, layer: layer)],
      method: map?.method ?? (format == .svg ? Layouts.standard.name : "states"),
      seed: map?.seed ?? 0)
    recipe.format = format.rawValue
    if let map, !map.settings.isEmpty { recipe.settings = map.settings }
    if let file = map?.file {
      recipe.map = file
      recipe.mapSHA256 = try sha256(ofFile: file)
    }
    return Result(output: path, recipe: try recipe.write(beside: path), rows: rows)
  }
}
