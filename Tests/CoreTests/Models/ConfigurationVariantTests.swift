import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// A family's tiny model under another configuration, and what transformers makes of it
/// (Fixtures/Families/make_variants.py).
struct ConfigurationVariant: CustomTestStringConvertible, Sendable {
  let family: String
  let name: String
  /// The variant's JSON object.
  let data: Data
  var values: [String: Any] {
    (try? JSONSerialization.jsonObject(with: data)).flatMap { $0 as? [String: Any] } ?? [:]
  }

  var testDescription: String { "\(family), \(name)" }

  static let all: [ConfigurationVariant] = {
    guard
      let data = try? Data(contentsOf: URL(filePath: Fixtures.folder + "/Families/variants.json")),
      let object = try? JSONSerialization.jsonObject(with: data),
      let families = object as? [String: [[String: Any]]]
    else { return [] }
    return families.sorted { $0.key < $1.key }.flatMap { family, variants in
      variants.compactMap { variant in
        guard let name = variant["name"] as? String,
          let data = try? JSONSerialization.data(withJSONObject: variant)
        else { return nil }
        return ConfigurationVariant(family: family, name: name, data: data)
      }
    }
  }()

  /// The state that transformers gets; nil where it refuses.
  var state: [Float]? {
    (values["state"] as? [NSNumber]).map { $0.map(\.floatValue) }
  }

  /// The family's folder with the changed `config.json`, and tensors more or less.
  func write() throws -> TemporaryFolder {
    let values = values
    let source = Fixtures.folder + "/Families/" + family
    var configuration = try object(ofFile: source + "/config.json")
    for (key, value) in values["set"] as? [String: Any] ?? [:] { configuration[key] = value }
    for key in values["unset"] as? [String] ?? [] { configuration[key] = nil }
    let dropped = values["drop"] as? [String] ?? []
    let extra = values["extra"] as? [String: [NSNumber]] ?? [:]
    let folder = try TemporaryFolder()
    try folder.write(
      String(decoding: JSONSerialization.data(withJSONObject: configuration), as: UTF8.self),
      to: "config.json")
    try folder.write(
      changed(try bytes(ofFile: source + "/model.safetensors")) { name in
        dropped.contains(where: name.hasSuffix) ? nil : name
      } adding: {
        extra.mapValues { $0.map(\.floatValue) }
      }, to: "model.safetensors")
    return folder
  }
}

func object(ofFile path: String) throws -> [String: Any] {
  let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
  return try #require(object as? [String: Any])
}

/// A safetensors file with other names for its tensors (nil: without them) and more vectors.
func changed(
  _ file: [UInt8], names: (String) -> String?, adding extra: () -> [String: [Float]] = { [:] }
) throws -> [UInt8] {
  let length = file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
  let header = try #require(
    JSONSerialization.jsonObject(with: Data(file[8..<8 + length])) as? [String: Any])
  var data = Array(file[(8 + length)...])
  var renamed: [String: Any] = [:]
  for (name, entry) in header where name != "__metadata__" {
    if let new = names(name) { renamed[new] = entry }
  }
  for (name, values) in extra() {
    let start = data.count
    for value in values { data += withUnsafeBytes(of: value) { Array($0) } }
    renamed[name] = [
      "dtype": "F32", "shape": [values.count], "data_offsets": [start, data.count],
    ]
  }
  let text = try JSONSerialization.data(withJSONObject: renamed)
  return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + Array(text) + data
}

struct ConfigurationVariantTests {
  /// What transformers runs and this program refuses, by the key that the refusal names.
  static let refused: [String: String] = [
    // A kind that no family has been trained with.
    "llama3, activation quick_gelu": "hidden_act",
    // It is scaled then by constants of transformers' own.
    "ministral3, no positions": "rope_parameters",
    "olmoe, clipped": "clip_qkv",
    // Then there is nothing in place of the feed-forward part.
    "mixtral, no experts a token": "num_experts_per_tok",
    "qwen2moe, no experts a token": "num_experts_per_tok",
    "qwen3moe, no experts a token": "num_experts_per_tok",
    "olmoe, no experts a token": "num_experts_per_tok",
    "gptoss, no experts a token": "num_experts_per_tok",
    "granitemoe, no experts a token": "num_experts_per_tok",
    "granitemoeshared, no experts a token": "num_experts_per_tok",
  ]
  /// What transformers has no name for any more, or trips over.
  static let taken = [
    "phi3, old su", "smollm3, head size null", "ministral, head size null",
    "ministral, all full, no window", "ministral, types absent, no window",
  ]

  @Test(arguments: ConfigurationVariant.all)
  func aKeyIsObeyedOrRefusedByName(variant: ConfigurationVariant) throws {
    let folder = try variant.write()
    defer { withExtendedLifetime(folder) {} }
    let label = variant.testDescription
    let source = try openModel(folder.path)
    if let key = Self.refused[label] {
      let failure = try #require(thrownFailure { _ = try Transformer(source) }, "it opened")
      failure.expect(file: folder("config.json"), place: "key \(key)", found: "")
      return
    }
    guard let theirs = variant.state else {
      if Self.taken.contains(label) { return }
      let failure = try #require(thrownFailure { _ = try Transformer(source) }, "it opened")
      #expect(failure.kind == .badData)
      #expect(failure.place?.hasPrefix("key ") == true, "\(failure)")
      return
    }
    let model = try Transformer(source)
    let golden = TinyFamily(name: variant.family, format: .huggingFace)
    let ids = try golden.ids(0)
    let blocks = model.configuration.blocks
    let ours = try #require(try model.states(ids, layers: [blocks])[0].last)
    #expect(relativeDistance(ours, theirs) <= golden.tolerance, "\(label)")
    // The last block alone, and every token at once, give the same.
    let last = try model.forward(
      Batch([ids]),
      request: ForwardRequest(layers: [blocks], spans: [ids.count - 1..<ids.count]),
      activations: Activations(capacity: ids.count, configuration: model.configuration))
    #expect(relativeDistance(last.states[0].values(row: 0), ours) <= 2e-5)
  }

  @Test func thereAreVariantsOfEveryFamily() {
    #expect(Set(ConfigurationVariant.all.map(\.family)) == Set(TinyFamily.names))
    #expect(ConfigurationVariant.all.count > 200)
  }

  /// A prompt that passes in pieces turns as one that passes at once, though its first pieces are
  /// short.
  @Test(arguments: ["longrope long", "dynamic beyond"], [[64, 6], [20, 25, 25]])
  func piecesOfALongTextEqualOnePass(name: String, sizes: [Int]) throws {
    let variant = try #require(
      ConfigurationVariant.all.first { $0.family == "llama3" && $0.name == name })
    let folder = try variant.write()
    defer { withExtendedLifetime(folder) {} }
    let model = try Transformer(openModel(folder.path))
    let c = model.configuration
    let ids = try TinyFamily(name: "llama3", format: .huggingFace).ids(0)
    let cache = KVCache(blocks: c.blocks, width: c.keyWidth)
    var states: [Float] = []
    for size in sizes {
      var batch = Batch()
      batch.append(Array(ids[cache.count..<cache.count + size]), of: ids.count)
      states = try model.forward(
        batch, caches: [cache],
        request: ForwardRequest(layers: [c.blocks], spans: [size - 1..<size]),
        activations: Activations(capacity: size, configuration: c)
      ).states[0].values(row: 0)
    }
    #expect(relativeDistance(states, try #require(variant.state)) <= 1e-4)
  }

  @Test func whatLooksAheadIsNotGoneOnFrom() throws {
    let variant = try #require(
      ConfigurationVariant.all.first { $0.family == "gemma3" && $0.name == "bidirectional" })
    let folder = try variant.write()
    defer { withExtendedLifetime(folder) {} }
    let model = try Transformer(openModel(folder.path))
    let c = model.configuration
    let failure = try #require(
      thrownFailure {
        _ = try model.states(
          [1, 2], layers: [0], caches: [KVCache(blocks: c.blocks, width: c.keyWidth)])
      }, "it ran")
    failure.expect(
      found: "look at those after them", wanted: "a causal one", advice: "not supported")
  }

  /// Along its own gradient the loss of an adapter grows as the gradient says; of mixtures where
  /// tokens go to all experts, since the loss jumps where one goes elsewhere.
  @Test(arguments: [
    ("gemma3", "bidirectional"), ("gpt2", "by layer alone"), ("llama3", "longrope long"),
    ("qwen2", "not causal, window"), ("mixtral", "all experts"),
  ])
  func gradientsFollowTheKeys(family: String, name: String) throws {
    let variant = try #require(
      ConfigurationVariant.all.first { $0.family == family && $0.name == name })
    let folder = try variant.write()
    defer { withExtendedLifetime(folder) {} }
    let model = try Transformer(openModel(folder.path))
    let c = model.configuration
    let golden = TinyFamily(name: family, format: .huggingFace)
    let ids = try golden.ids(0)
    let adapter = try AdapterFile.read(golden.folder + "/adapter", for: c)
    let batch = Batch([ids])
    func slope(_ token: Int, _ column: Int) -> Float {
      cosf(Float((token * 7 + column * 13) % 101))
    }
    let pass = try TrainingPass(
      model, batch, last: c.blocks, adapter: adapter, dropout: nil, keepsBlocks: true,
      checkpoint: {})
    let gradients = Adapter(zeros: adapter.configuration, c)
    try pass.backward(into: gradients, checkpoint: {}) { layer, gradient in
      guard layer == c.blocks else { return }
      for token in ids.indices {
        for column in 0..<c.width { gradient[token, column] += slope(token, column) }
      }
    }
    func loss() throws -> Double {
      let states = try model.states(ids, layers: [c.blocks], adapter: adapter)[0]
      return states.enumerated().reduce(0.0) { sum, row in
        row.element.enumerated().reduce(sum) {
          $0 + Double($1.element * slope(row.offset, $1.offset))
        }
      }
    }
    var square = 0.0
    func move(_ step: Double) {
      for (target, along) in zip(adapter.parameters, gradients.parameters) {
        for index in 0..<target.rows * target.columns {
          target.elements[index] += Float(step) * along.elements[index]
        }
      }
    }
    for matrix in gradients.parameters {
      square += matrix.values.reduce(0) { $0 + Double($1 * $1) }
    }
    let step = 2e-3 / square.squareRoot()
    move(step)
    let above = try loss()
    move(-2 * step)
    let below = try loss()
    #expect(abs((above - below) / (2 * step) - square) <= 0.02 * square)
  }
}
