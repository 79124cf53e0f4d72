import Foundation
import LinearAlgebra
import SeerFormats
import SeerSupport

/// One row of a run's `rows.csv`.
package struct RunRow: Equatable, Sendable {
  /// The row of the concept file, from 0.
  package var row: Int
  package var text: String
  package var concept: String
  /// How many tokens the row's text has (after `--max-tokens`).
  package var tokens: Int
  package var split: String?
  /// The row's prompt without its response; nil in runs of 0.1, which do not say.
  package var prompt: String?
  /// The token's text, with position `all`.
  package var token: String?

  package init(
    row: Int, text: String, concept: String, tokens: Int, split: String? = nil,
    prompt: String? = nil, token: String? = nil
  ) {
    self.row = row
    self.text = text
    self.concept = concept
    self.tokens = tokens
    self.split = split
    self.prompt = prompt
    self.token = token
  }

  /// What rows that must not part in folds have in common: their prompt, or their text where that
  /// is empty or not known.
  package var foldKey: String { prompt.flatMap { $0.isEmpty ? nil : $0 } ?? text }
}

/// A finished run folder, opened read-only with its states memory-mapped.
///
/// A run folder holds, in the order they are completed:
/// 1. `states.safetensors`: tensor `states`, (layers, rows, width), float32 or float16;
/// 2. `routing.safetensors`, where routing was asked for: tensors `experts`, int32, and `weights`,
///    float32, both (layers with a router, rows, experts a token), the largest weight first;
/// 3. `rows.csv`: `row,text,concept,tokens,split,prompt` and, with position `all`, `token`;
/// 4. `run.json`: the ``RunManifest``. A folder without it is not a finished run.
package struct Run: Sendable {
  package let folder: String
  package let manifest: RunManifest
  package let rows: [RunRow]
  package let file: Safetensors
  package let tensor: Safetensors.Tensor
  /// Which experts the rows went to, where the run keeps it.
  package let routing: RunRouting?

  package static let manifestName = "run.json"
  static let statesName = "states.safetensors"
  static let routingName = "routing.safetensors"
  package static let rowsName = "rows.csv"

  /// The files of a run.
  package static func files(_ folder: String) -> [String] {
    [manifestName, statesName, routingName, rowsName].map { folder + "/" + $0 }
  }

  package static func open(_ folder: String) throws(Failure) -> Run { try Run(folder: folder) }

  package init(folder: String) throws(Failure) {
    self.folder = folder
    manifest = try Self.readManifest(folder)
    let path = folder + "/" + Self.statesName
    file = try Safetensors(path: path)
    guard let tensor = file.tensors["states"] else {
      throw Failure(
        .badData, file: path, found: "no tensor named states", wanted: "one",
        advice: "Extract the run again.")
    }
    let shape = [manifest.layers.count, manifest.rows, manifest.width]
    guard tensor.shape == shape else {
      throw Failure(
        .badData, file: path, place: "tensor states", found: "shape \(tensor.shape)",
        wanted: "\(shape), as run.json has it", advice: "Extract the run again.")
    }
    guard tensor.dataType == manifest.dtype.dataType else {
      throw Failure(
        .badData, file: path, place: "tensor states", found: "dtype \(tensor.dataType.rawValue)",
        wanted: "\(manifest.dtype), as run.json has it", advice: "Extract the run again.")
    }
    self.tensor = tensor
    let rowCount = manifest.rows
    routing = try manifest.routing.map { recipe throws(Failure) in
      try RunRouting(folder: folder, recipe, rows: rowCount)
    }
    // Of a shard without a batch only the header is there.
    rows = manifest.rows == 0 ? [] : try RunRow.read(folder + "/" + Self.rowsName)
    guard rows.count == manifest.rows else {
      throw Failure(
        .badData, file: folder + "/" + Self.rowsName, found: "\(rows.count) rows",
        wanted: "\(manifest.rows), as run.json has it", advice: "Extract the run again.")
    }
  }

  static func readManifest(_ folder: String) throws(Failure) -> RunManifest {
    let path = folder + "/" + Self.manifestName
    guard FileManager.default.fileExists(atPath: path) else {
      let unfinished = FileManager.default.fileExists(atPath: folder + "/" + RunWriter.recipeName)
      throw Failure(
        .missingInput, file: path, found: unfinished ? "an unfinished run" : "nothing there",
        wanted: "a run folder",
        advice: unfinished
          ? "Give the same seer extract command again to finish it."
          : "Make one with seer extract.")
    }
    let file = try MappedFile(path: path)
    do {
      let manifest = try JSONDecoder().decode(RunManifest.self, from: file.data)
      guard manifest.format == RunManifest.currentFormat else {
        throw Failure(
          .badData, file: path, place: "format", found: "\(manifest.format)",
          wanted: "\(RunManifest.currentFormat)",
          advice: "The run was written by another version of seer: extract it again.")
      }
      guard manifest.layers == manifest.layers.sorted(), let first = manifest.layers.first,
        first >= 0, Set(manifest.layers).count == manifest.layers.count, manifest.rows >= 0,
        manifest.width > 0
      else {
        throw Failure(
          .badData, file: path, place: "layers, rows, width",
          found: "\(manifest.layers), \(manifest.rows), \(manifest.width)",
          wanted: "ascending layers and sizes above 0", advice: "Extract the run again.")
      }
      if let routing = manifest.routing, !routing.isSound(layers: manifest.layers) {
        throw Failure(
          .badData, file: path, place: "routing",
          found: "layers \(routing.layers), \(routing.used) of \(routing.experts) experts",
          wanted: "layers of the run, and at most as many experts a token as there are",
          advice: "Extract the run again.")
      }
      return manifest
    } catch var failure as Failure {
      if failure.file == nil { failure.file = path }
      throw failure
    } catch {
      throw Failure(
        .badData, file: path, found: "JSON that is not a run's: \(Self.reason(error))",
        wanted: "the keys that seer extract writes", advice: "Extract the run again.")
    }
  }

  /// The manifest of a finished run of the same recipe in a folder, nil where it has none; throws for
  /// another run.
  static func finished(_ folder: String, as manifest: RunManifest) throws(Failure) -> RunManifest? {
    guard FileManager.default.fileExists(atPath: folder + "/" + manifestName) else { return nil }
    var found = try readManifest(folder)
    // Runs of 0.1 do not say it.
    if found.batchTokens == nil { found.batchTokens = manifest.batchTokens }
    let differences = found.differences(from: manifest)
    guard differences.isEmpty else {
      throw Failure(
        .cannotWrite, file: folder,
        found: "another run, which differs in \(differences.joined(separator: ", "))",
        wanted: "an empty or new folder", advice: "Choose another folder, or delete this one.")
    }
    return found
  }

  package static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "unreadable" }
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        .joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, _): return "no key \(key.stringValue)"
    case .typeMismatch(_, let context): return "a wrong type at \(path(context))"
    case .valueNotFound(_, let context): return "no value at \(path(context))"
    default: return "not JSON"
    }
  }

  /// A float32 copy of one layer's states, (rows, width).
  ///
  /// Throws when the run does not hold the layer.
  package func states(layer: Int) throws(Failure) -> Matrix {
    let index = try index(ofLayer: layer)
    let matrix = MatrixBuilder(unfilled: manifest.rows, columns: manifest.width)
    Parallel.ranges(of: manifest.rows, grain: 256) { range in
      file.read(
        tensor, from: (index * manifest.rows + range.lowerBound) * manifest.width,
        count: range.count * manifest.width, into: matrix.row(range.lowerBound))
    }
    return matrix.frozen()
  }

  /// The place of a layer among those that the run holds.
  package func index(ofLayer layer: Int) throws(Failure) -> Int {
    guard let index = manifest.layers.firstIndex(of: layer) else {
      throw Failure(
        .usage, file: folder, place: "layer", found: "\(layer)",
        wanted: "one of \(Self.described(manifest.layers))")
    }
    return index
  }

  /// Ascending layers as words: `0 to 30`; `3, 4, 8, 12 to 16`.
  package static func described(_ layers: [Int]) -> String {
    var spans: [ClosedRange<Int>] = []
    for layer in layers {
      if let last = spans.last, layer == last.upperBound + 1 {
        spans[spans.count - 1] = last.lowerBound...layer
      } else {
        spans.append(layer...layer)
      }
    }
    let parts = spans.flatMap { span in
      span.count < 3 ? span.map { "\($0)" } : ["\(span.lowerBound) to \(span.upperBound)"]
    }
    return parts.isEmpty ? "none" : parts.joined(separator: ", ")
  }
}
