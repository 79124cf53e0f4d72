import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

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
    #expect(model.tokenizer.chat.family == base.tokenizer.chat.family)
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
      let stored = MutableMatrix(rows: part.matrix.rows, columns: part.matrix.columns)
      file.read(tensor, count: stored.count, into: stored.elements)
      // What the weight ought to be, computed without the merging's own code.
      let wanted = MutableMatrix(rows: stored.rows, columns: stored.columns)
      for row in 0..<wanted.rows { part.matrix.expand(row: row, into: wanted.row(row)) }
      if let block = weight.block, let target = part.target,
        let pair = adapter.pair(block: block, target)
      {
        for row in 0..<wanted.rows {
          for column in 0..<wanted.columns {
            for k in 0..<2 {
              let a = pair.a[k * pair.inputs + column]
              wanted.row(row)[column] += pair.layer.scale * pair.b.row(row)[k] * a
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

  // MARK: Every family, in both forms

  /// What is merged, and into what.
  struct Case: CustomTestStringConvertible {
    let family: TinyFamily
    let output: String
    let type: Merging.WeightType
    var testDescription: String { "\(family) as \(output), \(type)" }

    static let all = TinyFamily.all.flatMap { family in
      family.format == .huggingFace
        ? [Case(family: family, output: "folder", type: .f16)]
        : [Case(family: family, output: "merged.gguf", type: .f16)]
          // Rounded that much, states may go to other experts.
          + (MixtureTests.names.contains(family.name)
            ? [] : [Case(family: family, output: "merged.gguf", type: .q8_0)])
    }
    /// Llama 3's and Phi-3's positions are scaled by factors that GGUF has for each frequency,
    /// Ministral 3's as YaRN scales them.
    static let folders = TinyFamily.all.filter {
      $0.format == .gguf
        && !(["llama3", "phi3", "ministral3"] + MixtureTests.names).contains($0.name)
    }.map { Case(family: $0, output: "folder", type: .f16) }
  }

  @Test(arguments: Case.all + Case.folders)
  func mergedStatesAreThoseWithTheAdapter(merge: Case) throws {
    let family = merge.family
    let source = try openModel(
      family.format == .gguf ? family.folder + "/model.gguf" : family.folder)
    let model = try Transformer(source)
    let adapter = try AdapterFile.read(family.folder + "/adapter", for: model.configuration)
    let merged = MergedModel(
      source: source, weights: MergedWeights(model: model, adapter: adapter), type: merge.type)
    let output = folder(merge.output)
    try inJob { context in
      if merge.output == "folder" {
        try merged.writeFolder(output, context)
      } else {
        try merged.writeGGUF(output, context)
      }
    }
    let written = try Transformer(openModel(output))
    var wanted = model.configuration
    // A name of the family in each format, and of Llama's that looks back on a window.
    wanted.architecture = written.configuration.architecture
    // A dense Granite 4 becomes a Granite.
    if family.name == "granite4" { wanted.modules = written.configuration.modules }
    if wanted.rope.frequencies.isEmpty { wanted.rope = written.configuration.rope }
    if wanted.scale == written.configuration.scale {
      wanted.attentionScale = written.configuration.attentionScale
    }
    #expect(written.configuration == wanted)
    let ids = try family.ids(0)
    let (ours, theirs) = (try written.states(ids), try model.states(ids, adapter: adapter))
    // Random weights make the most of every rounding; all tokens of a layer together less so.
    let tolerance = merge.type == .f16 ? 1e-2 : 1e-1
    let plain = try model.states(ids)
    for layer in ours.indices {
      let (a, b, c) = (ours[layer].flatMap { $0 }, theirs[layer].flatMap { $0 }, plain[layer])
      let distance = relativeDistance(a, b)
      #expect(distance <= tolerance, "layer \(layer)")
      if layer == model.configuration.blocks {
        #expect(relativeDistance(c.flatMap { $0 }, b) > 2 * distance, "no change to see")
      }
    }
  }

  /// What a family writes of itself is what its fixture's own `config.json`, which transformers
  /// wrote, says of it.
  @Test(arguments: Case.folders.map(\.family).filter { $0.name != "granite4" })
  func configurationsNameTheirFamily(family: TinyFamily) throws {
    let path = family.folder + "/model.gguf"
    let ours = try Transformer(openModel(path)).huggingFaceConfiguration(path)
    let theirs = try JSON(path: family.folder + "/config.json")
    #expect(ours["model_type"] as? String == theirs["model_type"]?.string)
    #expect(
      (ours["architectures"] as? [String]) == theirs["architectures"]?.elements.map(\.string))
  }

  /// The tensors of a folder made from a GGUF file have the names and shapes of those that
  /// transformers wrote of the same model, fused ones too: it opens them.
  @Test(arguments: Case.folders.map(\.family).filter { $0.name != "granite4" })
  func tensorsAreNamedAsTransformersNamesThem(family: TinyFamily) throws {
    let source = try openModel(family.folder + "/model.gguf")
    let model = try Transformer(source)
    let none = Adapter(
      zeros: LoRAConfiguration(rank: 1, alpha: 1, dropout: 0, blocks: []), model.configuration)
    let merged = MergedModel(
      source: source, weights: MergedWeights(model: model, adapter: none), type: .f16)
    try inJob { try merged.writeFolder(folder("written"), $0) }
    func shapes(_ folder: String) throws -> [String: [Int]] {
      try Safetensors(path: folder + "/model.safetensors").tensors.mapValues(\.shape)
    }
    #expect(try shapes(folder("written")) == shapes(family.folder))
  }

  @Test func aFolderOfScaledPositionsIsRefused() throws {
    let path = Fixtures.folder + "/Families/llama3/model.gguf"
    let model = try Transformer(openModel(path))
    let failure = try #require(
      thrownFailure { _ = try model.huggingFaceConfiguration(path) })
    failure.expect(.usage, file: path, found: "scaled positions", wanted: ".gguf")
  }

  @Test func aFolderOfAStoredMixtureIsRefused() throws {
    let path = Fixtures.folder + "/Families/mixtral/model.gguf"
    let model = try Transformer(openModel(path))
    let failure = try #require(thrownFailure { _ = try model.huggingFaceConfiguration(path) })
    failure.expect(.usage, file: path, found: "mixture of experts", wanted: ".gguf")
  }

  @Test func aFolderKeepsItsOtherFiles() throws {
    let tiny = try TinyFolder()
    try tiny.write()
    var merging = Merging(model: tiny.path, adapter: folder("adapter"), output: folder("merged"))
    merging.type = .f16
    let job = merging
    try Engine().submit("merge", priority: .map) { try job.run($0) }.wait()
    let model = try LanguageModel(folder("merged"))
    let whole = try LanguageModel(tiny.path)
    #expect(model.tokenizer.encode("the red sky") == whole.tokenizer.encode("the red sky"))
    let chat = [ChatMessage(.user, "x")]
    #expect(try model.tokenizer.chat.text(chat) == whole.tokenizer.chat.text(chat))
  }
}
