import Foundation
import SeerFormats
import SeerProjection
import SeerSupport

/// What an interrupted projection goes on from: a safetensors file beside the output, with the numbers of
/// a ``MapMoment`` and, in its metadata, what the map is made of. It is gone once the output is there.
struct ProjectionCheckpoint: Sendable {
  let path: String
  let recipe: Recipe

  /// All that must be equal for a map that is gone on with to be the same map.
  struct Recipe: Codable, Equatable, Sendable {
    var tool: String
    var method: String
    var seed: UInt64
    var options: [String: String]
    var rows: Int
    var columns: Int
    var statesSHA256: String
    /// Of rows and names; nil where the map does not look at concepts.
    var conceptsSHA256: String?
  }

  /// Where that of a map's file lies.
  static func path(beside output: String) -> String { output + ".checkpoint" }

  func write(_ moment: MapMoment) throws(Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let recipe = try? encoder.encode(recipe) else {
      throw Failure(.software, found: "a checkpoint that JSON cannot hold")
    }
    var bytes = Safetensors.header(
      moment.values.map { ($0.name, .float32, [$0.numbers.count]) },
      metadata: [
        "iteration": "\(moment.iteration)", "recipe": String(decoding: recipe, as: UTF8.self),
      ])
    for values in moment.values { values.numbers.withUnsafeBytes { bytes += $0 } }
    try OutputFile.write(bytes, to: path)
  }

  /// Where a run of the same recipe stopped; nil without one.
  func read() throws(Failure) -> MapMoment? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try Safetensors(path: path)
    guard let iteration = file.metadata["iteration"].flatMap({ Int($0) }),
      let text = file.metadata["recipe"],
      let found = try? JSONDecoder().decode(Recipe.self, from: Data(text.utf8))
    else { throw other("no checkpoint of a projection") }
    guard found == recipe else { throw other("the checkpoint of another projection") }
    let tensors = file.tensors.sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }
    return MapMoment(
      iteration: iteration,
      values: tensors.map { name, tensor in
        var numbers = [Float](repeating: 0, count: tensor.count)
        numbers.withUnsafeMutableBufferPointer {
          if let base = $0.baseAddress { file.read(tensor, count: tensor.count, into: base) }
        }
        return MapMoment.Values(name, numbers)
      })
  }

  private func other(_ found: String) -> Failure {
    Failure(
      .badData, file: path, found: found, wanted: "that of this one: the same options and states",
      advice: "Give the options it was begun with, or delete it to begin afresh.")
  }
}
