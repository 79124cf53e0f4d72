import Foundation
import LinearAlgebra
import SeerModels
import SeerSupport
import TestModels
import TestSupport
import Testing

struct BatchDecoderTests {
  struct Stopped: Error {}

  /// Prompts of 1 to 40 tokens.
  static let prompts: [[Int32]] = (0..<9).map { prompt($0, tokens: ($0 * $0) % 40 + 1) }

  static func prompt(_ row: Int, tokens: Int) -> [Int32] {
    (0..<tokens).map { place in
      let id: Int = 10 + (row * 37 + place * 11) % 300
      return Int32(id)
    }
  }

  func single(_ model: LanguageModel, _ adapter: Adapter?, tokens: Int) throws -> [[Int32]] {
    try inJob { context in
      try Self.prompts.map {
        try model.generate(
          from: $0, adapter: adapter, GenerationOptions(tokens: tokens), context: context
        ).ids
      }
    }
  }

  func batched(_ decoder: BatchDecoder) throws -> [[Int32]] {
    var answers = [[Int32]?](repeating: nil, count: Self.prompts.count)
    try decoder.run(Self.prompts, checkpoint: {}) { prompt, ids in
      #expect(answers[prompt] == nil)
      answers[prompt] = ids
    }
    return answers.compactMap { $0 }
  }

  @Test(arguments: [1, 2, 4, 16])
  func answersAreThoseOfOnePromptAtATime(width: Int) throws {
    let model = try TinyLlama.model(.f32)
    let decoder = BatchDecoder(model: model, tokens: 12, width: width)
    #expect(try batched(decoder) == single(model, nil, tokens: 12))
  }

  @Test func anAdapterIsUsed() throws {
    let model = try TinyLlama.model(.f32)
    var generator = SeededGenerator(seed: 4)
    let adapter = Adapter(
      starting: LoRAConfiguration(
        rank: 2, alpha: 8, dropout: 0, targets: LoRATarget.allCases, blocks: [0, 1, 2]),
      model.configuration, using: &generator)
    for block in 0..<3 {
      for target in LoRATarget.allCases {
        guard let pair = adapter.pair(block: block, target) else { continue }
        for index in 0..<pair.b.count { pair.b.elements[index] = 0.3 * generator.normal() }
      }
    }
    let decoder = BatchDecoder(model: model, adapter: adapter, tokens: 8, width: 3)
    let answers = try batched(decoder)
    #expect(try answers == single(model, adapter, tokens: 8))
    #expect(try answers != single(model, nil, tokens: 8))
  }

  @Test func aPromptLongerThanTheWorkingMemoryGoesInPieces() throws {
    let model = try TinyLlama.model(.f32)
    // Together they exceed the tokens of one pass.
    let prompts = (0..<3).map { Self.prompt($0, tokens: 900) }
    var answers = [[Int32]](repeating: [], count: 3)
    try BatchDecoder(model: model, tokens: 3, width: 3).run(prompts, checkpoint: {}) {
      answers[$0] = $1
    }
    var alone = [[Int32]](repeating: [], count: 3)
    for (index, prompt) in prompts.enumerated() {
      try BatchDecoder(model: model, tokens: 3, width: 1).run([prompt], checkpoint: {}) {
        alone[index] = $1
      }
    }
    #expect(answers == alone)
  }

  @Test func itStopsWhereACheckpointSays() throws {
    let model = try TinyLlama.model(.f32)
    var steps = 0
    var answered = 0
    #expect(throws: Stopped.self) {
      try BatchDecoder(model: model, tokens: 4, width: 2).run(
        Self.prompts,
        checkpoint: {
          steps += 1
          if steps == 30 { throw Stopped() }
        }, onAnswer: { _, _ in answered += 1 })
    }
    #expect(answered > 0 && answered < Self.prompts.count)
  }

  @Test func noPromptsNoAnswers() throws {
    try BatchDecoder(model: try TinyLlama.model(.f32), tokens: 4).run([], checkpoint: {}) { _, _ in
      Issue.record("an answer to nothing")
    }
  }
}
