import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerTokenizers
import SeerTraining
import TestModels
import TestSupport
import Testing

/// A tiny model of a family in one of its two forms on disk, and what transformers and peft compute
/// with it (Fixtures/Families/make_families.py).
struct TinyFamily: CustomTestStringConvertible {
  let name: String
  let format: WeightFormat

  static let names = [
    "qwen2", "qwen3", "llama3", "mistral", "gemma2", "gemma3", "phi3", "gpt2", "neox", "olmo2",
    "olmo3", "smollm3", "granite", "granite4", "cohere", "cohere2", "glm", "glm4", "exaone4",
    "stablelm", "stablelm2", "ministral", "ministral3", "mixtral", "qwen2moe", "qwen3moe", "olmoe",
    "gptoss", "granitemoe", "granitemoeshared", "seedoss",
  ]
  /// llama.cpp has no architecture for a Ministral, whose blocks differ in their windows.
  static let all = names.flatMap { name in
    [WeightFormat.gguf, .huggingFace].filter { name != "ministral" || $0 == .huggingFace }
      .map { TinyFamily(name: name, format: $0) }
  }

  var testDescription: String { "\(name), \(format)" }
  var folder: String { Fixtures.folder + "/Families/" + name }
  /// Soft caps take some precision.
  var tolerance: Double { name == "gemma2" ? 5e-4 : 1e-4 }

  func open() throws -> Transformer {
    try Transformer(openModel(format == .gguf ? folder + "/model.gguf" : folder))
  }

  /// A golden tensor as rows of its last size.
  func golden(_ name: String, file path: String = "golden.safetensors") throws -> [[Float]] {
    let file = try Safetensors(path: folder + "/" + path)
    let tensor = try #require(file.tensors[name], "\(name)")
    let columns = try #require(tensor.shape.last)
    let matrix = MutableMatrix(rows: tensor.count / columns, columns: columns)
    file.read(tensor, count: tensor.count, into: matrix.elements)
    return (0..<matrix.rows).map { matrix.values(row: $0) }
  }

  func ids(_ row: Int) throws -> [Int32] { try golden("\(row).ids")[0].map { Int32($0) } }
}

extension Transformer {
  /// Every token's states at some layers, for one row: `[layer][token]`.
  func states(
    _ ids: [Int32], layers: [Int]? = nil, caches: [KVCache] = [], adapter: Adapter? = nil
  ) throws -> [[[Float]]] {
    let result = try forward(
      Batch([ids]), caches: caches, adapter: adapter,
      request: ForwardRequest(
        layers: layers ?? Array(0...configuration.blocks),
        spans: ids.indices.map { $0..<$0 + 1 }),
      activations: Activations(capacity: ids.count, configuration: configuration))
    return result.states.map { matrix in (0..<matrix.rows).map { matrix.values(row: $0) } }
  }
}

struct FamilyTests {
  @Test(arguments: TinyFamily.all)
  func statesOfEveryLayerAndToken(family: TinyFamily) throws {
    let model = try family.open()
    for row in 0..<2 {
      let ids = try family.ids(row)
      let ours = try model.states(ids).flatMap { $0 }
      let theirs = try family.golden("\(row).states")
      try #require(ours.count == theirs.count)
      for (index, (a, b)) in zip(ours, theirs).enumerated() {
        let (layer, token) = index.quotientAndRemainder(dividingBy: ids.count)
        #expect(
          relativeDistance(a, b) <= family.tolerance, "row \(row), layer \(layer), token \(token)")
      }
    }
  }

  @Test(arguments: TinyFamily.all)
  func logits(family: TinyFamily) throws {
    let model = try family.open()
    for row in 0..<2 {
      let ids = try family.ids(row)
      let places = Set([0, ids.count / 2, ids.count - 1]).sorted()
      let result = try model.forward(
        Batch([ids]), request: ForwardRequest(logitsAt: places),
        activations: Activations(capacity: ids.count, configuration: model.configuration))
      let logits = try #require(result.logits)
      for (place, theirs) in try family.golden("\(row).logits").enumerated() {
        #expect(relativeDistance(logits.values(row: place), theirs) <= family.tolerance)
      }
    }
  }

  @Test(arguments: TinyFamily.all, [[1], [2], [5, 1, 40, 3], [64, 6]])
  func cachedPiecesEqualOnePass(family: TinyFamily, sizes: [Int]) throws {
    let model = try family.open()
    let c = model.configuration
    let ids = try family.ids(0)
    let cache = KVCache(blocks: c.blocks, width: c.keyWidth)
    var states: [[Float]] = []
    var turn = 0
    while states.count < ids.count {
      let end = min(ids.count, states.count + sizes[turn % sizes.count])
      let piece = Array(ids[states.count..<end])
      states += try model.states(piece, layers: [c.blocks], caches: [cache])[0]
      turn += 1
    }
    let whole = try model.states(ids, layers: [c.blocks])[0]
    for (token, (a, b)) in zip(states, whole).enumerated() {
      #expect(relativeDistance(a, b) <= 2e-5, "token \(token)")
    }
  }

  @Test(arguments: TinyFamily.all)
  func packedRowsEqualRowsAlone(family: TinyFamily) throws {
    let model = try family.open()
    let c = model.configuration
    let rows = [try family.ids(1), [5], try family.ids(0), [3, 4]]
    let batch = Batch(rows)
    let packed = try model.forward(
      batch,
      request: ForwardRequest(
        layers: [c.blocks], spans: batch.tokens.indices.map { $0..<$0 + 1 }),
      activations: Activations(capacity: batch.tokens.count, configuration: c))
    for (row, place) in zip(rows, batch.rows) {
      let alone = try model.states(row, layers: [c.blocks])[0]
      for token in row.indices {
        #expect(
          relativeDistance(packed.states[0].values(row: place.start + token), alone[token]) <= 2e-5)
      }
    }
  }

  @Test(arguments: TinyFamily.all)
  func adapterStatesAndGradients(family: TinyFamily) throws {
    let model = try family.open()
    let c = model.configuration
    let ids = try family.ids(0)
    let adapter = try AdapterFile.read(family.folder + "/adapter", for: c)
    let tuned = try model.states(ids, layers: [c.blocks], adapter: adapter)[0]
    for (a, b) in zip(tuned, try family.golden("tuned.states")) {
      #expect(relativeDistance(a, b) <= family.tolerance)
    }
    for keepsBlocks in [true, false] {
      let gradients = try gradients(model, ids, adapter, keepsBlocks: keepsBlocks)
      // Written, the gradients have the names and the order of rows that peft has.
      let folder = try TemporaryFolder()
      try AdapterFile.write(gradients, to: folder("adapter"), model: "tiny")
      let ours = try Safetensors(path: folder("adapter") + "/adapter_model.safetensors")
      let theirs = try Safetensors(path: family.folder + "/golden.safetensors")
      let names = theirs.tensors.keys.filter { $0.hasPrefix("gradient.") }
      #expect(names.count == ours.tensors.count && !names.isEmpty)
      for name in names {
        let key = String(name.dropFirst("gradient.".count))
        let tensor = try #require(ours.tensors[key], "\(key)")
        let values = MutableMatrix(rows: 1, columns: tensor.count)
        ours.read(tensor, count: tensor.count, into: values.elements)
        #expect(
          relativeDistance(values.values, try family.golden(name).flatMap { $0 })
            <= family.tolerance, "\(key)")
      }
    }
  }

  /// The other weighting of experts than the fixture's own, whole models' gradients too
  /// (Fixtures/Families/make_mixture_gradients.py).
  @Test(arguments: [("qwen2moe", true), ("qwen3moe", false)])
  func gradientsOfTheOtherWeighting(name: String, isNormalised: Bool) throws {
    let family = TinyFamily(name: name, format: .huggingFace)
    var settings = try object(ofFile: family.folder + "/config.json")
    #expect(settings["norm_topk_prob"] as? Bool == !isNormalised)
    settings["norm_topk_prob"] = isNormalised
    let folder = try TemporaryFolder()
    try folder.write(
      String(decoding: JSONSerialization.data(withJSONObject: settings), as: UTF8.self),
      to: "config.json")
    try folder.write(
      bytes(ofFile: family.folder + "/model.safetensors"), to: "model.safetensors")
    let model = try Transformer(openModel(folder.path))
    let adapter = try AdapterFile.read(family.folder + "/adapter", for: model.configuration)
    let ids = try family.ids(0)
    let file = "other-weighting.safetensors"
    let tuned = try model.states(ids, layers: [model.configuration.blocks], adapter: adapter)[0]
    for (a, b) in zip(tuned, try family.golden("tuned.states", file: file)) {
      #expect(relativeDistance(a, b) <= 1e-4)
    }
    let gradients = try gradients(model, ids, adapter, keepsBlocks: true)
    try AdapterFile.write(gradients, to: folder("adapter"), model: "tiny")
    let ours = try Safetensors(path: folder("adapter") + "/adapter_model.safetensors")
    #expect(!ours.tensors.isEmpty)
    for (key, tensor) in ours.tensors {
      let values = MutableMatrix(rows: 1, columns: tensor.count)
      ours.read(tensor, count: tensor.count, into: values.elements)
      let theirs = try family.golden("gradient." + key, file: file).flatMap { $0 }
      #expect(relativeDistance(values.values, theirs) <= 1e-4, "\(key)")
      // The weighting matters: the fixture's own gradients are others.
      let own = try family.golden("gradient." + key).flatMap { $0 }
      #expect(relativeDistance(theirs, own) > 1e-3, "\(key)")
    }
  }

  /// The loss of make_families.py.
  func gradients(
    _ model: Transformer, _ ids: [Int32], _ adapter: Adapter, keepsBlocks: Bool
  ) throws -> Adapter {
    let c = model.configuration
    let pass = try TrainingPass(
      model, Batch([ids]), last: c.blocks, adapter: adapter, dropout: nil,
      keepsBlocks: keepsBlocks, checkpoint: {})
    let gradients = Adapter(zeros: adapter.configuration, c)
    try pass.backward(into: gradients, checkpoint: {}) { layer, slope in
      for token in ids.indices {
        for column in 0..<c.width {
          slope[token, column] += cosf(Float((token * 7 + column * 13 + layer * 5) % 101))
        }
      }
      guard layer == c.blocks else { return }
      _ = try OutputDivergence(model: model).weightedLikelihood(
        pass.output, at: Array(ids.indices.dropLast()), tokens: Array(ids.dropFirst()),
        weights: [Float](repeating: 1, count: ids.count - 1), scale: 1, into: slope,
        checkpoint: {})
    }
    return gradients
  }

  /// So many tokens together take other kernels than a few: on a matrix unit, products of short
  /// numbers.
  @Test(arguments: TinyFamily.all)
  func aBatchsGradientIsTheSumOfItsRows(family: TinyFamily) throws {
    let model = try family.open()
    let c = model.configuration
    let adapter = try AdapterFile.read(family.folder + "/adapter", for: c)
    var rows: [[Int32]] = []
    for row in 0..<5 { rows.append((0..<30).map { Int32(($0 * 7 + row * 11) % c.vocabulary) }) }
    let together = Adapter(zeros: adapter.configuration, c)
    try addGradients(model, rows, adapter, to: together)
    let alone = Adapter(zeros: adapter.configuration, c)
    for row in rows { try addGradients(model, [row], adapter, to: alone) }
    for (ours, wanted) in zip(together.parameters, alone.parameters) {
      #expect(relativeDistance(ours.values, wanted.values) <= 3e-5)
    }
  }

  /// Of a loss that is linear in the states of every layer.
  func addGradients(
    _ model: Transformer, _ rows: [[Int32]], _ adapter: Adapter, to gradients: Adapter
  ) throws {
    let c = model.configuration
    let batch = Batch(rows)
    let pass = try TrainingPass(
      model, batch, last: c.blocks, adapter: adapter, dropout: nil, keepsBlocks: true,
      checkpoint: {})
    try pass.backward(into: gradients, checkpoint: {}) { layer, slope in
      for row in batch.rows {
        for token in row.range {
          for column in 0..<c.width {
            let place = (token - row.start) * 7 + column * 13 + layer * 5
            slope[token, column] += cosf(Float(place % 101))
          }
        }
      }
    }
  }

  @Test(arguments: TinyFamily.all)
  func anAdapterIsWrittenAsPeftWritesIt(family: TinyFamily) throws {
    let c = try family.open().configuration
    let adapter = try AdapterFile.read(family.folder + "/adapter", for: c)
    let folder = try TemporaryFolder()
    try AdapterFile.write(adapter, to: folder("adapter"), model: "tiny")
    func contents(_ folder: String) throws -> (tensors: [String: [Float]], [String: Any]) {
      let file = try Safetensors(path: folder + "/adapter_model.safetensors")
      let data = try bytes(ofFile: folder + "/adapter_config.json")
      let object = try JSONSerialization.jsonObject(with: Data(data))
      return (
        file.tensors.mapValues { tensor in
          let values = MutableMatrix(rows: 1, columns: tensor.count)
          file.read(tensor, count: tensor.count, into: values.elements)
          return values.values
        }, try #require(object as? [String: Any])
      )
    }
    let (ours, theirs) = (try contents(folder("adapter")), try contents(family.folder + "/adapter"))
    #expect(ours.tensors == theirs.tensors)
    for key in ["target_modules"] {
      #expect(
        Set(try #require(ours.1[key] as? [String])) == Set(try #require(theirs.1[key] as? [String]))
      )
    }
    #expect(ours.1["fan_in_fan_out"] as? Bool == theirs.1["fan_in_fan_out"] as? Bool)
  }
}
