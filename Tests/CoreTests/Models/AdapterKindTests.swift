import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Adapters of every kind that peft has and Seer obeys: the states and logits that peft computes with
/// them (Fixtures/Adapters/make_adapters.py), in both forms of the base model.
struct AdapterKindTests {
  struct Kind: CustomTestStringConvertible {
    let name: String
    let family: String
    var format = WeightFormat.huggingFace
    /// As long as the model's weights are those of the adapter's: no biases of its own.
    var canMerge = true
    /// Changes the embeddings.
    var changesLayer0 = false

    var testDescription: String { "\(name), \(format)" }
    var base: TinyFamily { TinyFamily(name: family, format: format) }
    var folder: String { Fixtures.folder + "/Adapters/" + name }

    func golden(_ name: String) throws -> [[Float]] {
      try base.golden(name, file: "../../Adapters/\(self.name)/golden.safetensors")
    }

    func ids() throws -> [Int32] { try golden("ids")[0].map { Int32($0) } }

    static let kinds = [
      Kind(name: "regex", family: "llama3"), Kind(name: "all-linear", family: "gemma3"),
      Kind(name: "full-names", family: "neox"), Kind(name: "absent-names", family: "qwen2"),
      Kind(name: "layers-pattern", family: "llama3"), Kind(name: "patterns", family: "llama3"),
      Kind(name: "patterns-of-parts", family: "phi3"),
      Kind(name: "patterns-by-head", family: "neox"), Kind(name: "exclude-list", family: "qwen2"),
      Kind(name: "exclude-regex", family: "qwen2"), Kind(name: "fan-in-false", family: "gpt2"),
      Kind(name: "fan-in-true", family: "mistral"), Kind(name: "bin", family: "llama3"),
      Kind(name: "headless", family: "llama3"), Kind(name: "other-keys", family: "llama3"),
      Kind(name: "embeddings", family: "gemma3", canMerge: false, changesLayer0: true),
      Kind(name: "head", family: "llama3", changesLayer0: true),
      Kind(name: "saved", family: "llama3", changesLayer0: true),
      Kind(name: "saved-tied", family: "gemma2", canMerge: false, changesLayer0: true),
      Kind(name: "dora", family: "qwen2"), Kind(name: "dora-transposed", family: "gpt2"),
      Kind(name: "dora-normed", family: "gemma2"), Kind(name: "dora-by-head", family: "neox"),
      Kind(name: "lora-bias", family: "qwen2", canMerge: false),
      Kind(name: "lora-bias-by-head", family: "neox", canMerge: false),
      Kind(name: "token-rows", family: "llama3", changesLayer0: true),
      Kind(name: "token-rows-tied", family: "gemma3", changesLayer0: true),
      Kind(name: "token-rows-both", family: "llama3", changesLayer0: true),
      Kind(name: "bias-lora-only", family: "gpt2", canMerge: false),
      Kind(name: "bias-lora-only-by-head", family: "neox", canMerge: false),
      Kind(name: "bias-all", family: "qwen2", canMerge: false),
      Kind(name: "bias-all-dora", family: "qwen2", canMerge: false),
      Kind(name: "bias-and-lora-bias", family: "qwen2", canMerge: false),
    ]
    static let all = kinds.flatMap { kind in
      [WeightFormat.huggingFace, .gguf].map { format in
        var kind = kind
        kind.format = format
        return kind
      }
    }
  }

  @Test func everyFixtureIsTested() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Fixtures.folder + "/Adapters")
      // Those of experts are refused, which has tests of its own.
      .filter { !$0.hasSuffix(".py") && !$0.hasPrefix("experts-") }
    #expect(Set(folders) == Set(Kind.kinds.map(\.name)))
  }

  @Test(arguments: Kind.all)
  func statesAndLogitsArePefts(kind: Kind) throws {
    let model = try kind.base.open()
    let c = model.configuration
    let adapter = try AdapterFile.read(kind.folder, for: c)
    let ids = try kind.ids()
    let theirs = try kind.golden("states")
    let ours = try model.states(ids, adapter: adapter).flatMap { $0 }
    try #require(ours.count == theirs.count)
    for (index, (a, b)) in zip(ours, theirs).enumerated() {
      let (layer, token) = index.quotientAndRemainder(dividingBy: ids.count)
      #expect(relativeDistance(a, b) <= kind.base.tolerance, "layer \(layer), token \(token)")
    }
    // Asked for alone, the last token takes the way of few tokens.
    let result = try model.forward(
      Batch([ids]), adapter: adapter,
      request: ForwardRequest(
        layers: [c.blocks], spans: [ids.count - 1..<ids.count], logitsAt: [ids.count - 1]),
      activations: Activations(capacity: ids.count, configuration: c))
    #expect(
      relativeDistance(result.states[0].values, theirs[theirs.count - 1]) <= kind.base.tolerance)
    guard kind.name != "headless" else { return }
    let logits = try #require(result.logits).values
    #expect(relativeDistance(logits, try kind.golden("logits")[0]) <= kind.base.tolerance)
    // The adapter is there to be seen.
    let plain = try model.states(ids)
    #expect(
      relativeDistance(plain[c.blocks].flatMap { $0 }, ours.suffix(ids.count).flatMap { $0 }) > 0.01
    )
    #expect(
      (plain[0].flatMap { $0 } != ours.prefix(ids.count).flatMap { $0 }) == kind.changesLayer0)
  }

  /// Base and tuned rows in one batch are each as alone.
  @Test(arguments: Kind.kinds)
  func onlyAdaptedRowsAreChanged(kind: Kind) throws {
    let model = try kind.base.open()
    let c = model.configuration
    let adapter = try AdapterFile.read(kind.folder, for: c)
    let ids = try kind.ids()
    let last = 2 * ids.count - 1
    func run(_ rows: [[Int32]], _ places: [Int], adapted: Range<Int>) throws -> ([Float], [Float]) {
      let result = try model.forward(
        Batch(rows), adapter: adapter, adaptedRows: adapted,
        request: ForwardRequest(
          layers: [0, c.blocks], spans: places.map { $0..<$0 + 1 }, logitsAt: places),
        activations: Activations(capacity: 2 * ids.count, configuration: c))
      return (result.states.flatMap(\.values), try #require(result.logits).values)
    }
    let alone = [
      try run([ids], [ids.count - 1], adapted: 0..<0),
      try run([ids], [ids.count - 1], adapted: 0..<1),
    ]
    for (adapted, row) in [(0..<1, 0), (1..<2, 1)] {
      let (states, logits) = try run([ids, ids], [ids.count - 1, last], adapted: adapted)
      let halves = [0, 1].map { half -> [Float] in
        (0..<2).flatMap { layer in
          states[(2 * layer + half) * c.width..<(2 * layer + half + 1) * c.width]
        }
      }
      #expect(relativeDistance(halves[row], alone[1].0) <= 2e-5)
      #expect(relativeDistance(halves[1 - row], alone[0].0) <= 2e-5)
      #expect(
        relativeDistance(Array(logits[(row * c.vocabulary)...].prefix(c.vocabulary)), alone[1].1)
          <= 2e-5)
      #expect(
        relativeDistance(
          Array(logits[((1 - row) * c.vocabulary)...].prefix(c.vocabulary)), alone[0].1) <= 2e-5)
    }
  }

  @Test(arguments: Kind.all)
  func mergedWeightsGiveTheSameStates(kind: Kind) throws {
    let folder = try TemporaryFolder()
    let path = kind.format == .gguf ? kind.base.folder + "/model.gguf" : kind.base.folder
    let model = try kind.base.open()
    let adapter = try AdapterFile.read(kind.folder, for: model.configuration)
    let weights = MergedWeights(model: model, adapter: adapter)
    #expect((weights.unmergeable == nil) == kind.canMerge)
    guard kind.canMerge else { return }
    let merged = MergedModel(source: try openModel(path), weights: weights, type: .f16)
    let output = folder(kind.format == .gguf ? "merged.gguf" : "merged")
    try inJob { context in
      if kind.format == .gguf {
        try merged.writeGGUF(output, context)
      } else {
        try merged.writeFolder(output, context)
      }
    }
    let written = try Transformer(openModel(output))
    let ids = try kind.ids()
    let ours = try written.states(ids).map { $0.flatMap { $0 } }
    let theirs = try model.states(ids, adapter: adapter).map { $0.flatMap { $0 } }
    for layer in ours.indices { #expect(relativeDistance(ours[layer], theirs[layer]) <= 1e-2) }
  }

  /// What lies beside the layers without being named in `modules_to_save` takes the model's place, and
  /// that of a head which is the same matrix.
  @Test(arguments: ["saved", "saved-tied"])
  func embeddingsSavedBesideTheLayers(name: String) throws {
    let kind = try #require(Kind.kinds.first { $0.name == name })
    let folder = try TemporaryFolder()
    let text = String(
      decoding: try bytes(ofFile: kind.folder + "/adapter_config.json"), as: UTF8.self)
    let start = try #require(text.range(of: "\"modules_to_save\": ["))
    let end = try #require(text[start.upperBound...].firstIndex(of: "]"))
    let changed =
      String(text[..<start.lowerBound]) + "\"modules_to_save\": null"
      + String(text[text.index(after: end)...])
    try folder.write(changed, to: "adapter_config.json")
    try folder.write(
      bytes(ofFile: kind.folder + "/adapter_model.safetensors"), to: "adapter_model.safetensors")
    let model = try kind.base.open()
    let adapter = try AdapterFile.read(folder.path, for: model.configuration)
    let ids = try kind.ids()
    let result = try model.forward(
      Batch([ids]), adapter: adapter,
      request: ForwardRequest(
        layers: [model.configuration.blocks], spans: [ids.count - 1..<ids.count],
        logitsAt: [ids.count - 1]),
      activations: Activations(capacity: ids.count, configuration: model.configuration))
    let states = try #require(try kind.golden("states").last)
    #expect(relativeDistance(result.states[0].values, states) <= kind.base.tolerance)
    let distance = relativeDistance(
      try #require(result.logits).values, try kind.golden("logits")[0])
    #expect((distance <= kind.base.tolerance) == (name == "saved"), "\(distance)")
  }

  // MARK: Which file counts

  @Test func safetensorsCountBeforeBin() throws {
    let folder = try TemporaryFolder()
    for name in ["adapter_config.json", "adapter_model.bin"] {
      try folder.write(bytes(ofFile: Fixtures.folder + "/Adapters/bin/" + name), to: name)
    }
    let c = try TinyFamily(name: "llama3", format: .huggingFace).open().configuration
    let hash = try AdapterFile.sha256(of: folder.path)
    #expect(hash == (try sha256(ofFile: folder("adapter_model.bin"))))
    _ = try AdapterFile.read(folder.path, for: c)
    try folder.write("nothing of safetensors", to: "adapter_model.safetensors")
    let failure = try #require(thrownFailure { _ = try AdapterFile.read(folder.path, for: c) })
    #expect(failure.file == folder("adapter_model.safetensors"))
    #expect(try AdapterFile.sha256(of: folder.path) != hash)
  }
}
