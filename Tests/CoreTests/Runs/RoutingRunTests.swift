import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerFormats
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Routing beside a run's states: what a forward pass chose, whole after a kill and in shards, and
/// refused by name where there is none or the file is wrong.
struct RoutingRunTests {
  let fixture: RunFixture
  let model: String

  init() throws {
    fixture = try RunFixture(rows: 60)
    model = try TinyMixture.write(into: fixture.folder)
  }

  func extraction(to run: String = "run", _ position: Position = .last) -> Extraction {
    var extraction = fixture.extraction(to: run, position)
    extraction.model = model
    extraction.keepsRouting = true
    return extraction
  }

  // MARK: Right ones

  @Test(arguments: [Position.last, .all, .mean])
  func itIsWhatAPassChose(position: Position) throws {
    var extraction = extraction(to: "run", position)
    extraction.limit = 6
    try fixture.run(extraction)
    let run = try Run.open(extraction.folder)
    #expect(run.manifest.routing?.layers == [1, 2, 3])
    #expect(run.manifest.routing?.experts == TinyMixture.experts)
    #expect(run.manifest.routing?.used == TinyMixture.used)
    let language = try LanguageModel(model)
    let set = try ConceptSet(contentsOf: fixture.concepts)
    let renderer = try RowRenderer(language.tokenizer, template: .plain, maxTokens: 512)
    let routing = try #require(run.routing)
    #expect(try routing.layer(0) == nil)
    var first = 0
    for row in set.rows.prefix(6) {
      let rendered = try renderer.render(row, of: "concepts", at: RecordPlace(line: 1))
      let spans = position.spans(of: rendered)
      var request = ForwardRequest(layers: [3], spans: spans)
      request.keepsRouting = true
      let passed = try language.transformer.forward(
        Batch([rendered.ids]), request: request,
        activations: language.activations(tokens: rendered.ids.count)
      ).routing
      for (layer, wanted) in zip(1...3, passed) {
        let kept = try #require(try routing.layer(layer))
        let places = first * 2..<(first + spans.count) * 2
        #expect(Array(kept.ids[places]) == wanted.ids, "layer \(layer)")
        #expect(relativeDistance(Array(kept.weights[places]), wanted.weights.values) <= 1e-4)
      }
      first += spans.count
    }
    #expect(first == run.rows.count)
  }

  /// What a program that knows the format finds.
  @Test func theFileIsSafetensors() throws {
    var extraction = extraction()
    extraction.layers = [0, 2, 3]
    try fixture.run(extraction)
    let file = try Safetensors(
      path: extraction.folder + "/routing.safetensors", allowsOtherTypes: true)
    #expect(file.otherTensors["experts"]?.dataType == "I32")
    #expect(file.otherTensors["experts"]?.shape == [2, 60, 2])
    #expect(file.tensors["weights"]?.shape == [2, 60, 2])
    #expect(file.tensors.count == 1 && file.otherTensors.count == 1)
    let manifest = try JSON(path: extraction.folder + "/run.json")
    #expect(manifest["routing"]?["layers"]?.elements.compactMap(\.integer) == [2, 3])
    #expect(manifest["routing"]?["experts"]?.integer == 5)
    #expect(manifest["routing"]?["experts_per_token"]?.integer == 2)
    let layer = try #require(try Run.open(extraction.folder).routing?.layer(3))
    for row in 0..<60 {
      let chosen = layer.chosen(row)
      #expect(Set(chosen).count == 2 && layer.top[row] == chosen.first)
      // Mixtral weighs by the softmax over the chosen ones.
      #expect(abs(layer.weights[2 * row] + layer.weights[2 * row + 1] - 1) < 1e-5)
      #expect(layer.weights[2 * row] >= layer.weights[2 * row + 1])
    }
    // Rows differ in where they go.
    #expect(Set(layer.top).count > 1)
  }

  @Test func statesAreThoseWithoutIt() throws {
    try fixture.run(extraction())
    var plain = extraction(to: "plain")
    plain.keepsRouting = false
    try fixture.run(plain)
    #expect(
      try contents(ofRun: plain.folder).keys.sorted() == [
        "rows.csv", "run.json", "states.safetensors",
      ])
    let name = "/states.safetensors"
    #expect(try bytes(ofFile: plain.folder + name) == bytes(ofFile: fixture.folder("run") + name))
  }

  @Test(arguments: [Position.last, .all])
  func afterAKillAtAnyBatch(position: Position) throws {
    let fixture = fixture
    let count = Locked(0)
    try fixture.run(extraction(to: "run", position)) { _ in
      let number = count.withLock { count in
        count += 1
        return count - 1
      }
      do {
        try fixture.copy("run", to: "run.\(number)")
      } catch {
        Issue.record(error)
      }
      return true
    }
    let whole = try contents(ofRun: fixture.folder("run"))
    #expect(
      whole.keys.sorted() == ["routing.safetensors", "rows.csv", "run.json", "states.safetensors"])
    let batches = count.withLock { $0 }
    #expect(batches >= 3)
    for number in 0..<batches {
      try fixture.run(extraction(to: "run.\(number)", position))
      #expect(try contents(ofRun: fixture.folder("run.\(number)")) == whole, "batch \(number)")
    }
  }

  @Test(arguments: ["routing.safetensors", "states.safetensors"])
  func afterAKillAmongTheLastRenames(named: String) throws {
    let fixture = fixture
    try fixture.run(extraction()) { _ in
      try? FileManager.default.removeItem(atPath: fixture.folder("last"))
      do {
        try fixture.copy("run", to: "last")
      } catch {
        Issue.record(error)
      }
      return true
    }
    let whole = try contents(ofRun: fixture.folder("run"))
    let path = fixture.folder("last") + "/" + named
    try FileManager.default.moveItem(atPath: path + ".partial", toPath: path)
    try fixture.run(extraction(to: "last"))
    #expect(try contents(ofRun: fixture.folder("last")) == whole)
  }

  @Test func shardsJoin() throws {
    let whole = extraction()
    try fixture.run(whole)
    var folders: [String] = []
    for number in 1...3 {
      let shard = try #require(Shard(number, of: 3))
      var part = whole
      part.shard = shard
      part.folder = shard.folder(of: whole.folder)
      try fixture.run(part)
      #expect(try Run.open(part.folder).routing != nil)
      folders.append(part.folder)
    }
    let join = ShardJoin(shards: folders, folder: fixture.folder("joined"))
    _ = try Engine().submit("join", priority: .map, body: { try join.run($0) }).wait()
    #expect(try contents(ofRun: fixture.folder("joined")) == contents(ofRun: whole.folder))
    // A shard without it is another recipe.
    let shard = try #require(Shard(2, of: 3))
    var other = whole
    other.keepsRouting = false
    other.shard = shard
    other.folder = fixture.folder("other.2of3")
    try fixture.run(other)
    let mixed = ShardJoin(
      shards: [folders[0], other.folder, folders[2]], folder: fixture.folder("mixed"))
    let failure = thrownFailure {
      _ = try Engine().submit("join", priority: .map, body: { try mixed.run($0) }).wait()
    }
    try #require(failure).expect(found: "differs in routing (not kept)")
  }

  @Test func itFollowsARunThatKeepsIt() throws {
    try fixture.run(extraction())
    var other = fixture.extraction(to: "other")
    other.follow(try Run.open(fixture.folder("run")).manifest)
    #expect(other.keepsRouting)
  }

  // MARK: Wrong ones

  @Test func aModelWithoutRouter() throws {
    var extraction = fixture.extraction()
    extraction.keepsRouting = true
    try #require(fixture.failure(extraction)).expect(
      place: "--routing", found: "a model without experts: it has no router",
      wanted: "a mixture of experts", advice: "Leave out --routing")
    #expect(!FileManager.default.fileExists(atPath: extraction.folder))
  }

  @Test func layersWithoutRouter() throws {
    var extraction = extraction()
    extraction.layers = [0]
    try #require(fixture.failure(extraction)).expect(
      .usage, place: "--routing", found: "layers without a router: 0", wanted: "one of 1 to 3")
  }

  @Test func aRunWithoutItIsAnotherOne() throws {
    var plain = extraction()
    plain.keepsRouting = false
    try fixture.run(plain)
    try #require(fixture.failure(extraction())).expect(
      .cannotWrite, found: "differs in routing (not kept)")
    #expect(try Run.open(plain.folder).routing == nil)
  }

  @Test func damagedFilesAreNamed() throws {
    let whole = extraction()
    try fixture.run(whole)
    let path = whole.folder + "/routing.safetensors"
    let good = try bytes(ofFile: path)
    func opening(_ bytes: [UInt8]?) throws -> Failure? {
      try FileManager.default.removeItem(atPath: path)
      if let bytes { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
      defer { try? Data(good).write(to: URL(fileURLWithPath: path)) }
      return thrownFailure { _ = try Run.open(whole.folder).routing?.layer(2) }
    }
    #expect(try opening(good) == nil)
    try #require(try opening(nil)).expect(.missingInput, file: path, found: "")
    let file = try Safetensors(path: path, allowsOtherTypes: true)
    // The second row's first expert at layer 2.
    let ids = try #require(file.otherTensors["experts"]).range.lowerBound
    var wrong = good
    wrong[ids + (60 + 1) * 8] = 5
    try #require(try opening(wrong)).expect(
      file: path, place: "tensor experts, layer 2, row 1", found: "5", wanted: "experts below 5")
    wrong.replaceSubrange(ids + (60 + 1) * 8..<ids + (60 + 1) * 8 + 4, with: little(Int32(-2)))
    try #require(try opening(wrong)).expect(found: "-2")
    // Between its length and the data.
    let header = String(decoding: good[8..<ids], as: UTF8.self)
    func renamed(_ old: String, _ new: String) -> [UInt8] {
      Array(good[..<8]) + Array(header.replacing(old, with: new).utf8) + good[ids...]
    }
    try #require(try opening(renamed("experts", "expertz"))).expect(
      place: "tensor experts", found: "no such tensor", wanted: "I32 of shape [3, 60, 2]")
    try #require(try opening(renamed("weights", "weightz"))).expect(
      place: "tensor weights", found: "no such tensor")
    try #require(try opening(renamed("[3,60,2]", "[3,30,4]"))).expect(
      place: "tensor experts", found: "I32 of shape [3, 30, 4]", wanted: "[3, 60, 2]")
  }

  @Test(
    arguments: [
      ("layers", [7]), ("layers", [Int]()), ("layers", [2, 1]), ("experts", 0),
      ("experts_per_token", 9),
      ("experts_per_token", 0),
    ] as [(String, any Sendable)])
  func aManifestThatCannotBe(key: String, value: any Sendable) throws {
    var extraction = extraction()
    extraction.limit = 3
    try fixture.run(extraction)
    let path = extraction.folder + "/run.json"
    let data = Data(try bytes(ofFile: path))
    var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var routing = try #require(object["routing"] as? [String: Any])
    routing[key] = value
    object["routing"] = routing
    try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: path))
    try #require(thrownFailure { _ = try Run.open(extraction.folder) }).expect(
      file: path, place: "routing", found: "experts")
  }
}
