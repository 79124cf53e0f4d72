import SeerFormats
import SeerModels
import SeerSupport
import TestModels
import TestSupport
import Testing

/// The Llama family against transformers, on a model small enough to look at everything.
struct LlamaTests {
  @Test(arguments: TinyLlama.types)
  func statesOfEveryLayerAndToken(type: BlockType) throws {
    let model = try TinyLlama.model(type)
    #expect(model.quantization == type.name)
    for (number, prompt) in try TinyLlama.prompts().enumerated() {
      let ours = try model.states(prompt.ids).flatMap { $0 }
      let theirs = try TinyLlama.golden("\(number).states")
      try #require(ours.count == theirs.count)
      for (index, (a, b)) in zip(ours, theirs).enumerated() {
        let (layer, token) = index.quotientAndRemainder(dividingBy: prompt.ids.count)
        #expect(
          relativeDistance(a, b) <= 1e-5, "prompt \(number), layer \(layer), token \(token)")
      }
    }
  }

  @Test(arguments: TinyLlama.types, [true, false])
  func logits(type: BlockType, tied: Bool) throws {
    let model = try TinyLlama.model(type, tied: tied)
    for (number, prompt) in try TinyLlama.prompts().enumerated() {
      let result = try model.transformer.forward(
        Batch([prompt.ids]), request: ForwardRequest(logitsAt: prompt.logitPlaces),
        activations: model.activations(tokens: prompt.ids.count))
      let logits = try #require(result.logits)
      let theirs = try TinyLlama.golden("\(number).logits.\(tied ? "tied" : "untied")")
      for (place, row) in theirs.enumerated() {
        #expect(
          relativeDistance(logits.values(row: place), row) <= 1e-5, "prompt \(number) \(place)")
      }
    }
  }

  @Test(arguments: [true, false], [true, false])
  func greedyIds(usesCache: Bool, tied: Bool) throws {
    let model = try TinyLlama.model(tied: tied)
    let engine = Engine()
    for (number, prompt) in try TinyLlama.prompts().enumerated() {
      let options = GenerationOptions(tokens: 16, ignoresStop: true, usesCache: usesCache)
      let generation = try engine.submit("generate", priority: .typing) { context in
        try model.generate(from: prompt.ids, options, context: context)
      }.wait()
      #expect(
        generation.ids == (tied ? prompt.greedyTied : prompt.greedyUntied), "prompt \(number)")
    }
  }

  @Test func idsAreTheReferences() throws {
    let model = try TinyLlama.model()
    for prompt in try TinyLlama.prompts() {
      #expect(model.tokenizer.encode(prompt.text) == prompt.ids)
    }
  }

  @Test func sizesAreTheFiles() throws {
    let model = try TinyLlama.model()
    let c = model.configuration
    #expect(c.architecture == "llama" && c.blocks == 3 && c.width == 64 && c.feedForward == 96)
    #expect(c.heads == 4 && c.kvHeads == 2 && c.headDimension == 16 && c.vocabulary == 325)
    #expect(c.context == 2048 && c.rope == Rope(base: 50_000, dimension: 16) && c.epsilon == 1e-5)
    let block = 64 * 64 * 2 + 32 * 64 * 2 + 3 * 64 * 96 + 2 * 64
    #expect(model.parameters == 3 * block + 2 * 325 * 64 + 64)
    #expect(try TinyLlama.model(tied: true).parameters == model.parameters - 325 * 64)
  }

  @Test(arguments: [BlockType.f32, .f16, .q4_1, .q8_0])
  func aPackedRowEqualsTheRowAlone(type: BlockType) throws {
    let model = try TinyLlama.model(type)
    // Rows of one token between the others, and one row of two tokens, which alone takes the path
    // that multiplies the stored blocks directly.
    let rows = try TinyLlama.prompts().map(\.ids) + [[5], [7, 9, 11], [5]]
    let batch = Batch(rows)
    let packed = try model.transformer.forward(
      batch,
      request: ForwardRequest(
        layers: TinyLlama.allLayers, spans: batch.tokens.indices.map { $0..<$0 + 1 }),
      activations: model.activations(tokens: batch.tokens.count))
    for (row, place) in zip(rows, batch.rows) {
      let alone = try model.states(row)
      for layer in TinyLlama.allLayers {
        for token in row.indices {
          let ours = packed.states[layer].values(row: place.start + token)
          #expect(relativeDistance(ours, alone[layer][token]) <= 1e-5, "layer \(layer)")
        }
      }
    }
  }

  @Test(arguments: [BlockType.f32, .f16, .bf16, .q4_0, .q4_1, .q8_0], [1, 2, 3])
  func directProductsEqualPanels(type: BlockType, count: Int) throws {
    #expect(count <= directTokenLimit(type))
    let model = try TinyLlama.model(type)
    let ids = Array(try TinyLlama.prompts()[2].ids.prefix(count))
    let long = try model.states(ids + (1...20).map { Int32($0) })
    let short = try model.states(ids)
    for layer in TinyLlama.allLayers {
      for token in 0..<count {
        #expect(relativeDistance(short[layer][token], long[layer][token]) <= 1e-5)
      }
    }
  }

  @Test func aPassStopsAtTheLastLayerAskedFor() throws {
    let model = try TinyLlama.model()
    let ids = try TinyLlama.prompts()[0].ids
    let all = try model.states(ids)
    for last in TinyLlama.allLayers {
      var blocks = 0
      let result = try model.transformer.forward(
        Batch([ids]),
        request: ForwardRequest(layers: [last], spans: ids.indices.map { $0..<$0 + 1 }),
        activations: model.activations(tokens: ids.count), checkpoint: { blocks += 1 })
      #expect(blocks == last)
      #expect(result.logits == nil)
      for token in ids.indices {
        #expect(result.states[0].values(row: token) == all[last][token])
      }
    }
  }

  @Test func logitsRunEveryBlockAndLeaveCapturesAlone() throws {
    let model = try TinyLlama.model()
    let ids = try TinyLlama.prompts()[0].ids
    let all = try model.states(ids)
    var blocks = 0
    let result = try model.transformer.forward(
      Batch([ids]), request: ForwardRequest(layers: [1], spans: [4..<5], logitsAt: [0]),
      activations: model.activations(tokens: ids.count), checkpoint: { blocks += 1 })
    #expect(blocks == TinyLlama.blocks)
    #expect(result.states.count == 1 && result.states[0].values(row: 0) == all[1][4])
    #expect(result.logits?.rows == 1)
  }

  @Test func aSpanGivesTheMeanOfItsTokens() throws {
    let model = try TinyLlama.model()
    let ids = try TinyLlama.prompts()[0].ids
    let all = try model.states(ids)
    let spans = [0..<1, 3..<9, 0..<ids.count, 5..<5]
    let result = try model.transformer.forward(
      Batch([ids]), request: ForwardRequest(layers: [0, 2], spans: spans),
      activations: model.activations(tokens: ids.count))
    for (index, layer) in [0, 2].enumerated() {
      for (row, span) in spans.enumerated() {
        let mean = (0..<64).map { column in
          Float(
            span.reduce(0.0) { $0 + Double(all[layer][$1][column]) } / Double(max(1, span.count)))
        }
        #expect(relativeDistance(result.states[index].values(row: row), mean) <= 1e-6)
      }
    }
  }

  @Test func aHashBeginsAtOnce() throws {
    let language = try LanguageModel(Fixtures.tinyModel)
    let hash = language.hashing()
    #expect(try hash.value() == language.sha256())
    #expect(try hash.value() == language.sha256())
  }
}
