import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import TestModels
import TestSupport
import Testing

/// Adapter folders between peft and Seer.
struct AdapterFileTests {
  /// A model's states of every layer and token of one row, one after another.
  func states(_ model: LanguageModel, _ adapter: Adapter?, _ ids: [Int32]) throws -> [[Float]] {
    let result = try model.transformer.forward(
      Batch([ids]), adapter: adapter,
      request: ForwardRequest(
        layers: TinyLlama.allLayers, spans: ids.indices.map { $0..<$0 + 1 }),
      activations: model.activations(tokens: ids.count))
    return result.states.flatMap { matrix in (0..<matrix.rows).map { matrix.values(row: $0) } }
  }

  func expectStates(_ ours: [[Float]], _ theirs: [Float], _ tokens: Int) {
    #expect(ours.count == 4 * tokens && theirs.count == ours.count * 64)
    for (index, row) in ours.enumerated() {
      #expect(
        relativeDistance(row, Array(theirs[index * 64..<(index + 1) * 64])) <= 1e-5,
        "layer \(index / tokens), token \(index % tokens)")
    }
  }

  @Test(arguments: ["adapter-plain", "adapter-partial"], TinyLlama.types)
  func whatPeftWritesGivesThatStates(name: String, type: BlockType) throws {
    let model = try TinyLlama.model(type)
    let adapter = try AdapterFile.read(
      TrainingGolden.folder + "/" + name, for: model.configuration)
    let ids = try TrainingGolden.load().rows[1].ids
    let theirs = try #require(TrainingGolden.tensors("adapters.safetensors")[name])
    let ours = try states(model, adapter, ids)
    expectStates(ours, theirs, ids.count)
    // Short rows take the path that multiplies stored blocks directly.
    let short = try states(model, adapter, Array(ids.prefix(2)))
    for layer in TinyLlama.allLayers {
      for token in 0..<2 {
        let long = ours[layer * ids.count + token]
        #expect(relativeDistance(short[layer * 2 + token], long) <= 1e-5)
      }
    }
  }

  @Test func configurationIsPefts() throws {
    let c = try TinyLlama.model().configuration
    let partial = try AdapterFile.read(TrainingGolden.folder + "/adapter-partial", for: c)
    #expect(
      partial.configuration
        == LoRAConfiguration(
          rank: 3, alpha: 5, dropout: 0, targets: [.queries, .values, .down], blocks: [0, 2],
          isRankStabilised: true))
    #expect(partial.configuration.scale == Float(5 / 3.0.squareRoot()))
    #expect(partial.pair(block: 1, .queries) == nil && partial.pair(block: 0, .keys) == nil)
    let plain = try AdapterFile.read(TrainingGolden.folder + "/adapter-plain", for: c)
    #expect(
      plain.configuration == LoRAConfiguration(rank: 4, alpha: 8, dropout: 0, blocks: [0, 1, 2]))
  }

  static func randomAdapter(
    _ configuration: LoRAConfiguration, _ c: ModelConfiguration
  ) -> Adapter {
    var random = SeededGenerator(seed: 77)
    let adapter = Adapter(zeros: configuration, c)
    for matrix in adapter.parameters {
      for index in 0..<matrix.count { matrix.elements[index] = random.normal() * 0.1 }
    }
    return adapter
  }

  static let configurations = [
    LoRAConfiguration(rank: 3, alpha: 5, blocks: [0, 1]),
    LoRAConfiguration(
      rank: 8, alpha: 2.5, dropout: 0.25, targets: [.keys, .output, .gate], blocks: [2],
      isRankStabilised: true),
  ]

  @Test(arguments: configurations)
  func whatWeWriteHasPeftsKeysShapesAndFields(configuration: LoRAConfiguration) throws {
    let c = try TinyLlama.model().configuration
    let folder = try TemporaryFolder()
    let adapter = Self.randomAdapter(configuration, c)
    try AdapterFile.write(adapter, to: folder.path, model: "a \"tiny\" model")
    #expect(
      try names(inFolder: folder.path) == ["adapter_config.json", "adapter_model.safetensors"])

    let file = try Safetensors(path: folder("adapter_model.safetensors"))
    var expected: [String: [Int]] = [:]
    for block in configuration.blocks {
      for target in configuration.targets {
        let module = [.gate, .up, .down].contains(target) ? "mlp" : "self_attn"
        let name = "base_model.model.model.layers.\(block).\(module).\(target.rawValue)"
        let shape = target.shape(c)
        expected[name + ".lora_A.weight"] = [configuration.rank, shape.inputs]
        expected[name + ".lora_B.weight"] = [shape.outputs, configuration.rank]
      }
    }
    #expect(file.tensors.mapValues(\.shape) == expected)
    #expect(file.tensors.values.allSatisfy { $0.dataType == .float32 })
    #expect(file.metadata["format"] == "pt")

    let object = try JSONSerialization.jsonObject(
      with: Data(bytes(ofFile: folder("adapter_config.json"))))
    let values = try #require(object as? [String: Any])
    #expect(values["peft_type"] as? String == "LORA")
    #expect(values["task_type"] as? String == "CAUSAL_LM")
    #expect(values["base_model_name_or_path"] as? String == "a \"tiny\" model")
    #expect(values["r"] as? Int == configuration.rank)
    #expect(values["lora_alpha"] as? Double == configuration.alpha)
    #expect(values["lora_dropout"] as? Double == configuration.dropout)
    #expect(values["bias"] as? String == "none")
    #expect(values["use_rslora"] as? Bool == configuration.isRankStabilised)
    #expect(values["use_dora"] as? Bool == false)
    #expect(values["inference_mode"] as? Bool == true)
    #expect(values["layers_to_transform"] as? [Int] == configuration.blocks)
    #expect(values["target_modules"] as? [String] == configuration.targets.map(\.rawValue))
    // Every key is one that peft's own file has.
    let theirs = try JSONSerialization.jsonObject(
      with: Data(bytes(ofFile: TrainingGolden.folder + "/adapter-plain/adapter_config.json")))
    let known = Set(try #require(theirs as? [String: Any]).keys)
    #expect(Set(values.keys).subtracting(known).isEmpty)

    let back = try AdapterFile.read(folder.path, for: c)
    #expect(back.configuration == configuration)
    for (a, b) in zip(back.parameters, adapter.parameters) { #expect(a.values == b.values) }
  }

  @Test func anyAlphaIsWritten() throws {
    let c = try TinyLlama.model().configuration
    for alpha in [1e300, 0.1, 1e15, 16] {
      let folder = try TemporaryFolder()
      let adapter = Self.randomAdapter(
        LoRAConfiguration(rank: 1, alpha: alpha, targets: [.keys], blocks: [0]), c)
      try AdapterFile.write(adapter, to: folder.path, model: "tiny")
      #expect(try AdapterFile.read(folder.path, for: c).configuration.alpha == alpha)
    }
  }

  static let python = ProcessInfo.processInfo.environment["SEER_PYTHON"]

  @Test(
    .enabled(if: python != nil, "SEER_PYTHON names a Python with peft"), arguments: configurations)
  func whatWeWriteLoadsInPeft(configuration: LoRAConfiguration) throws {
    let model = try TinyLlama.model()
    let folder = try TemporaryFolder()
    let adapter = Self.randomAdapter(configuration, model.configuration)
    try AdapterFile.write(adapter, to: folder("adapter"), model: "tiny")
    let ids = try TrainingGolden.load().rows[3].ids
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    process.arguments =
      [
        "-W", "ignore", TrainingGolden.folder + "/load_adapter.py", folder("adapter"),
        folder("states.safetensors"),
      ] + ids.map(String.init)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let file = try Safetensors(path: folder("states.safetensors"))
    let tensor = try #require(file.tensors["states"])
    let theirs = MutableMatrix(rows: 1, columns: tensor.count)
    file.read(tensor, count: tensor.count, into: theirs.elements)
    expectStates(try states(model, adapter, ids), theirs.values, ids.count)
  }
}
