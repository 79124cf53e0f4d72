import CKernels
import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Mixtures of experts: which experts tokens go to, what is read of the others, and the forms in
/// which files have them.
struct MixtureTests {
  static let names = [
    "mixtral", "qwen2moe", "qwen3moe", "olmoe", "gptoss", "granitemoe", "granitemoeshared",
  ]
  static let all = TinyFamily.all.filter { names.contains($0.name) }

  /// The routing of one block, which is the last that a pass runs.
  func routing(
    _ model: Transformer, _ ids: [Int32], block: Int
  ) throws -> (ids: [[Int32]], weights: [[Float]]) {
    let state = Activations(capacity: ids.count, configuration: model.configuration)
    _ = try model.forward(
      Batch([ids]),
      request: ForwardRequest(layers: [block + 1], spans: ids.indices.map { $0..<$0 + 1 }),
      activations: state)
    let routing = try #require(state.buffers.routing)
    let used = routing.weights.columns
    return (
      ids.indices.map { token in
        (0..<used).map { routing.ids.elements[token * used + $0] }
      }, ids.indices.map { routing.weights.values(row: $0) }
    )
  }

  @Test(arguments: all)
  func expertsAndWeightsAreTheReferences(family: TinyFamily) throws {
    let model = try family.open()
    let sparse = try #require(model.configuration.experts).blocks.sorted()
    for row in 0..<2 {
      let ids = try family.ids(row)
      let experts = try family.golden("\(row).experts")
      let weights = try family.golden("\(row).weights")
      try #require(experts.count == sparse.count * ids.count)
      for (place, block) in sparse.enumerated() {
        let ours = try routing(model, ids, block: block)
        for token in ids.indices {
          let index = place * ids.count + token
          #expect(ours.ids[token].map { Float($0) } == experts[index], "block \(block)")
          #expect(relativeDistance(ours.weights[token], weights[index]) <= 1e-4)
        }
      }
    }
  }

  /// What a pass that keeps routing tells of every block, and of a span the experts of the largest
  /// mean weights.
  @Test(arguments: all)
  func routingOfSpansIsTheReferences(family: TinyFamily) throws {
    let model = try family.open()
    let e = try #require(model.configuration.experts)
    let ids = try family.ids(0)
    let experts = try family.golden("0.experts")
    let weights = try family.golden("0.weights")
    let wide = [3..<20, 5..<5, 31..<33]
    func routing(_ spans: [Range<Int>]) throws -> [RoutedSpans] {
      var request = ForwardRequest(layers: [model.configuration.blocks], spans: spans)
      request.keepsRouting = true
      return try model.forward(
        Batch([ids]), request: request,
        activations: Activations(capacity: ids.count, configuration: model.configuration)
      ).routing
    }
    let single = try routing(ids.indices.map { $0..<$0 + 1 })
    let some = try routing([4..<5, 60..<61])
    let means = try routing(wide)
    #expect(single.map(\.block) == e.blocks.sorted() && means.map(\.block) == single.map(\.block))
    for (place, layer) in single.enumerated() {
      let first = place * ids.count
      #expect(
        layer.ids.map { Float($0) } == experts[first..<first + ids.count].flatMap { $0 })
      #expect(
        relativeDistance(
          layer.weights.values, weights[first..<first + ids.count].flatMap { $0 }) <= 1e-4)
      #expect(
        some[place].ids
          == Array(
            layer.ids[4 * e.used..<5 * e.used] + layer.ids[60 * e.used..<61 * e.used]))
      for (row, span) in wide.enumerated() {
        var sums = [Double](repeating: 0, count: e.count)
        for token in span {
          for (expert, weight) in zip(experts[first + token], weights[first + token]) {
            sums[Int(expert)] += Double(weight)
          }
        }
        let largest = sums.indices.filter { sums[$0] > 0 }.sorted { sums[$0] > sums[$1] }
          .prefix(e.used)
        for slot in 0..<e.used {
          let id = means[place].ids[row * e.used + slot]
          #expect(id == (slot < largest.count ? Int32(largest[slot]) : -1))
          let mean = span.isEmpty ? 0 : sums[max(0, Int(id))] / Double(span.count)
          #expect(abs(Double(means[place].weights[row, slot]) - mean) <= 1e-4)
        }
      }
    }
  }

  /// Every weight of an expert that the token does not go to is no number: the state stays the same.
  @Test(arguments: names)
  func expertsThatNobodyGoesToAreNotRead(name: String) throws {
    let family = TinyFamily(name: name, format: .gguf)
    let model = try family.open()
    let ids = Array(try family.ids(1).prefix(1))
    let wanted = try model.states(ids)
    let path = family.folder + "/model.gguf"
    let file = try GGUF(path: path)
    var contents = try bytes(ofFile: path)
    for block in try #require(model.configuration.experts).blocks {
      let chosen = Set(try routing(model, ids, block: block).ids[0])
      for kind in ["gate", "up", "down"] {
        let tensor = try #require(file.tensors["blk.\(block).ffn_\(kind)_exps.weight"])
        let size = tensor.range.count / tensor.shape[0]
        for expert in 0..<tensor.shape[0] where !chosen.contains(Int32(expert)) {
          let first = tensor.range.lowerBound + expert * size
          for place in first..<first + size { contents[place] = 0xFF }
        }
      }
    }
    let folder = try TemporaryFolder()
    let changed = try Transformer(openModel(folder.write(contents, to: "model.gguf")))
    #expect(try changed.states(ids) == wanted)
  }

  /// What transformers 5 has in memory has other names than what it writes.
  @Test(arguments: ["mixtral", "qwen3moe", "granitemoe"])
  func fusedExpertsAreTheSame(name: String) throws {
    let family = TinyFamily(name: name, format: .huggingFace)
    let ids = try family.ids(1)
    let wanted = try family.open().states(ids)
    let fused = try Transformer(openModel(family.folder + "/fused"))
    #expect(try fused.states(ids) == wanted)
  }

  /// Files of llama.cpp's first years have a tensor for each expert.
  @Test func aTensorForEachExpertIsTheSame() throws {
    let family = TinyFamily(name: "mixtral", format: .gguf)
    let ids = try family.ids(1)
    let (folder, source) = try StoredKeyTests.opened("mixtral") { builder in
      builder.tensors = builder.tensors.flatMap { tensor -> [GGUFBuilder.Tensor] in
        guard tensor.name.hasSuffix("_exps.weight") else { return [tensor] }
        let count = Int(tensor.sizes[2])
        let size = tensor.bytes.count / count
        return (0..<count).map { expert in
          GGUFBuilder.Tensor(
            String(tensor.name.dropLast("_exps.weight".count)) + ".\(expert).weight",
            sizes: Array(tensor.sizes.prefix(2)), type: tensor.type,
            bytes: Array(tensor.bytes[expert * size..<(expert + 1) * size]))
        }
      }
    }
    defer { withExtendedLifetime(folder) {} }
    #expect(try Transformer(source).states(ids) == family.open().states(ids))
  }

  @Test(arguments: [
    ("mixtral", "llama.expert_used_count", GGUFBuilder.Value.uint32(6), "at most 5"),
    ("mixtral", "llama.expert_used_count", .uint32(0), "1 to"),
    ("mixtral", "llama.expert_weights_scale", .float32(2), "scaling what experts make"),
    ("mixtral", "llama.expert_gating_func", .uint32(2), "another weighting"),
    ("mixtral", "llama.expert_group_count", .uint32(4), "groups of experts"),
    ("gptoss", "gpt-oss.expert_gating_func", .uint32(1), "3, the softmax"),
    ("qwen2moe", "qwen2moe.expert_shared_feed_forward_length", .uint32(0), "1 to"),
  ])
  func aKeyIsRefusedByName(
    family: String, key: String, value: GGUFBuilder.Value, wanted: String
  ) throws {
    let (folder, source) = try StoredKeyTests.opened(family) { $0.set(key, value) }
    defer { withExtendedLifetime(folder) {} }
    let failure = try #require(thrownFailure { _ = try Transformer(source) }, "it opened")
    failure.expect(file: folder("model.gguf"), place: "key \(key)", found: "", wanted: wanted)
  }

  @Test func weightsAreNormalisedWhereTheFileSaysSo() throws {
    let variant = try #require(
      ConfigurationVariant.all.first { $0.family == "qwen2moe" && $0.name == "normalised" })
    let (folder, source) = try StoredKeyTests.opened("qwen2moe") {
      $0.set("qwen2moe.expert_weights_norm", .bool(true))
    }
    defer { withExtendedLifetime(folder) {} }
    let model = try Transformer(source)
    let ids = try TinyFamily(name: "qwen2moe", format: .gguf).ids(0)
    let ours = try #require(try model.states(ids, layers: [3])[0].last)
    #expect(relativeDistance(ours, try #require(variant.state)) <= 1e-4)
  }

  @Test func aMissingExpertIsNamed() throws {
    let (folder, source) = try StoredKeyTests.opened("qwen3moe") { builder in
      builder.tensors.removeAll { $0.name == "blk.1.ffn_up_exps.weight" }
    }
    defer { withExtendedLifetime(folder) {} }
    let failure = try #require(thrownFailure { _ = try Transformer(source) }, "it opened")
    failure.expect(
      place: "tensor blk.1.ffn_up_exps.weight", found: "no such tensor", wanted: "[8, 20, 32]")
  }

  /// A model of more experts costs no more a token.
  @Test func costsCountTheExpertsThatATokenGoesTo() throws {
    let folder = Fixtures.folder + "/Families/qwen3moe/model.gguf"
    let source = try openModel(folder)
    let model = try Transformer(source)
    let c = model.configuration
    let e = try #require(c.experts)
    let attention = 2 * c.width * (c.queryWidth + c.keyWidth)
    let dense = 3 * c.width * c.feedForward
    let sparse = e.count * c.width + e.used * 3 * c.width * e.feedForward
    let blocks = model.blocks.map { $0.products(c) }
    #expect(
      blocks == [attention + dense, attention + sparse, attention + dense, attention + sparse])
  }

  // MARK: Adapters

  /// A copy of a family's adapter with other words in its configuration.
  func adapter(
    of name: String, _ change: (inout [String: Any]) -> Void,
    tensors: (String) -> String? = { $0 }
  ) throws -> TemporaryFolder {
    let source = Fixtures.folder + "/Families/\(name)/adapter"
    var settings = try object(ofFile: source + "/adapter_config.json")
    change(&settings)
    let folder = try TemporaryFolder()
    try folder.write(
      String(decoding: JSONSerialization.data(withJSONObject: settings), as: UTF8.self),
      to: "adapter_config.json")
    try folder.write(
      changed(try bytes(ofFile: source + "/adapter_model.safetensors"), names: tensors),
      to: "adapter_model.safetensors")
    return folder
  }

  @Test func adaptersOfExpertsAreRefusedByName() throws {
    let c = try TinyFamily(name: "mixtral", format: .gguf).open().configuration
    let fused = try adapter(
      of: "mixtral",
      {
        $0["target_parameters"] = ["mlp.experts.gate_up_proj"]
      })
    try #require(thrownFailure { _ = try AdapterFile.read(fused.path, for: c) }, "it was read")
      .expect(place: "key target_parameters", found: "gate_up_proj", advice: "peft")
    // As older versions name them: a layer for each expert.
    let layers = try adapter(of: "mixtral", { _ in }) {
      $0.contains("layers.2.self_attn.v_proj")
        ? $0.split(separator: ".").map {
          ["self_attn": "block_sparse_moe.experts.0", "v_proj": "w1"][$0] ?? String($0)
        }.joined(separator: ".") : $0
    }
    let failure = try #require(
      thrownFailure { _ = try AdapterFile.read(layers.path, for: c) }, "it was read")
    #expect(failure.kind == .badData && failure.place?.hasPrefix("tensor ") == true)
  }

  /// What peft writes for transformers' fused experts, whatever its user asked for
  /// (Fixtures/Adapters/make_experts.py).
  @Test(arguments: [
    ("experts-parameters", "mlp.experts.gate_up_proj"), ("experts-layers", "gate_up_proj"),
    ("experts-router", "gate.weight"),
  ])
  func peftsAdaptersOfExpertsAreRefusedByName(name: String, found: String) throws {
    let folder = Fixtures.folder + "/Adapters/" + name
    for format in [WeightFormat.gguf, .huggingFace] {
      let c = try TinyFamily(name: "qwen3moe", format: format).open().configuration
      try #require(thrownFailure { _ = try AdapterFile.read(folder, for: c) }, "it was read")
        .expect(
          file: folder + "/adapter_config.json", place: "key target_parameters", found: found,
          advice: "merge_and_unload")
    }
  }

  @Test func aBiasBehindAGateIsRefused() throws {
    let c = try TinyFamily(name: "qwen2moe", format: .gguf).open().configuration
    let biased = try adapter(of: "qwen2moe", { $0["lora_bias"] = true })
    try #require(thrownFailure { _ = try AdapterFile.read(biased.path, for: c) }, "it was read")
      .expect(place: "key target_modules", found: "shared_expert.down_proj with lora_bias")
  }

  // MARK: Kernels

  @Test(arguments: [Int32(sk_route_all), Int32(sk_route_normalised), Int32(sk_route_chosen)])
  func ofEqualLogitsTheFirstAreChosen(kind: Int32) {
    var logits: [Float] = [1, 3, 2, 3, 3, 0, 3]
    var ids = [Int32](repeating: -1, count: 3)
    var weights = [Float](repeating: .nan, count: 3)
    sk_route(&ids, &weights, &logits, 7, 3, kind)
    #expect(ids == [1, 3, 4])
    #expect(weights[0] == weights[1] && weights[1] == weights[2])
    if kind != Int32(sk_route_all) { #expect(abs(weights.reduce(0, +) - 1) < 1e-6) }
  }

  @Test func idsAreInRangeWhateverTheLogits() {
    for value in [Float.nan, .infinity, -.infinity] {
      var logits: [Float] = [value, 1, value, value]
      var ids = [Int32](repeating: -1, count: 2)
      var weights: [Float] = [0, 0]
      sk_route(&ids, &weights, &logits, 4, 2, Int32(sk_route_chosen))
      #expect(ids.allSatisfy { (0..<4).contains($0) } && ids[0] != ids[1])
    }
  }

  @Test func slotsAreGroupedByExpertInOrder() {
    let ids: [Int32] = [3, 0, 3, 2, 0, 3]
    var starts = [Int32](repeating: -1, count: 6)
    var order = [Int32](repeating: -1, count: 6)
    sk_group_slots(&starts, &order, ids, 6, 5)
    #expect(starts == [0, 2, 2, 3, 6, 6])
    #expect(order == [1, 4, 3, 0, 2, 5])
  }
}
