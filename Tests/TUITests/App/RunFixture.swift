import Foundation
import LinearAlgebra
import TestSupport

/// A run folder written byte by byte: the layout is the contract's, not our writer's.
struct RunFixture {
  let folder: String

  /// - Parameter perConcept: rows of each of three concepts, in three clusters.
  init(layers: Int = 5, perConcept: Int = 12, width: Int = 8) throws {
    let rows = 3 * perConcept
    folder = NSTemporaryDirectory() + "seer-run-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let names = ["violence", "honesty", "everyday"]
    var csv = "row,text,concept,tokens,split,prompt\n"
    for row in 0..<rows {
      csv +=
        "\(row),\"The text of row \(row), in full.\",\(names[row % 3]),7,train,Tell me of \(row).\n"
    }
    try write(Data(csv.utf8), "rows.csv")

    var states = Data()
    var generator = SeededGenerator(seed: 7)
    for layer in 0..<layers {
      for row in 0..<rows {
        for column in 0..<width {
          let center: Float = column == row % 3 ? 4 + Float(layer) : 0
          var value = center + generator.normal()
          states.append(Data(bytes: &value, count: 4))
        }
      }
    }
    var header =
      "{\"states\":{\"dtype\":\"F32\",\"shape\":[\(layers),\(rows),\(width)],"
      + "\"data_offsets\":[0,\(states.count)]}}"
    while header.utf8.count % 8 != 0 { header += " " }
    var length = UInt64(header.utf8.count).littleEndian
    try write(Data(bytes: &length, count: 8) + Data(header.utf8) + states, "states.safetensors")

    let manifest: [String: Any] = [
      "format": 1, "tool": "seer test", "model": "tiny.gguf", "model_sha256": "0",
      "concepts": "three.csv", "concepts_sha256": "0", "template": "plain", "position": "last",
      "max_tokens": 512, "layers": Array(0..<layers), "rows": rows, "width": width,
      "dtype": "float32",
    ]
    try write(JSONSerialization.data(withJSONObject: manifest), "run.json")
  }

  private func write(_ data: Data, _ name: String) throws {
    try data.write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
