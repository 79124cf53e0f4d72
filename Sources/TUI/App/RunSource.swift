import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerRuns

/// What the explorer needs of a run.
package struct RunSource: Sendable {
  package var model: String
  package var concepts: String
  package var layers: [Int]
  package var rows: [RunRow]
  /// What else the run has for every row.
  package var columns: [ColumnValues] = []
  /// The states of a layer number: (rows, width).
  package var states: @Sendable (_ layer: Int) throws -> Matrix
  /// Some rows' states, and the products of all of a layer's states with a vector, where the run
  /// can tell them without reading the whole layer.
  var someStates: (@Sendable (_ layer: Int, _ rows: [Int]) throws -> Matrix)?
  package var products: (@Sendable (_ layer: Int, _ vector: [Float]) throws -> [Float])?
  /// The layers, by their numbers, of which it is kept which experts rows went to; ascending.
  package var routedLayers: [Int] = []
  /// The routing of a layer number; nil where there is none.
  package var routing: @Sendable (_ layer: Int) throws -> LayerRouting? = { _ in nil }
  /// The run's name, for messages.
  package var name: String { folder.split(separator: "/").last.map(String.init) ?? model }
  /// The run's folder, as an absolute path; empty for rows from elsewhere.
  package var folder = ""
  /// The adapter's name, where the model had one.
  package var adapter: String?
  /// How rows were read: two runs compare only where it is the same.
  package var reading = ""

  package init(
    model: String, concepts: String, layers: [Int], rows: [RunRow], columns: [ColumnValues] = [],
    states: @escaping @Sendable (_ layer: Int) throws -> Matrix,
    someStates: (@Sendable (_ layer: Int, _ rows: [Int]) throws -> Matrix)? = nil,
    products: (@Sendable (_ layer: Int, _ vector: [Float]) throws -> [Float])? = nil,
    folder: String = "", adapter: String? = nil, reading: String = ""
  ) {
    self.model = model
    self.concepts = concepts
    self.layers = layers
    self.rows = rows
    self.columns = columns
    self.states = states
    self.someStates = someStates
    self.products = products
    self.folder = folder
    self.adapter = adapter
    self.reading = reading
  }
}

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
      reading: "template \(run.manifest.templateTitle), position \(run.manifest.position)")
    routedLayers = run.manifest.routing?.layers ?? []
    routing = { try run.routing?.layer($0) }
  }

  /// A layer's states where they are kept.
  ///
  /// - Parameter norms: the length of every row's state.
  func stored(layer: Int, norms: [Float]) -> StoredStates {
    StoredStates(
      norms: norms,
      rows: { [states, someStates] rows in
        if let someStates { return try someStates(layer, rows) }
        return try states(layer).selecting(rows: rows)
      },
      products: { [states, products] vector in
        if let products { return try products(layer, vector) }
        let all = try states(layer)
        return (0..<all.rows).map { Float(dot(all.row($0), vector, count: vector.count)) }
      })
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

/// A column of numbers beside the rows.
package struct ColumnValues: Equatable, Sendable {
  package var name: String
  /// One for each row; NaN where the cell is empty.
  package var values: [Float]
}
