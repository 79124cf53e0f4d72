import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerFormats
import SeerSupport

/// A run made of states that another program computed.
///
///     var order = StateImport(states: "states.npy", rows: "concepts.csv", folder: "run", tool: tool)
///     order.axes = .layersRowsWidth
///     try order.run(context)
package struct StateImport: Sendable {
  /// A file of arrays, or a folder with one a layer.
  package var states: String
  /// A concept file, or the `rows.csv` of a run: a row for each row of the states, in their order.
  package var rows: String
  /// What the concept file's columns are called, and which answers of conversations are rows.
  package var columns = ConceptColumns()
  package var folder: String
  package var tool: String
  /// Nil: what the number of rows tells.
  package var axes: StateAxes?
  /// The number of the first layer; nil: 0, or the least number in the arrays' names.
  package var firstLayer: Int?
  /// The name of the array, where a file has several; `*` stands for the number of the layer.
  package var tensor: String?
  /// Whether numbers of two bytes are bfloat16.
  package var readsBFloat16 = false
  /// What the user says of how the states came about.
  package var modelName: String?
  package var templateName: String?
  package var position: Position?

  package init(states: String, rows: String, folder: String, tool: String) {
    self.states = states
    self.rows = rows
    self.folder = folder
    self.tool = tool
  }

  package struct Summary: Sendable {
    package var layers: [Int]
    package var rows: Int
    package var width: Int
    package var notes: [String]
  }

  /// Reads headers, checks that everything fits, then copies rows of all layers at a time, as many as
  /// one layer has numbers for. Goes on with an import that was interrupted.
  package func run(_ context: JobContext) throws -> Summary {
    var (runRows, notes) = try readRows()
    let arrays = try ImportedArrays(self, rows: runRows.count)
    notes += arrays.notes
    try context.checkpoint()
    let manifest = try manifest(arrays, runRows)
    notes += precisionNotes(arrays)
    var summary = Summary(
      layers: manifest.layers, rows: manifest.rows, width: manifest.width, notes: notes)
    if try Run.finished(folder, as: manifest) != nil {
      summary.notes.append("\(folder) holds this run already; nothing was done.")
      return summary
    }
    let writer = try RunWriter(folder: folder, manifest: manifest)
    do {
      try copy(arrays, into: writer, context)
    } catch let failure as Failure where failure.kind != .cannotWrite {
      // What is wrong with the states stays wrong: there is nothing to go on with.
      writer.abandon()
      throw failure
    }
    try writer.finish(runRows)
    return summary
  }

  // MARK: Rows

  private func readRows() throws(Failure) -> ([RunRow], notes: [String]) {
    // With names of its columns it is a concept file, whatever they are.
    if columns == ConceptColumns() {
      let table = try TextTable(contentsOf: rows, wanted: ["text", "concept"])
      if table.index(of: "text") != nil, table.index(of: "concept") != nil {
        return (try RunRow.read(rows), [])
      }
    }
    let set = try ConceptSet(contentsOf: rows, columns: columns, requiresConcepts: false)
    let runRows = set.rows.enumerated().map { index, row in
      RunRow(
        row: index, text: row.text, concept: row.concept ?? "", tokens: 0,
        split: row.split?.rawValue, prompt: row.turns.isEmpty ? row.prompt : row.foldKey)
    }
    return (runRows, set.notes)
  }

  // MARK: What is written down

  private func manifest(_ arrays: ImportedArrays, _ rows: [RunRow]) throws(Failure) -> RunManifest {
    let isOfTokens = rows.contains { $0.token != nil }
    var manifest = RunManifest(
      tool: tool, model: modelName ?? Self.name(of: states), modelSHA256: "",
      concepts: self.rows, conceptsSHA256: try sha256(ofFile: self.rows), columns: columns.recipe,
      template: templateName.flatMap { .init(rawValue: $0) } ?? .plain,
      position: isOfTokens ? .all : position ?? .last, maxTokens: 0,
      layers: arrays.layers.map(\.number), rows: rows.count, width: arrays.layers[0].width,
      dtype: arrays.layers.allSatisfy { $0.entry.type?.kind == .float16 } ? .float16 : .float32)
    manifest.states = states
    manifest.statesSHA256 = try hash(arrays.paths)
    manifest.templateName = templateName ?? "not told"
    return manifest
  }

  /// Of one file its own hash, of several that of their names and hashes.
  private func hash(_ paths: [String]) throws(Failure) -> String {
    if paths.count == 1, let path = paths.first { return try sha256(ofFile: path) }
    var lines = ""
    for path in paths {
      lines += "\(try sha256(ofFile: path))  \(path.split(separator: "/").last ?? "")\n"
    }
    return try sha256(ofText: lines)
  }

  /// The last part of a path, without its ending.
  private static func name(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let ending = ArrayFile.endings.first { name.hasSuffix($0) }
    return String(name.dropLast(ending?.count ?? 0))
  }

  private func precisionNotes(_ arrays: ImportedArrays) -> [String] {
    let types = arrays.layers.compactMap(\.entry.type)
    var notes: [String] = []
    if types.contains(where: { $0.kind == .float64 }) {
      notes.append("The states are float64; a run keeps them as float32.")
    }
    if types.contains(where: { $0.kind == .uint16 }) {
      notes.append(
        "The states are integers of two bytes; --dtype bfloat16 reads such bytes as bfloat16.")
    }
    return notes
  }

  // MARK: States

  private func copy(
    _ arrays: ImportedArrays, into writer: RunWriter, _ context: JobContext
  ) throws {
    let manifest = writer.manifest
    // An array is opened once, whatever many layers it has; what is deflated is expanded on the disk.
    var opened: [String: StoredArray] = [:]
    var sources: [StoredRows] = []
    for layer in arrays.layers {
      let key = layer.file.path + "\n" + (layer.entry.name ?? "")
      let array = try opened[key] ?? layer.file.array(layer.entry, scratch: folder)
      opened[key] = array
      var places: [Int: Int] = [:]
      for axis in array.shape.indices.dropLast() where axis != layer.rowAxis {
        places[axis] = axis == layer.layerAxis ? layer.place : 0
      }
      sources.append(
        array.rows(
          along: layer.rowAxis, columnsAlong: array.shape.count - 1, at: places))
      try context.checkpoint()
    }
    var progress = JobProgress(completed: 0, total: manifest.rows, unit: "rows")
    let step = max(1, manifest.rows / max(1, sources.count))
    let chunk = sources.map { _ in MutableMatrix(unfilled: step, columns: manifest.width) }
    for first in stride(from: 0, to: manifest.rows, by: step) {
      try context.checkpoint()
      let range = first..<min(first + step, manifest.rows)
      if !writer.isDone(range) {
        for (source, target) in zip(sources, chunk) {
          try source.readFinite(range, into: target.elements)
          source.release()
        }
        try writer.write(chunk, rows: range.count, firstRow: first, tokens: 0, seconds: 0)
      }
      progress.completed = range.upperBound
      context.report(progress)
    }
  }
}
