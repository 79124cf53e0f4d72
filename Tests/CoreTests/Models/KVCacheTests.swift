import SeerModels
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Continuing a row from its keys and values is the same as running it whole.
struct KVCacheTests {
  let model: LanguageModel
  let ids: [Int32]

  init() throws {
    model = try TinyLlama.model(.q4_1)
    ids = try TinyLlama.prompts()[2].ids
  }

  /// Runs a piece after what is cached: every token's state at the last layer.
  func run(_ piece: [Int32], _ cache: KVCache) throws -> [[Float]] {
    let result = try model.transformer.forward(
      Batch([piece]), caches: [cache],
      request: ForwardRequest(layers: [3], spans: piece.indices.map { $0..<$0 + 1 }),
      activations: model.activations(tokens: piece.count))
    return (0..<piece.count).map { result.states[0].values(row: $0) }
  }

  func expectEqual(_ ours: [[Float]], _ theirs: [[Float]]) {
    #expect(ours.count == theirs.count)
    for (token, (a, b)) in zip(ours, theirs).enumerated() {
      #expect(relativeDistance(a, b) <= 1e-5, "token \(token)")
    }
  }

  @Test(arguments: [[1], [2], [3], [4], [63], [64], [65], [1, 70], [5, 1, 1, 40, 2]])
  func piecesEqualOnePass(sizes: [Int]) throws {
    let cache = model.cache()
    var states: [[Float]] = []
    var start = 0
    var turn = 0
    while start < ids.count {
      let end = min(ids.count, start + sizes[turn % sizes.count])
      states += try run(Array(ids[start..<end]), cache)
      start = end
      turn += 1
      #expect(cache.count == start)
    }
    expectEqual(states, try model.states(ids, layers: [3])[0])
  }

  @Test func aCacheGrowsAndKeepsWhatItHolds() throws {
    let cache = model.cache()
    let row = (0..<700).map { Int32(($0 * 37) % 325) }
    let states =
      try run(Array(row[..<250]), cache) + run(Array(row[250..<260]), cache)
      + run(Array(row[260...]), cache)
    #expect(cache.count == 700)
    #expect(cache.bytes >= 2 * 3 * 700 * 32 * 4)
    expectEqual(states, try model.states(row, layers: [3])[0])
  }

  @Test(arguments: [0, 1, 17, 93])
  func aTruncatedCacheForgetsTheTail(kept: Int) throws {
    let cache = model.cache()
    _ = try run(ids, cache)
    cache.truncate(to: kept)
    #expect(cache.count == kept)
    let other: [Int32] = [9, 8, 7, 6, 5, 4, 3]
    let states = try run(other, cache)
    expectEqual(
      states, Array(try model.states(ids.prefix(kept) + other, layers: [3])[0].dropFirst(kept)))
  }

  @Test func rowsOfABatchContinueTheirOwnCaches() throws {
    let rows: [[Int32]] = [Array(ids[..<20]), [4], Array(ids[30..<42])]
    let more: [[Int32]] = [[1], [2, 3, 4, 5, 6], [7, 8]]
    let caches = rows.map { _ in model.cache() }
    for (row, cache) in zip(rows, caches) { _ = try run(row, cache) }
    let batch = Batch(more)
    let result = try model.transformer.forward(
      batch, caches: caches,
      request: ForwardRequest(layers: [3], spans: batch.tokens.indices.map { $0..<$0 + 1 }),
      activations: model.activations(tokens: batch.tokens.count))
    for index in rows.indices {
      let whole = try model.states(rows[index] + more[index], layers: [3])[0]
      let ours = batch.rows[index].range.map { result.states[0].values(row: $0) }
      expectEqual(ours, Array(whole.dropFirst(rows[index].count)))
    }
  }

  @Test func anInterruptedPassLeavesTheCacheAsItWas() throws {
    let cache = model.cache()
    _ = try run(Array(ids[..<30]), cache)
    var blocks = 0
    #expect(throws: Cancelled.self) {
      try model.transformer.forward(
        Batch([[1, 2, 3, 4, 5]]), caches: [cache], request: ForwardRequest(layers: [3]),
        activations: model.activations(tokens: 5),
        checkpoint: {
          blocks += 1
          if blocks == 2 { throw Cancelled() }
        })
    }
    #expect(cache.count == 30)
    expectEqual(
      try run(Array(ids[30...]), cache), Array(try model.states(ids, layers: [3])[0].dropFirst(30)))
  }
}
