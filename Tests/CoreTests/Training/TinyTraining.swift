import Foundation
import SeerModels
import SeerSupport
import SeerTraining
import TestSupport
import Testing

/// A training of the tiny model that takes a moment, with its files in a folder of its own.
struct TinyTraining {
  /// What stops a training at a checkpoint as a signal does: nothing is saved any more.
  struct Killed: Error {}

  let folder: TemporaryFolder
  var preset: TrainingPreset
  var seed: UInt64 = 5
  var precision = Precision.exact
  var model = Fixtures.tinyModel
  var retain: String?

  static let words = [
    "red", "sky", "you", "and", "green", "reading", "assistant", "on", "the", "I",
  ]

  /// Rows of three concepts, two rows of each prompt's length, some with a response.
  static func concepts(rows: Int = 8, names: [String] = ["blue", "green", "red"]) -> String {
    var text = "prompt,response,value\n"
    for row in 0..<rows {
      for (place, name) in names.enumerated() {
        let start = (row * 3 + place * 5) % words.count
        let prompt = (0...(row % 4 + 1)).map { words[(start + $0 * (place + 1)) % words.count] }
        let response = row % 3 == 0 ? "" : "\(name) it is \(row)"
        text += "\(prompt.joined(separator: " ")) \(row),\(response),\(name)\n"
      }
    }
    return text
  }

  static func retainRows(_ count: Int = 11) -> String {
    "prompt,response\n"
      + (0..<count).map { row in
        "tell me \(words[row % words.count]),\(row % 2 == 0 ? "is it \(row)?" : "no")\n"
      }.joined()
  }

  init(
    concepts: String = TinyTraining.concepts(), retain: String? = TinyTraining.retainRows(),
    _ change: (inout TrainingPreset) -> Void = { _ in }
  ) throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    try folder.write(concepts, to: "concepts.csv")
    self.retain = try retain.map { try folder.write($0, to: "retain.csv") }
    preset = TrainingPreset(
      objective: Objective(layers: [2]), rank: 2, alpha: 4, dropout: 0.1,
      targets: LoRATarget.allCases, learningRate: 5e-3, schedule: .cosine, warmup: 2,
      weightDecay: 0.01, average: 0.5, clip: 1, batch: 6, retainBatch: 2, steps: 5, maxTokens: 24,
      rowMix: [0.5, 0.25, 0.25], crop: 0, recombine: 0, evaluateEvery: 2, heldOut: 0.2,
      bestWithinKL: 100)
    change(&preset)
  }

  func training(_ name: String = "adapter", resumes: Bool = false) -> Training {
    var training = Training(
      model: model, concepts: folder("concepts.csv"), retain: retain, folder: folder(name),
      preset: preset, tool: "test")
    training.seed = seed
    training.template = .plain
    training.precision = precision
    training.resumes = resumes
    return training
  }

  /// Runs to the end, or until the checkpoint of the given number throws.
  @discardableResult
  func run(
    _ name: String = "adapter", resumes: Bool = false, stoppingAt stop: Int? = nil,
    with error: any Error = Cancelled(), onStep: (TrainingStep) -> Void = { _ in }
  ) throws -> Training.Summary {
    var checkpoints = 0
    return try training(name, resumes: resumes).run(
      checkpoint: {
        checkpoints += 1
        if checkpoints == stop { throw error }
      }, report: { _ in }, onStep: onStep)
  }

  /// How many checkpoints an undisturbed run passes.
  func checkpoints(_ name: String) throws -> Int {
    var count = 0
    _ = try training(name).run(checkpoint: { count += 1 }, report: { _ in })
    return count
  }

  func failure() throws -> Failure { try #require(thrownFailure { try run() }) }

  func contents(_ name: String) throws -> [UInt8] { try bytes(ofFile: folder(name)) }

  /// The log's lines without the column of seconds, which no two runs share.
  func log(_ name: String) throws -> [[String]] {
    let text = String(decoding: try contents(name + "/log.csv"), as: UTF8.self)
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let seconds = try #require(lines.first?.firstIndex(of: "seconds"))
    return lines.map { line in
      line.indices.filter { $0 != seconds }.map { line[$0] }
    }
  }
}
