import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerRuns
import SeerTraining
import TestSupport
import Testing

/// What torch computes for the training objectives on the tiny model
/// (Fixtures/Training/make_training.py).
struct TrainingGolden: Decodable {
  struct Row: Decodable {
    let ids: [Int32]
    /// The prompt's tokens; those after are the response's.
    let prompt: Int
    let concept: String

    func span(_ position: Position) -> Range<Int> {
      switch position {
      case .last: ids.count - 1..<ids.count
      case .promptEnd: prompt - 1..<prompt
      case .mean, .all: prompt < ids.count ? prompt..<ids.count : 0..<ids.count
      }
    }
  }

  struct Terms: Decodable {
    let contrastive: Double
    let retain: Double
    let kl: Double
  }

  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let objective: ObjectiveName
    let layers: [Int]
    let positions: [Position]
    let terms: Terms
    let total: Double
    var testDescription: String { name }
  }

  struct Steps: Decodable {
    let learningRate: Double
    let weightDecay: Double
    let clip: Double
    let terms: [Terms]
    let totals: [Double]
    let norms: [Double]

    enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case weightDecay = "weight_decay"
      case clip, terms, totals, norms
    }
  }

  let format: String
  let version: String
  let rank: Int
  let alpha: Double
  let temperature: Double
  let pad: Int32
  let weights: Terms
  let rows: [Row]
  let retain: [Row]
  let cases: [Case]
  let steps: Steps

  static let folder = Fixtures.folder + "/Training"

  static func load() throws -> TrainingGolden {
    let golden = try JSONDecoder().decode(
      TrainingGolden.self, from: Data(bytes(ofFile: folder + "/training.json")))
    try #require(golden.format == "seer training golden" && golden.version == "1")
    return golden
  }

  /// Tensors as the file has them, by name.
  static func tensors(_ name: String = "training.safetensors") throws -> [String: [Float]] {
    let file = try Safetensors(path: folder + "/" + name)
    try #require(file.metadata == ["format": "seer training golden", "version": "1"])
    return file.tensors.mapValues { tensor in
      let matrix = MutableMatrix(rows: 1, columns: tensor.count)
      file.read(tensor, count: tensor.count, into: matrix.elements)
      return matrix.values
    }
  }

  /// Names of the cases, for tests over all of them.
  static let caseNames = [
    "seer.2.last", "seer.3.last", "seer-pair.2.last", "seer-pair.3.last", "seer.3.mean",
    "seer.2+3.prompt-end+last",
  ]

  func testCase(_ name: String) throws -> Case {
    try #require(cases.first { $0.name == name })
  }

  func objective(_ test: Case) -> Objective {
    Objective(
      name: test.objective, temperature: temperature, contrastiveWeight: weights.contrastive,
      retainWeight: weights.retain, klWeight: weights.kl, layers: test.layers,
      positions: test.positions)
  }

  func batch(_ positions: [Position]) -> TrainingBatch {
    let concepts = ["red", "green", "blue"]
    return TrainingBatch(
      rows: rows.enumerated().map { index, row in
        TrainingRow(ids: row.ids, spans: positions.map { row.span($0) }, source: index)
      },
      labels: rows.map { concepts.firstIndex(of: $0.concept) ?? -1 }, retain: retain.map(\.ids))
  }

  /// The adapter whose matrices are `<prefix>/layers.0.self_attn.q_proj.lora_A.weight`, ...
  func adapter(
    _ prefix: String, layers: [Int], in tensors: [String: [Float]], _ c: ModelConfiguration
  ) throws -> Adapter {
    try adapter(prefix, blocks: Array(0..<(layers.max() ?? 0)), in: tensors, c)
  }

  func adapter(
    _ prefix: String, blocks: [Int], in tensors: [String: [Float]], _ c: ModelConfiguration
  ) throws -> Adapter {
    let adapter = Adapter(
      zeros: LoRAConfiguration(rank: rank, alpha: alpha, dropout: 0, blocks: blocks), c)
    for matrix in TrainingGolden.matrices(adapter, c) {
      let values = try #require(tensors["\(prefix)/\(matrix.name)"], "\(prefix)/\(matrix.name)")
      try #require(values.count == matrix.count)
      for (index, value) in values.enumerated() { matrix.elements[index] = value }
    }
    return adapter
  }

  /// Every matrix of an adapter by the reference's name.
  static func matrices(
    _ adapter: Adapter, _ c: ModelConfiguration
  ) -> [(name: String, elements: UnsafeMutablePointer<Float>, count: Int)] {
    adapter.configuration.blocks.flatMap { block in
      c.modules.flatMap {
        module -> [(name: String, elements: UnsafeMutablePointer<Float>, count: Int)] in
        let target = module.targets[0]
        guard let pair = adapter.pair(block: block, target) else { return [] }
        let name = "layers.\(block).\(module.path)"
        let rank = adapter.configuration.rank
        return [
          ("\(name).lora_A.weight", pair.a, rank * target.shape(c).inputs),
          ("\(name).lora_B.weight", pair.b.elements, pair.b.count),
        ]
      }
    }
  }

  static func values(
    _ matrix: (name: String, elements: UnsafeMutablePointer<Float>, count: Int)
  ) -> [Float] {
    Array(UnsafeBufferPointer(start: matrix.elements, count: matrix.count))
  }
}

/// One computed step: the loss terms and the gradients.
struct ComputedLoss {
  let terms: LossTerms
  let gradients: Adapter

  init(
    _ model: LanguageModel, _ objective: Objective, _ batch: TrainingBatch, _ adapter: Adapter,
    pad: Int32, side: Int = 14, memory: Int = 1 << 40, dropoutSeed: UInt64? = nil,
    parts: StepParts = StepParts()
  ) throws {
    let computer = LossComputer(
      model: model.transformer, objective: objective, memory: memory, endOfText: pad, side: side,
      parts: parts, checkpoint: {})
    let sums = PartGradients(parts, like: adapter.configuration, model.configuration)
    gradients = sums.total
    var keys = dropoutSeed.map { SeededGenerator(seed: $0) }
    terms = try computer.gradients(batch, adapter: adapter, into: sums, dropoutKeys: &keys)
  }
}
