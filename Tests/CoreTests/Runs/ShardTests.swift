import Foundation
import LinearAlgebra
import SeerModels
import SeerRuns
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Shards of an extraction, made in any order and joined, are the run that one process writes: byte
/// for byte but for the measured seconds.
struct ShardTests {
  let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  func shard(_ number: Int, of count: Int, _ extraction: Extraction) throws -> Extraction {
    let shard = try #require(Shard(number, of: count))
    var part = extraction
    part.shard = shard
    part.folder = shard.folder(of: extraction.folder)
    return part
  }

  /// Makes all shards of an extraction, the last first.
  func shards(_ count: Int, _ extraction: Extraction) throws -> [String] {
    try (1...count).reversed().map { number in
      let part = try shard(number, of: count, extraction)
      try fixture.run(part)
      return part.folder
    }
  }

  func join(_ shards: [String], into run: String) throws -> ShardJoin.Summary {
    let join = ShardJoin(shards: shards, folder: fixture.folder(run))
    let engine = Engine()
    return try engine.submit("join", priority: .map, body: { try join.run($0) }).wait()
  }

  func refusal(_ shards: [String], into run: String = "joined") throws -> Failure {
    let failure = try #require(thrownFailure { _ = try join(shards, into: run) })
    #expect(!FileManager.default.fileExists(atPath: fixture.folder(run)), "nothing is made")
    return failure
  }

  @Test(arguments: [
    (Position.last, false, 2), (.all, true, 3), (.mean, false, 1), (.promptEnd, true, 9),
  ])
  func joinedIsTheWhole(position: Position, half: Bool, count: Int) throws {
    var extraction = fixture.extraction(position, half: half)
    extraction.layers = position == .all ? [1, 3] : nil
    try fixture.run(extraction)
    let folders = try shards(count, extraction)
    let summary = try join(folders, into: "joined")
    #expect(summary.rows == (try Run.open(extraction.folder)).manifest.rows)
    #expect(
      try contents(ofRun: fixture.folder("joined")) == contents(ofRun: extraction.folder))
    let again = try join(folders, into: "joined")
    #expect(again.notes.contains { $0.contains("holds this run already") })
    // What was joined is the run: its own command has nothing to do.
    extraction.folder = fixture.folder("joined")
    #expect(try fixture.run(extraction).notes.contains { $0.contains("nothing was done") })
  }

  /// A shard is a run of its own rows.
  @Test func aShardOpensAsARun() throws {
    let extraction = fixture.extraction()
    try fixture.run(extraction)
    let whole = try Run.open(extraction.folder)
    let part = try shard(2, of: 3, extraction)
    try fixture.run(part)
    let run = try Run.open(part.folder)
    #expect(run.manifest.shard == part.shard && run.manifest.batchTokens == Batch.usualTokens)
    #expect(!run.rows.isEmpty && run.rows.count < whole.rows.count)
    #expect(run.rows == run.rows.map { whole.rows[$0.row] })
    for layer in run.manifest.layers {
      let (own, all) = (try run.states(layer: layer), try whole.states(layer: layer))
      for (index, row) in run.rows.enumerated() {
        #expect(own.values(row: index) == all.values(row: row.row))
      }
    }
  }

  @Test func moreShardsThanBatches() throws {
    var extraction = fixture.extraction()
    extraction.limit = 3
    try fixture.run(extraction)
    let empty = try fixture.run(try shard(2, of: 2, extraction))
    #expect(
      empty.rows == 0 && empty.notes.contains("Shard 2/2 is empty: the rows make 1 batches only."))
    #expect(try Run.open(fixture.folder("run.2of2")).rows.isEmpty)
    _ = try join(try shards(2, extraction), into: "joined")
    #expect(try contents(ofRun: fixture.folder("joined")) == contents(ofRun: extraction.folder))
  }

  @Test(arguments: 0..<2)
  func aShardGoesOnAfterBeingStopped(batches: Int) throws {
    let extraction = fixture.extraction()
    try fixture.run(extraction)
    let part = try shard(1, of: 2, extraction)
    let left = Locked(batches)
    #expect(throws: Cancelled.self) {
      try fixture.run(part) { _ in
        left.withLock { left in
          left -= 1
          return left >= 0
        }
      }
    }
    #expect(try refusal([part.folder]).description.contains("an unfinished run"))
    _ = try join(try shards(2, extraction), into: "joined")
    #expect(try contents(ofRun: fixture.folder("joined")) == contents(ofRun: extraction.folder))
  }

  /// Wherever a join is stopped there is no run yet, and the same join finishes it.
  @Test func aJoinGoesOnAfterBeingStopped() throws {
    let extraction = fixture.extraction(.all)
    try fixture.run(extraction)
    let folders = try shards(2, extraction)
    let whole = try contents(ofRun: extraction.folder)
    for stop in 1...3 {
      let target = fixture.folder("joined\(stop)")
      let join = ShardJoin(shards: folders, folder: target)
      let engine = Engine()
      let left = Locked(stop)
      let job = engine.submit(
        "join", priority: .map,
        onEvent: { (event: JobEvent<ShardJoin.Summary>) in
          guard case .progress = event else { return }
          let isLast = left.withLock { left in
            left -= 1
            return left == 0
          }
          if isLast { for job in engine.jobs { engine.cancel(job.id) } }
        }, body: { try join.run($0) })
      #expect(throws: Cancelled.self) { try job.wait() }
      #expect(thrownFailure { _ = try Run.open(target) }?.kind == .missingInput)
      let summary = try self.join(folders, into: "joined\(stop)")
      #expect(summary.notes == ["Went on with an unfinished run."])
      #expect(try contents(ofRun: target) == whole)
    }
  }

  // MARK: What is refused

  @Test func missingShardsAreNamed() throws {
    let folders = try shards(3, fixture.extraction())
    let failure = try refusal(folders.filter { !$0.hasSuffix("2of3") })
    failure.expect(
      file: fixture.folder("joined"),
      found: "2 of 3 shards, without \(fixture.folder("run.2of3"))", wanted: "all of them",
      advice: "--shard 2/3")
    let gone = fixture.folder("gone.1of3")
    try refusal([gone]).expect(
      file: gone + "/run.json", found: "nothing there", wanted: "a finished shard")
  }

  @Test func aDoubledShard() throws {
    let folders = try shards(2, fixture.extraction())
    try fixture.copy("run.1of2", to: "copy")
    try refusal(folders + [fixture.folder("copy")]).expect(
      file: fixture.folder("copy") + "/run.json",
      found: "shard 1/2, which \(fixture.folder("run.1of2")) is, too", wanted: "each shard once")
  }

  @Test func foreignShards() throws {
    let folders = try shards(2, fixture.extraction())
    let whole = fixture.extraction(to: "whole")
    try fixture.run(whole)
    try refusal([whole.folder] + folders).expect(
      file: whole.folder + "/run.json", place: "shard", found: "a whole run")
    let three = try shard(1, of: 3, fixture.extraction())
    try fixture.run(three)
    try refusal(folders + [three.folder]).expect(
      file: three.folder + "/run.json", found: "shard 1/3", wanted: "one of 2")
    let other = try shard(1, of: 2, fixture.extraction(to: "other", .mean))
    try fixture.run(other)
    try refusal([fixture.folder("run.2of2"), other.folder]).expect(
      file: other.folder + "/run.json", found: "differs in position (mean)",
      wanted: "the recipe of \(fixture.folder("run.2of2"))")
    #expect(thrownFailure { _ = try join([], into: "joined") }?.kind == .usage)
  }

  /// `run.json` says which shard it is; its rows must say the same.
  @Test func rowsOfAnotherShard() throws {
    let folders = try shards(2, fixture.extraction())
    for name in ["rows.csv", "states.safetensors"] {
      let place = fixture.folder("run.1of2") + "/" + name
      try FileManager.default.removeItem(atPath: place)
      try FileManager.default.copyItem(
        atPath: fixture.folder("run.2of2") + "/" + name, toPath: place)
    }
    let rows = try Run.open(fixture.folder("run.2of2")).rows.count
    let manifest = fixture.folder("run.1of2") + "/run.json"
    let text = String(decoding: try bytes(ofFile: manifest), as: UTF8.self)
    let own = try #require(text.firstMatch(of: /"rows" : \d+/))
    try fixture.folder.write(
      text.replacing(own.output, with: "\"rows\" : \(rows)"), to: "run.1of2/run.json")
    try refusal(folders).expect(
      file: fixture.folder("run.1of2") + "/rows.csv", found: "other rows than those of shard 1/2")
  }

  @Test func aRunIsNotOverwritten() throws {
    let folders = try shards(2, fixture.extraction())
    try fixture.run(fixture.extraction(to: "joined", .mean))
    let before = try contents(ofRun: fixture.folder("joined"))
    let failure = try #require(thrownFailure { _ = try join(folders, into: "joined") })
    failure.expect(.cannotWrite, found: "another run, which differs in position (mean)")
    #expect(try contents(ofRun: fixture.folder("joined")) == before)
  }

  // MARK: Plan and names

  @Test func aPlanIsAFunctionOfTheLengths() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let lengths = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        Int.random(in: 1...700, using: &random)
      }
      let plan = BatchPlan(lengths: lengths, tokens: 500)
      #expect(plan.batches.flatMap(Array.init) == Array(lengths.indices))
      let sums = plan.batches.map { lengths[$0].reduce(0, +) }
      for (sum, batch) in zip(sums, plan.batches) { #expect(sum <= 500 || batch.count == 1) }
      for (sum, next) in zip(sums, plan.batches.dropFirst()) {
        #expect(sum + lengths[next.lowerBound] > 500, "no batch had room for more")
      }
      for count in 1...4 {
        let parts = (1...count).map { plan.batches(of: Shard($0, of: count)) }
        #expect(parts.joined().sorted { $0.lowerBound < $1.lowerBound } == plan.batches)
        #expect((parts.map(\.count).max() ?? 0) - (parts.map(\.count).min() ?? 0) <= 1)
      }
    }
  }

  /// Memory decides which weights stay, never what passes together.
  @Test func memoryDoesNotChangeThePlan() throws {
    try fixture.run(fixture.extraction(.all))
    var scarce = fixture.extraction(to: "scarce", .all)
    scarce.memory = MemoryBudget(limit: 1000)
    let failure = try #require(fixture.failure(scarce))
    failure.expect(.usage, place: "--memory", found: "0 MB", wanted: "at least")
    #expect(!FileManager.default.fileExists(atPath: scarce.folder + "/run.json"))
    let plans = Locked<[MemoryPlan]>([])
    for limit in [2_000_000_000, 8_000_000_000] {
      scarce.memory = MemoryBudget(limit: limit) { plan in plans.withLock { $0.append(plan) } }
      scarce.folder = fixture.folder("run-\(limit)")
      try fixture.run(scarce)
      #expect(
        try contents(ofRun: scarce.folder) == contents(ofRun: fixture.folder("run")), "\(limit)")
    }
    #expect(Set(plans.withLock { $0 }.map(\.batchTokens)).count == 1)
  }

  @Test func namesOfShards() {
    #expect(Shard("3/16")?.description == "3/16")
    #expect(Shard("3/16")?.folder(of: "a/run") == "a/run.3of16")
    #expect(Shard("3/16")?.folder(of: "run//") == "run.3of16")
    #expect(Shard("3/16")?.run(ofFolder: "a/run.3of16") == "a/run")
    #expect(Shard("3/16")?.run(ofFolder: "a/run.4of16") == nil)
    for text in [
      "", "/", "1", "0/4", "5/4", "-1/4", "1/0", "1/4/1", "1/", "/4", "a/b", "1/100001", " 1/2",
      "1.0/2", "99999999999999999999/2",
    ] {
      #expect(Shard(text) == nil, "\(text)")
    }
  }

  // MARK: Some layers only

  @Test func someLayersOnly() throws {
    try fixture.run(fixture.extraction())
    var some = fixture.extraction(to: "some")
    some.layers = [1, 3]
    try fixture.run(some)
    let (whole, run) = (try Run.open(fixture.folder("run")), try Run.open(some.folder))
    #expect(run.manifest.layers == [1, 3])
    for layer in [1, 3] {
      let (own, all) = (try run.states(layer: layer), try whole.states(layer: layer))
      for index in 0..<own.count {
        #expect(abs(own.elements[index] - all.elements[index]) < 1e-4)
      }
    }
    let absent = try #require(thrownFailure { _ = try run.states(layer: 2) })
    absent.expect(.usage, file: some.folder, found: "2", wanted: "one of 1, 3")
    some.layers = [1, 4]
    let failure = try #require(fixture.failure(some))
    failure.expect(.usage, place: "--layers", found: "4", wanted: "layers from 0 to 3")
    some.layers = [1, 2]
    let other = try #require(fixture.failure(some))
    other.expect(.cannotWrite, found: "differs in layers (1, 3)")
  }

  @Test(arguments: [
    ([0, 1, 2], "0 to 2"), ([16, 24, 32], "16, 24, 32"), ([0, 4, 5, 6, 9], "0, 4 to 6, 9"),
    ([7], "7"), ([], "none"),
  ])
  func layersInWords(layers: [Int], words: String) {
    #expect(Run.described(layers) == words)
  }
}
