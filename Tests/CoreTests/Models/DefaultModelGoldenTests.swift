import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import TestSupport
import Testing

/// The default model against transformers' states, logits and greedy ids.
///
/// Runs where `SEER_GOLDEN` names a folder with `smollm2.json` and `smollm2.safetensors` and the
/// model is in the cache: neither is small enough to be committed. `.ci/run` sets it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SEER_GOLDEN"] != nil))
struct DefaultModelGoldenTests {
  struct Golden: Decodable {
    struct Prompt: Decodable {
      let text: String
      let ids: [Int32]
      let topLogits: [[Double]]
      let greedy: [Int32]

      enum CodingKeys: String, CodingKey {
        case text, ids, greedy
        case topLogits = "top_logits"
      }
    }
    let prompts: [Prompt]
  }

  let model: LanguageModel
  let prompts: [Golden.Prompt]
  let states: Safetensors

  init() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["SEER_GOLDEN"])
    model = try LanguageModel(ModelLocator.defaultName)
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/smollm2.json"))
    prompts = try JSONDecoder().decode(Golden.self, from: data).prompts
    states = try Safetensors(path: folder + "/smollm2.safetensors")
  }

  func golden(_ name: String) throws -> Matrix {
    let tensor = try #require(states.tensors[name])
    let matrix = MatrixBuilder(
      rows: tensor.shape.count > 1 ? tensor.shape[0] : 1, columns: tensor.shape.last ?? 0)
    states.read(tensor, count: tensor.count, into: matrix.elements)
    return matrix.frozen()
  }

  @Test func idsAreTheReferences() {
    for prompt in prompts { #expect(model.tokenizer.encode(prompt.text) == prompt.ids) }
  }

  @Test func lastTokenStatesOfEveryLayer() throws {
    let layers = Array(0...model.configuration.blocks)
    for (number, prompt) in prompts.enumerated() {
      let result = try model.transformer.forward(
        Batch([prompt.ids]),
        request: ForwardRequest(
          layers: layers, spans: [prompt.ids.count - 1..<prompt.ids.count],
          logitsAt: [prompt.ids.count - 1]),
        activations: model.activations(tokens: prompt.ids.count))
      let wanted = try golden("prompt.\(number).states")
      for layer in layers {
        let ours = result.states[layer].values(row: 0)
        let theirs = wanted.values(row: layer)
        #expect(relativeDistance(ours, theirs) <= 1e-4, "prompt \(number) layer \(layer)")
        let large = Set(theirs.indices.sorted { abs(theirs[$0]) > abs(theirs[$1]) }.prefix(4))
        let rest = theirs.indices.filter { !large.contains($0) }
        #expect(
          relativeDistance(rest.map { ours[$0] }, rest.map { theirs[$0] }) <= 1e-3,
          "prompt \(number) layer \(layer), four largest coordinates left out")
      }
      let logits = try #require(result.logits).values(row: 0)
      let top = logits.indices.sorted { logits[$0] > logits[$1] }.prefix(10)
      #expect(Array(top) == prompt.topLogits.map { Int($0[0]) }, "prompt \(number)")
    }
  }

  @Test func everyTokenOfTheLongPrompt() throws {
    let number = try #require(prompts.indices.max { prompts[$0].ids.count < prompts[$1].ids.count })
    let ids = prompts[number].ids
    let layers = [1, model.configuration.blocks / 2, model.configuration.blocks]
    let result = try model.transformer.forward(
      Batch([ids]),
      request: ForwardRequest(layers: layers, spans: ids.indices.map { $0..<$0 + 1 }),
      activations: model.activations(tokens: ids.count))
    for (index, layer) in layers.enumerated() {
      let wanted = try golden("prompt.\(number).layer.\(layer)")
      for token in ids.indices {
        let distance = relativeDistance(
          result.states[index].values(row: token), wanted.values(row: token))
        #expect(distance <= 1e-4, "layer \(layer) token \(token)")
      }
    }
  }

  @Test(arguments: [true, false])
  func greedyIds(usesCache: Bool) throws {
    let engine = Engine()
    for (number, prompt) in prompts.enumerated() where usesCache || prompt.ids.count < 100 {
      let options = GenerationOptions(tokens: 24, ignoresStop: true, usesCache: usesCache)
      let generation = try engine.submit("golden", priority: .typing) { [model] context in
        try model.generate(from: prompt.ids, options, context: context)
      }.wait()
      #expect(generation.ids == prompt.greedy, "prompt \(number)")
    }
  }

  @Test func aPackedRowEqualsTheRowAlone() throws {
    let layers = [0, 7, model.configuration.blocks]
    let batch = Batch(prompts.map(\.ids))
    let packed = try model.transformer.forward(
      batch,
      request: ForwardRequest(layers: layers, spans: batch.rows.map { $0.range.suffix(1) }),
      activations: model.activations(tokens: batch.tokens.count))
    for (number, prompt) in prompts.enumerated() {
      let alone = try model.transformer.forward(
        Batch([prompt.ids]),
        request: ForwardRequest(
          layers: layers, spans: [prompt.ids.count - 1..<prompt.ids.count]),
        activations: model.activations(tokens: prompt.ids.count))
      for index in layers.indices {
        let distance = relativeDistance(
          packed.states[index].values(row: number), alone.states[index].values(row: 0))
        #expect(distance <= 1e-5, "prompt \(number) layer \(layers[index])")
      }
    }
  }
}
