import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Core

/// A merged model gives the states of base + adapter, within the rounding of its weights.
struct MergingTests {
  static let ids: [Int32] = [1, 40, 90, 17, 222, 301, 8]
  let folder: TemporaryFolder
  let base: LanguageModel
  let adapter: Adapter

  init() throws {
    folder = try TemporaryFolder()
    let path = try folder.write(TinyLlama.builder(.f32).bytes, to: "base.gguf")
    base = try LanguageModel(path)
    var generator = SeededGenerator(seed: 9)
    adapter = Adapter(
      starting: LoRAConfiguration(
        rank: 2, alpha: 4, dropout: 0, targets: LoRATarget.allCases, blocks: [0, 2]),
      base.configuration, using: &generator)
    for block in [0, 2] {
      for target in LoRATarget.allCases {
        guard let pair = adapter.pair(block: block, target) else { continue }
        for index in 0..<pair.b.count { pair.b.elements[index] = 0.2 * generator.normal() }
      }
    }
    try AdapterFile.write(adapter, to: folder("adapter"), model: path)
  }

  func merged(_ name: String, _ type: Merging.WeightType = .f16) throws -> LanguageModel {
    var merging = Merging(
      model: folder("base.gguf"), adapter: folder("adapter"), output: folder(name))
    merging.type = type
    let job = merging
    try Engine().submit("merge", priority: .map) { try job.run($0) }.wait()
    return try LanguageModel(folder(name))
  }

  func states(_ model: LanguageModel, _ adapter: Adapter? = nil) throws -> [[Float]] {
    try model.transformer.forward(
      Batch([Self.ids]), adapter: adapter,
      request: ForwardRequest(
        layers: TinyLlama.allLayers, spans: Self.ids.indices.map { $0..<$0 + 1 }),
      activations: model.activations(tokens: Self.ids.count)
    ).states.map(\.values)
  }

  func expectClose(_ ours: [[Float]], _ wanted: [[Float]], _ tolerance: Double) {
    for layer in TinyLlama.allLayers {
      #expect(relativeDistance(ours[layer], wanted[layer]) <= tolerance, "layer \(layer)")
    }
  }

  @Test func theAdapterChangesTheStates() throws {
    let plain = try states(base)
    let tuned = try states(base, adapter)
    #expect(tuned[0] == plain[0])
    #expect(relativeDistance(tuned[3], plain[3]) > 0.05)
  }

  @Test(arguments: [(Merging.WeightType.f16, 2e-3), (.q8_0, 2e-2)])
  func asGGUF(type: Merging.WeightType, tolerance: Double) throws {
    let model = try merged("merged.gguf", type)
    expectClose(try states(model), try states(base, adapter), tolerance)
    #expect(model.configuration == base.configuration)
    #expect(model.tokenizer.count == base.tokenizer.count)
    #expect(model.chatTemplate.family == base.chatTemplate.family)
    let text = "the red sky<|im_end|> 12"
    #expect(model.tokenizer.encode(text) == base.tokenizer.encode(text))
    #expect(try names(inFolder: folder.path) == ["adapter", "base.gguf", "merged.gguf"])
  }

  @Test func asSafetensors() throws {
    var merging = Merging(
      model: folder("base.gguf"), adapter: folder("adapter"), output: folder("merged"))
    merging.type = .f16
    let job = merging
    try Engine().submit("merge", priority: .map) { try job.run($0) }.wait()
    let file = try Safetensors(path: folder("merged/model.safetensors"))
    let weights = MergedWeights(model: base.transformer, adapter: adapter).weights
    for weight in weights {
      let tensor = try #require(file.tensors[weight.huggingFace], "\(weight.huggingFace)")
      // The family of the tiny model has a tensor for each projection.
      let part = try #require(weight.parts.count == 1 ? weight.parts.first : nil)
      #expect(tensor.shape == [part.matrix.rows, part.matrix.columns])
      let stored = Matrix(rows: part.matrix.rows, columns: part.matrix.columns)
      file.read(tensor, count: stored.count, into: stored.elements)
      // What the weight ought to be, computed without the merging's own code.
      let wanted = Matrix(rows: stored.rows, columns: stored.columns)
      for row in 0..<wanted.rows { part.matrix.expand(row: row, into: wanted.row(row)) }
      if let block = weight.block, let target = part.target,
        let pair = adapter.pair(block: block, target)
      {
        for row in 0..<wanted.rows {
          for column in 0..<wanted.columns {
            for k in 0..<2 {
              let a = pair.a[k * pair.inputs + column]
              wanted.row(row)[column] += adapter.scale * pair.b.row(row)[k] * a
            }
          }
        }
      }
      #expect(relativeDistance(stored.values, wanted.values) <= 1e-3, "\(weight.huggingFace)")
    }
    #expect(try names(inFolder: folder("merged")).contains("config.json"))
  }

  @Test func quantisedSafetensorsAreRefused() throws {
    var merging = Merging(
      model: folder("base.gguf"), adapter: folder("adapter"), output: folder("merged"))
    merging.type = .q8_0
    let job = merging
    let failure = try #require(
      thrownFailure { try Engine().submit("merge", priority: .map) { try job.run($0) }.wait() })
    failure.expect(.usage, place: "--type", found: "q8_0", wanted: "f16")
  }
}
