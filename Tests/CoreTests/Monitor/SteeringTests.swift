import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerMonitor
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Vectors added to the residual stream do what transformers does with a hook
/// (Fixtures/Monitor/steering.py), and control vectors are the bytes that gguf writes.
struct SteeringTests {
  let model: LanguageModel
  let ids: [Int32]
  let vector: [Float]
  static let folder = Fixtures.folder + "/Monitor"

  init() throws {
    model = try LanguageModel(Fixtures.tinyModel)
    ids = try TinyLlama.prompts()[0].ids
    vector = try Self.golden("vector")
  }

  static func golden(_ name: String) throws -> [Float] {
    let file = try Safetensors(path: folder + "/steering.safetensors")
    let tensor = try #require(file.tensors[name])
    let matrix = MutableMatrix(rows: 1, columns: tensor.count)
    file.read(tensor, count: tensor.count, into: matrix.elements)
    return matrix.values
  }

  func pass(_ interventions: [Intervention]) throws -> ForwardResult {
    try model.transformer.forward(
      Batch([ids]),
      request: ForwardRequest(
        layers: [3], spans: ids.indices.map { $0..<$0 + 1 }, logitsAt: [5, ids.count - 1],
        interventions: interventions),
      activations: model.activations(tokens: ids.count))
  }

  @Test(arguments: ["plain", "one", "all"])
  func addingAVectorIsTheReferences(name: String) throws {
    let interventions: [Intervention] =
      switch name {
      case "one": [Intervention(layer: 2, vector: vector, tokens: 5..<6)]
      case "all": [Intervention(layer: 2, vector: vector)]
      default: []
      }
    let result = try pass(interventions)
    #expect(relativeDistance(result.states[0].values, try Self.golden(name + ".states")) < 1e-4)
    let logits = try #require(result.logits)
    #expect(relativeDistance(logits.values, try Self.golden(name + ".logits")) < 1e-4)
  }

  @Test func capturedStatesIncludeWhatIsAdded() throws {
    for layer in TinyLlama.allLayers {
      let request = ForwardRequest(
        layers: [layer], spans: [4..<5],
        interventions: [Intervention(layer: layer, vector: vector, tokens: 4..<5)])
      let added = try model.transformer.forward(
        Batch([ids]), request: request, activations: model.activations(tokens: ids.count))
      let plain = try model.states(ids, layers: [layer])[0][4]
      #expect(relativeDistance(added.states[0].values, zip(plain, vector).map { $0 + $1 }) < 1e-6)
    }
  }

  @Test func generationIsSteeredWithAndWithoutTheCache() throws {
    func generated(_ strength: Float, cache: Bool) throws -> [Int32] {
      try Engine().submit("generate", priority: .typing) { context in
        var options = GenerationOptions(tokens: 12, ignoresStop: true, usesCache: cache)
        options.steering = [Intervention(layer: 2, vector: vector.map { $0 * strength })]
        return try model.generate(from: ids, options, context: context).ids
      }.wait()
    }
    let plain = try generated(0, cache: true)
    #expect(plain == Array(try TinyLlama.prompts()[0].greedyUntied.prefix(12)))
    let steered = try generated(4, cache: true)
    #expect(steered != plain)
    #expect(try generated(4, cache: false) == steered)
  }

  // MARK: Control vectors

  @Test func aControlVectorOfGGUFIsRead() throws {
    let control = try ControlVector(
      contentsOf: Self.folder + "/control.gguf", for: model.configuration)
    #expect(control.modelHint == "llama")
    #expect(control.directions == [2: vector, 3: vector.map { -$0 }])
    let halved = control.interventions(strength: 0.5)
    #expect(halved.map(\.layer) == [2, 3] && halved[0].vector == vector.map { $0 * 0.5 })
  }

  @Test func aWrittenControlVectorIsGGUFs() throws {
    let folder = try TemporaryFolder()
    let control = ControlVector(
      modelHint: "llama", directions: [3: vector.map { -$0 }, 2: vector])
    try control.write(to: folder("control.gguf"))
    #expect(
      try bytes(ofFile: folder("control.gguf")) == bytes(ofFile: Self.folder + "/control.gguf"))
    #expect(
      try ControlVector(contentsOf: folder("control.gguf"), for: model.configuration) == control)
  }

  @Test func whatIsNoControlVector() throws {
    let folder = try TemporaryFolder()
    func failure(_ path: String) -> Failure? {
      thrownFailure { _ = try ControlVector(contentsOf: path, for: model.configuration) }
    }
    #expect(failure(Fixtures.tinyModel)?.place == "key general.architecture")
    #expect(failure(folder("none.gguf"))?.kind == .missingInput)
    for directions in [[4: vector], [2: Array(vector.dropLast())]] {
      try ControlVector(modelHint: "", directions: directions).write(to: folder("c.gguf"))
      #expect(failure(folder("c.gguf"))?.place?.hasPrefix("tensor direction.") == true)
    }
    // None is written with such a number: it is put into the file.
    #expect(
      thrownFailure {
        try ControlVector(modelHint: "", directions: [2: vector.map { _ in .nan }])
          .write(to: folder("n.gguf"))
      } != nil)
    try ControlVector(modelHint: "", directions: [2: vector]).write(to: folder("c.gguf"))
    var bytes = try bytes(ofFile: folder("c.gguf"))
    let start = try #require(
      bytes.firstRange(of: vector.prefix(2).flatMap { withUnsafeBytes(of: $0) { Array($0) } }))
    var damaged = bytes
    damaged.replaceSubrange(start.prefix(4), with: [0, 0, 0xC0, 0x7F])
    try folder.write(damaged, to: "n.gguf")
    #expect(failure(folder("n.gguf"))?.place?.hasPrefix("tensor direction.") == true)
    let name = try #require(bytes.firstRange(of: Array("direction.1".utf8)))
    bytes.replaceSubrange(name, with: "dimension.1".utf8)
    try folder.write(bytes, to: "d.gguf")
    #expect(failure(folder("d.gguf"))?.found == "no tensor named direction.N")
    let early = thrownFailure {
      try ControlVector(modelHint: "", directions: [1: vector]).write(to: folder("e.gguf"))
    }
    #expect(early?.kind == .usage && early?.found == "1")
    #expect(!FileManager.default.fileExists(atPath: folder("e.gguf")))
  }
}
