import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerStudies
import SeerSupport
import TestSupport
import Testing

struct ComparisonTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func run(_ name: String, _ edit: (inout RunBuilder) -> Void = { _ in }) throws -> String {
    var builder = RunBuilder.clusters(distance: 0.3)
    edit(&builder)
    return try builder.write(to: folder(name))
  }

  func tuned(_ edit: (inout RunBuilder) -> Void = { _ in }) throws -> String {
    var builder = RunBuilder.clusters(distance: 3)
    builder.adapter = "adapter"
    edit(&builder)
    return try builder.write(to: folder("tuned"))
  }

  func compare(
    _ comparison: Comparison, onLayer: (@Sendable (LayerComparison) -> Void)? = nil
  ) throws -> RunComparison {
    try Engine().submit("compare", priority: .map) { try comparison.run($0, onLayer: onLayer) }
      .wait()
  }

  @Test func theTunedRunIsFurtherApart() throws {
    var comparison = Comparison(base: try run("base"), tuned: try tuned())
    comparison.options = SeparationOptions(permutations: 20)
    let found = try compare(comparison)
    #expect(found.layers.map(\.layer) == [0, 1, 2])
    #expect(found.focus == 2)
    #expect(found.notes == [])
    // Layer 0 is the same noise in both.
    let first = found.layers[0]
    #expect(first.base == first.tuned && first.cka == 1 && first.neighboursKept == 1)
    #expect(first.drift?.cosineDistance == 0)
    let last = try #require(found.focused)
    for metric in [SeparationMetric.nearestPrototype, .linearProbe, .silhouette, .rGap, .margin] {
      #expect((last.tuned[metric].value ?? 0) > (last.base[metric].value ?? 9), "\(metric)")
      #expect(last.tuned[metric].isOutsideNull == true, "\(metric)")
    }
    #expect((last.cka ?? 1) < 0.99 && (last.drift?.cosineDistance ?? 0) > 0.1)
    // 15 of 48 rows are test rows, and each of them was judged once.
    #expect(last.baseConfusion.counts.flatMap { $0 }.reduce(0, +) == 15)
    #expect(last.tunedConfusion.counts[0][0] == 5)
    #expect(last.mixing.count == 3 && last.mixing[0].after <= last.mixing[0].before)
    #expect(found.moved.count == 48)
    #expect(found.moved.first?.cosineDistance == last.drift?.cosineDistances.max())
  }

  @Test func figuresComeBeforeNulls() throws {
    var comparison = Comparison(base: try run("base"), tuned: try tuned())
    comparison.options = SeparationOptions(permutations: 5)
    let seen = Locked<[(Int, Bool)]>([])
    let found = try compare(comparison) { layer in
      seen.withLock { $0.append((layer.layer, layer.hasNulls)) }
    }
    let order = seen.withLock { $0 }
    #expect(order.map(\.0) == [0, 1, 2, 0, 1, 2])
    #expect(order.map(\.1) == [false, false, false, true, true, true])
    let without = try compare(comparison)
    #expect(found.layers == without.layers)
  }

  @Test func widthsMayDiffer() throws {
    let other = try tuned {
      $0.width = 5
      $0.layers = [1, 2, 3]
    }
    var comparison = Comparison(base: try run("base"), tuned: other)
    comparison.options = SeparationOptions(permutations: 0)
    let found = try compare(comparison)
    #expect(found.layers.map(\.layer) == [1, 2])
    #expect(found.layers.allSatisfy { $0.drift == nil && $0.cka != nil })
    #expect(found.moved.first?.cosineDistance == nil)
    #expect(found.notes == ["Only the 2 layers that both runs hold are compared."])
  }

  @Test func trainingRunsTeach() throws {
    let base = try run("base") { $0 = .clusters(distance: 3, hasSplit: false) }
    let train = try run("train") { $0 = .clusters(perConcept: 30, distance: 3, seed: 7) }
    var comparison = Comparison(base: base, tuned: base)
    (comparison.train, comparison.trainTuned) = (train, train)
    comparison.layer = 2
    comparison.options = SeparationOptions(permutations: 0)
    let found = try compare(comparison)
    #expect(found.layers.count == 1 && found.focus == 2)
    // Every row of the run is a test row then.
    #expect(found.layers[0].baseConfusion.counts.flatMap { $0 }.reduce(0, +) == 48)
    #expect((found.layers[0].base[.linearProbe].value ?? 0) > 0.9)
    #expect(found.notes == ["Both runs are of the same model with the same adapter."])
  }

  @Test func otherRowsAreRefused() throws {
    let base = try run("base")
    func failure(_ edit: (inout RunBuilder) -> Void) throws -> Failure? {
      let other = try tuned(edit)
      return thrownFailure { _ = try Comparison(base: base, tuned: other).open() }
    }
    let fewer = try failure { $0.rows.removeLast() }
    #expect(fewer?.kind == .badData && fewer?.found == "47 rows")
    let text = try failure { $0.rows[3].text = "other" }
    #expect(text?.place == "row 3, column text" && text?.found == "`other`")
    let concept = try failure { $0.rows[7].concept = "else" }
    #expect(concept?.place == "row 7, column concept")
    let split = try failure { $0.rows[1].split = "test" }
    #expect(split?.place == "row 1, column split")
    let layers = try failure { $0.layers = [5] }
    #expect(layers?.kind == .badData && layers?.found == "5")
    let none = try failure { builder in
      for row in builder.rows.indices { builder.rows[row].text = "text \(row), \"quoted\"" }
      builder.state = { _, row, _ in row == 4 ? .nan : 1 }
    }
    #expect(none == nil)
    let broken = Comparison(base: base, tuned: folder("tuned"))
    let notFinite = thrownFailure { _ = try compare(broken) }
    #expect(notFinite?.place == "layer 0, row 4" && notFinite?.kind == .badData)
    var one = Comparison(base: base, tuned: base)
    one.train = base
    #expect(thrownFailure { _ = try one.open() }?.kind == .usage)
    one.trainTuned = try run("wide") { $0.width = 9 }
    #expect(thrownFailure { _ = try one.open() }?.place == "width")
    one.train = nil
    one.trainTuned = nil
    one.layer = 9
    #expect(thrownFailure { _ = try one.open() }?.place == "--layer")
  }

  @Test func rowsWithoutAConceptAreLeftOut() throws {
    let edit: (inout RunBuilder) -> Void = { $0.rows[5].concept = "" }
    var comparison = Comparison(base: try run("base", edit), tuned: try tuned(edit))
    comparison.options = SeparationOptions(permutations: 0)
    let found = try compare(comparison)
    #expect(found.pair.base.rows.count == 47 && found.pair.base.concepts.count == 3)
    #expect(found.notes == ["1 rows without a concept are left out."])
    let nothing = try run("nothing") { builder in
      for row in builder.rows.indices { builder.rows[row].concept = "" }
    }
    #expect(thrownFailure { _ = try Comparison(base: nothing, tuned: nothing).open() } != nil)
  }

  @Test func aCancelledComparisonStops() throws {
    let comparison = Comparison(base: try run("base"), tuned: try tuned())
    let engine = Engine()
    let job = engine.submit("compare", priority: .map) { context in
      engine.cancel(context.id)
      return try comparison.run(context)
    }
    #expect(throws: Cancelled.self) { try job.wait() }
  }
}
