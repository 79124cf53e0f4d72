import Foundation
import SeerRuns

extension RunSource {
  /// What the explorer needs of a run folder.
  package init(_ run: Run) {
    self.init(
      model: Self.name(run.manifest.model), concepts: Self.name(run.manifest.concepts),
      layers: run.manifest.layers, rows: run.rows,
      columns: run.numberColumns().map { ColumnValues(name: $0.name, values: $0.values) },
      states: { try run.states(layer: $0) },
      someStates: { try run.states(layer: $0, rows: $1) },
      products: { try run.products(layer: $0, with: $1) },
      folder: URL(fileURLWithPath: run.folder).standardizedFileURL.path,
      adapter: run.manifest.adapter.map(Self.name),
      reading: "template \(run.manifest.template), position \(run.manifest.position)")
  }

  /// The last part of a path, without an extension that says nothing to a reader.
  package static func name(_ path: String) -> String {
    var name = path.split(separator: "/").last.map(String.init) ?? path
    for ending in [".gguf", ".csv", ".jsonl"] where name.hasSuffix(ending) {
      name.removeLast(ending.count)
    }
    return name
  }
}
