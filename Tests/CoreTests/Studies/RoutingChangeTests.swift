import Foundation
import SeerRuns
import SeerStudies
import SeerSupport
import TestSupport
import Testing

/// How routing moved, against numpy (Fixtures/Routing/make_routing.py).
struct RoutingChangeTests {
  struct Case: Decodable {
    let experts: Int
    let base: [[Int32]]
    let tuned: [[Int32]]
    let topChanged: Double
    let overlap: Double
    let loadVariation: Double
  }

  func routing(_ ids: [[Int32]], experts: Int) -> LayerRouting {
    let used = ids[0].count
    return LayerRouting(
      layer: 1, experts: experts, used: used, ids: ids.flatMap { $0 },
      weights: ids.flatMap { _ in (0..<used).map { 1 / Float(2 + $0) } })
  }

  func change(_ base: [[Int32]], _ tuned: [[Int32]], experts: Int) -> RoutingChange? {
    RoutingChange(
      from: routing(base, experts: experts), to: routing(tuned, experts: experts),
      rows: Array(base.indices))
  }

  @Test func figuresAreNumpys() throws {
    let cases: [Case] = try Fixtures.golden("Routing/routing.json")
    #expect(cases.count == 3)
    for test in cases {
      let found = try #require(change(test.base, test.tuned, experts: test.experts))
      #expect(abs(found.topChanged - test.topChanged) < 1e-12)
      #expect(abs(found.overlap - test.overlap) < 1e-12)
      #expect(abs(found.loadVariation - test.loadVariation) < 1e-12)
      #expect(found.topChanged > 0 && found.overlap < 1 && found.loadVariation > 0)
      // What has not moved, and the same from the other side.
      #expect(
        change(test.base, test.base, experts: test.experts)
          == RoutingChange(topChanged: 0, overlap: 1, loadVariation: 0))
      let back = try #require(change(test.tuned, test.base, experts: test.experts))
      #expect(abs(back.overlap - found.overlap) < 1e-12)
      #expect(abs(back.loadVariation - found.loadVariation) < 1e-12)
    }
  }

  @Test func theEnds() {
    #expect(
      change([[0, 1], [1, 0]], [[2, 3], [3, 2]], experts: 4)
        == RoutingChange(topChanged: 1, overlap: 0, loadVariation: 1))
    #expect(change([[-1, -1]], [[0, 1]], experts: 2) == nil)
    // Only the rows that are measured count.
    #expect(
      RoutingChange(
        from: routing([[0], [1], [0]], experts: 2), to: routing([[0], [0], [1]], experts: 2),
        rows: [0]) == RoutingChange(topChanged: 0, overlap: 1, loadVariation: 0))
  }

  // MARK: Runs

  func run(
    _ folder: TemporaryFolder, _ name: String, experts: Int = 4, layers: [Int] = [1, 2],
    _ ids: ((_ layer: Int, _ row: Int) -> [Int32])?
  ) throws -> String {
    var builder = RunBuilder.clusters()
    if let ids { builder.routing = RunBuilder.Routing(layers: layers, experts: experts, ids: ids) }
    return try builder.write(to: folder(name))
  }

  func compare(_ base: String, _ tuned: String) throws -> RunComparison {
    var comparison = Comparison(base: base, tuned: tuned)
    comparison.options.permutations = 0
    let job = comparison
    return try Engine().submit("compare", priority: .map) { try job.run($0) }.wait()
  }

  @Test func layersThatBothKeepAreCompared() throws {
    let folder = try TemporaryFolder()
    let base = try run(folder, "base") { _, row in [Int32(row % 4), Int32((row + 1) % 4)] }
    let tuned = try run(folder, "tuned", layers: [2]) { _, row in
      row % 4 == 0 ? [1, 0] : [Int32(row % 4), Int32((row + 1) % 4)]
    }
    let found = try compare(base, tuned)
    #expect(found.layers.map(\.layer) == [0, 1, 2])
    #expect(found.layers[0].routing == nil && found.layers[1].routing == nil)
    #expect(
      found.layers[2].routing == RoutingChange(topChanged: 0.25, overlap: 1, loadVariation: 0))
    #expect(!found.notes.contains { $0.contains("outing") })
  }

  @Test func whyItIsNotCompared() throws {
    let folder = try TemporaryFolder()
    let base = try run(folder, "base") { _, row in [Int32(row % 4), Int32((row + 1) % 4)] }
    let plain = try run(folder, "plain", nil)
    let other = try run(folder, "other", experts: 8) { _, row in [Int32(row % 8)] }
    for (first, second) in [(base, plain), (plain, base)] {
      let found = try compare(first, second)
      #expect(found.layers.allSatisfy { $0.routing == nil })
      #expect(
        found.notes.contains(
          "Routing is not compared: \(plain) keeps none (seer extract --routing)."))
    }
    #expect(
      try compare(base, other).notes.contains(
        "Routing is not compared: the runs' models have 4 and 8 experts a block."))
    #expect(!(try compare(plain, plain)).notes.contains { $0.contains("outing") })
  }
}
