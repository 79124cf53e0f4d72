import Foundation
import LinearAlgebra
import SeerFormats
import SeerSupport

/// The held-out rows at the highest target layer, in the same order at every step.
///
/// A training leaves them in its folder, so that it can be watched from another process.
package struct TrainingStates: Sendable {
  package static let name = "clusters.safetensors"

  /// 0: the untouched model.
  package var step: Int
  /// Of the untouched model, (rows, width).
  package var before: Matrix
  /// (rows, width)
  package var states: Matrix
  /// Indices into ``concepts``, one a row.
  package var labels: [Int]
  package var concepts: [String]

  package init(step: Int, before: Matrix, states: Matrix, labels: [Int], concepts: [String]) {
    self.step = step
    self.before = before
    self.states = states
    self.labels = labels
    self.concepts = concepts
  }

  private struct Rows: Codable {
    var step: Int
    var labels: [Int]
    var concepts: [String]
  }

  /// What a training left in its folder; nil where it has left nothing yet.
  ///
  /// Throws where the file is damaged.
  package init?(_ folder: String) throws(Failure) {
    let path = folder + "/" + Self.name
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try Safetensors(path: path)
    guard let text = file.metadata["rows"],
      let rows = try? JSONDecoder().decode(Rows.self, from: Data(text.utf8)),
      rows.labels.allSatisfy(rows.concepts.indices.contains),
      let before = file.tensors["before"], let states = file.tensors["states"],
      before.shape == states.shape, before.shape.count == 2, before.shape[0] == rows.labels.count
    else {
      throw Failure(
        .badData, file: path, found: "other tensors or rows",
        wanted: "`before` and `states` of as many rows as there are labels",
        advice: "Delete it: the training writes it again.")
    }
    func matrix(_ tensor: Safetensors.Tensor) -> Matrix {
      let matrix = MatrixBuilder(unfilled: tensor.shape[0], columns: tensor.shape[1])
      file.read(tensor, count: tensor.count, into: matrix.elements)
      return matrix.frozen()
    }
    self.init(
      step: rows.step, before: matrix(before), states: matrix(states), labels: rows.labels,
      concepts: rows.concepts)
  }

  package func write(_ folder: String) throws(Failure) {
    let rows = Rows(step: step, labels: labels, concepts: concepts)
    guard let text = try? JSONEncoder().encode(rows) else { return }
    let tensors = [("before", before), ("states", states)]
    var bytes = Safetensors.header(
      tensors.map { ($0, .float32, [$1.rows, $1.columns]) },
      metadata: ["rows": String(decoding: text, as: UTF8.self)])
    for (_, matrix) in tensors {
      bytes += UnsafeRawBufferPointer(start: matrix.elements, count: matrix.count * 4)
    }
    try OutputFile.write(bytes, to: folder + "/" + Self.name)
  }
}
