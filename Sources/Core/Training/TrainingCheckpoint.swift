import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers

/// What an interrupted training goes on from: one safetensors file with the adapter, both moments
/// of AdamW, the adapters' mean and the best one so far; the rest is in its metadata. Batches and dropout are
/// functions of seed and step, so there is no random state to keep.
package struct TrainingCheckpoint {
  package static let name = "checkpoint.safetensors"

  /// Steps done.
  package var step: Int
  package var best: HeldOutFigures?
  var bestStep: Int

  /// Everything that must be equal for a resumed run to be the same run.
  package struct Recipe: Codable, Equatable {
    package var tool: String
    package var modelSHA256: String
    package var conceptsSHA256: String
    var retainSHA256: String?
    /// Options by which the files were read; nil for the usual ones.
    var columns: [String: String]?
    package var template: String
    /// What the user gave of the chat template, where it can change the text.
    package var templateSHA256: String?
    package var templateArguments: [String: String]?
    package var templateDate: String?
    /// How exactly the model multiplied; nil in older ones, which are all exact.
    package var precision: Precision?
    /// What a fast model multiplied on (``Precision/products``).
    package var fastProducts: String?
    package var seed: UInt64
    package var preset: TrainingPreset

    /// The same together.
    var chat: ChatRecord {
      get {
        ChatRecord(
          fileSHA256: templateSHA256, arguments: templateArguments, date: templateDate)
      }
      set {
        (templateSHA256, templateArguments, templateDate) = (
          newValue.fileSHA256, newValue.arguments, newValue.date
        )
      }
    }

    package func differences(from other: Recipe) -> [String] {
      var keys: [String] = []
      if tool != other.tool { keys.append("tool (\(tool))") }
      if modelSHA256 != other.modelSHA256 { keys.append("model") }
      if conceptsSHA256 != other.conceptsSHA256 { keys.append("concepts") }
      if retainSHA256 != other.retainSHA256 { keys.append("retain") }
      if columns != other.columns { keys.append("columns or messages") }
      if template != other.template { keys.append("template (\(template))") }
      if templateSHA256 != other.templateSHA256 { keys.append("template file") }
      if templateArguments != other.templateArguments { keys.append("template arguments") }
      if templateDate != other.templateDate { keys.append("date (\(templateDate ?? "none"))") }
      if precision ?? .exact != other.precision ?? .exact {
        keys.append("precision (\((precision ?? .exact).rawValue))")
      } else if fastProducts != other.fastProducts {
        keys.append("fast products (\(fastProducts ?? "none"))")
      }
      if seed != other.seed { keys.append("seed (\(seed))") }
      if preset != other.preset { keys.append("preset or options") }
      return keys
    }
  }

  package static func exists(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/" + name)
  }

  /// The adapters of a training that a checkpoint holds.
  package struct Adapters {
    /// That of the last step.
    package let last: Adapter
    /// The running mean of them, where there is one; else the same as `last`.
    package let mean: Adapter
    package let best: Adapter
  }

  package func write(
    _ folder: String, recipe: Recipe, adapters: Adapters, optimizer: AdamW
  ) throws(Failure) {
    var metadata = ["step": "\(step)", "best_step": "\(bestStep)"]
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      metadata["recipe"] = String(decoding: try encoder.encode(recipe), as: UTF8.self)
      if let best { metadata["best"] = String(decoding: try encoder.encode(best), as: UTF8.self) }
    } catch {
      throw Failure(.software, found: "a checkpoint that JSON cannot hold")
    }
    let groups = Self.groups(adapters, optimizer)
    var bytes = Safetensors.header(
      groups.map { ($0.name, .float32, [$0.matrix.rows, $0.matrix.columns]) },
      metadata: metadata)
    for group in groups {
      bytes += UnsafeRawBufferPointer(
        start: group.matrix.elements, count: group.matrix.count * 4)
    }
    try OutputFile.write(bytes, to: folder + "/" + Self.name)
  }

  /// Reads a checkpoint into the given matrices; refuses another recipe's, naming the difference.
  package init(
    _ folder: String, recipe: Recipe, adapters: Adapters, optimizer: AdamW
  ) throws(Failure) {
    let file = try Safetensors(path: folder + "/" + Self.name)
    func bad(_ place: String, _ found: String, _ wanted: String) -> Failure {
      Failure(
        .badData, file: file.file.path, place: place, found: found, wanted: wanted,
        advice: "Start again in another folder.")
    }
    func value<T: Decodable>(_ type: T.Type, _ key: String) -> T? {
      file.metadata[key].flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
    }
    guard let step = value(Int.self, "step"), let bestStep = value(Int.self, "best_step"),
      let found = value(Recipe.self, "recipe"), step >= 0
    else { throw bad("metadata", "no step and recipe", "those of a checkpoint") }
    let differences = found.differences(from: recipe)
    guard differences.isEmpty else {
      throw Failure(
        .usage, file: file.file.path, place: "--resume",
        found: "a training that differs in \(differences.joined(separator: ", "))",
        wanted: "the same recipe", advice: "Give the options it was started with.")
    }
    self.step = step
    self.bestStep = bestStep
    best = value(HeldOutFigures.self, "best")
    for group in Self.groups(adapters, optimizer) {
      guard let tensor = file.tensors[group.name],
        tensor.shape == [group.matrix.rows, group.matrix.columns]
      else { throw bad("tensor \(group.name)", "another shape or nothing", "the adapter's") }
      file.read(tensor, count: tensor.count, into: group.matrix.elements)
    }
    optimizer.step = step
  }

  package init(step: Int, best: HeldOutFigures?, bestStep: Int) {
    self.step = step
    self.best = best
    self.bestStep = bestStep
  }

  /// Gives every rank what the first has read.
  package mutating func spread(
    _ adapters: Adapters, _ optimizer: AdamW, _ ranks: any RankGroup, checkpoint: () throws -> Void
  ) throws {
    guard ranks.count > 1 else { return }
    let shared = Shared(step: step, bestStep: bestStep, best: best)
    let all = try ranks.all(Array(JSONEncoder().encode(shared)), checkpoint: checkpoint)
    let first = try JSONDecoder().decode(Shared.self, from: Data(all[0]))
    (step, bestStep, best) = (first.step, first.bestStep, first.best)
    optimizer.step = step
    for (_, matrix) in Self.groups(adapters, optimizer) {
      try ranks.spread(matrix.elements, count: matrix.count, checkpoint: checkpoint)
    }
  }

  private struct Shared: Codable {
    let step: Int
    let bestStep: Int
    let best: HeldOutFigures?
  }

  private static func groups(
    _ adapters: Adapters, _ optimizer: AdamW
  ) -> [(name: String, matrix: MutableMatrix)] {
    var parts: [(String, [MutableMatrix])] = [
      ("adapter", adapters.last.parameters), ("first", optimizer.first),
      ("second", optimizer.second), ("best", adapters.best.parameters),
    ]
    if adapters.mean !== adapters.last { parts.append(("mean", adapters.mean.parameters)) }
    return parts.flatMap { name, matrices in
      matrices.enumerated().map { ("\(name).\($0)", $1) }
    }
  }
}
