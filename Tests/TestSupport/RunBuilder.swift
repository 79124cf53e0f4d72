import Foundation
import LinearAlgebra

/// Writes run folders whose states are made up.
package struct RunBuilder {
  package struct Row {
    package var text: String
    package var concept: String
    package var split: String
    /// The text where nil.
    package var prompt: String?

    package init(text: String, concept: String, split: String = "", prompt: String? = nil) {
      self.text = text
      self.concept = concept
      self.split = split
      self.prompt = prompt
    }
  }

  package var rows: [Row]
  package var layers = [0, 1, 2]
  package var width = 8
  package var model = "made-up"
  package var adapter: String?
  package var position = "last"
  /// Runs of 0.1 do not say their rows' prompts.
  package var hasPrompts = true
  package var state: (_ layer: Int, _ row: Int, _ column: Int) -> Float
  package var routing: Routing?

  /// The experts that rows go to; weights are made up.
  package struct Routing {
    package var layers: [Int]
    package var experts: Int
    /// Equally many for every row.
    package var ids: (_ layer: Int, _ row: Int) -> [Int32]

    package init(
      layers: [Int], experts: Int, ids: @escaping (_ layer: Int, _ row: Int) -> [Int32]
    ) {
      (self.layers, self.experts, self.ids) = (layers, experts, ids)
    }
  }

  package init(
    rows: [Row], state: @escaping (_ layer: Int, _ row: Int, _ column: Int) -> Float
  ) {
    self.rows = rows
    self.state = state
  }

  /// `perConcept` rows of each concept, noise around a mean of its own in a column of its own at
  /// `distance` times the layer; every third row is a test row.
  package static func clusters(
    concepts: [String] = ["bias", "honesty", "violence"], perConcept: Int = 16,
    distance: Float = 3, seed: UInt64 = 1, hasSplit: Bool = true
  ) -> RunBuilder {
    let count = concepts.count * perConcept
    let rows = (0..<count).map { row in
      Row(
        text: "text \(row), \"quoted\"", concept: concepts[row % concepts.count],
        split: hasSplit ? (row / concepts.count % 3 == 2 ? "test" : "train") : "")
    }
    return RunBuilder(rows: rows) { layer, row, column in
      var random = SeededGenerator(seed: seed &+ UInt64(layer * 1_000_003 + row * 1009 + column))
      let own = column == row % concepts.count ? distance * Float(layer) : 0
      return random.normal() + own
    }
  }

  /// Writes two runs of the same rows, `base` and `tuned`: concepts mixed, then apart.
  package static func writePair(into folder: TemporaryFolder) throws {
    try clusters(distance: 0.3).write(to: folder("base"))
    var tuned = clusters(distance: 3)
    tuned.adapter = "adapter"
    try tuned.write(to: folder("tuned"))
  }

  /// Writes the folder and returns its path.
  @discardableResult
  package func write(to path: String) throws -> String {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var values: [Float] = []
    for layer in layers {
      for row in rows.indices { values += (0..<width).map { state(layer, row, $0) } }
    }
    let shape = [layers.count, rows.count, width]
    let header =
      "{\"states\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[0,\(values.count * 4)]}}"
    let states = little(UInt64(header.utf8.count)) + Array(header.utf8) + floatBytes(values)
    try Data(states).write(to: URL(fileURLWithPath: path + "/states.safetensors"))
    func quoted(_ text: String) -> String { "\"" + text.replacing("\"", with: "\"\"") + "\"" }
    var table = "row,text,concept,tokens,split\(hasPrompts ? ",prompt" : "")\n"
    for (index, row) in rows.enumerated() {
      table += "\(index),\(quoted(row.text)),\(row.concept),3,\(row.split)"
      table += hasPrompts ? ",\(quoted(row.prompt ?? row.text))\n" : "\n"
    }
    try Data(table.utf8).write(to: URL(fileURLWithPath: path + "/rows.csv"))
    var manifest: [String: Any] = [
      "format": 1, "tool": "seer test", "model": model, "model_sha256": "0123",
      "concepts":
        "concepts.csv", "concepts_sha256": "4567", "template": "plain", "position": position,
      "max_tokens": 512, "layers": layers, "rows": rows.count, "width": width,
      "dtype": "float32",
    ]
    if let adapter {
      manifest["adapter"] = adapter
      manifest["adapter_sha256"] = "89ab"
    }
    if let routing { manifest["routing"] = try write(routing, to: path) }
    try JSONSerialization.data(withJSONObject: manifest, options: [.sortedKeys]).write(
      to: URL(fileURLWithPath: path + "/run.json"))
    return path
  }

  /// Writes the routing and returns what run.json says of it.
  private func write(_ routing: Routing, to path: String) throws -> [String: Any] {
    let used = routing.ids(routing.layers[0], 0).count
    let ids = routing.layers.flatMap { layer in
      rows.indices.flatMap { routing.ids(layer, $0) }
    }
    let weights = ids.indices.map { 1 / Float(2 + $0 % used) }
    let shape = [routing.layers.count, rows.count, used]
    let size = ids.count * 4
    let header =
      "{\"experts\":{\"dtype\":\"I32\",\"shape\":\(shape),\"data_offsets\":[0,\(size)]},"
      + "\"weights\":{\"dtype\":\"F32\",\"shape\":\(shape),"
      + "\"data_offsets\":[\(size),\(2 * size)]}}"
    let bytes =
      little(UInt64(header.utf8.count)) + Array(header.utf8) + ids.flatMap { little($0) }
      + floatBytes(weights)
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/routing.safetensors"))
    return ["layers": routing.layers, "experts": routing.experts, "experts_per_token": used]
  }
}
