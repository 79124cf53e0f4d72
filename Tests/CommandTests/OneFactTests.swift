import Foundation
import SeerApp
import SeerCompareScreen
import SeerProjection
import SeerRuns
import SeerScreens
import SeerSupport
import SeerWidgets
import TestSupport
import Testing

/// What a screen shows is what the command prints or draws.
struct OneFactTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    try RunBuilder.writePair(into: seer.folder)
  }

  private func sources() throws -> (base: RunSource, tuned: RunSource) {
    (
      RunSource(try Run.open(seer.folder("base"))), RunSource(try Run.open(seer.folder("tuned")))
    )
  }

  /// The figures of every layer on Explore and Compare against those of `compare --json`.
  @Test func figuresOfLayers() throws {
    let outcome = try seer(
      "compare", "--base", "base", "--tuned", "tuned", "--permutations", "0", "--json")
    let printed = try #require(try outcome.json()["layers"] as? [[String: Any]])
    let runs = try sources()
    let state = Workspace(run: runs.base, tuned: runs.tuned).state(
      Screens.registry, size: Size(width: 80, height: 24), theme: Theme(depth: .palette256))
    let session = Session(
      state, Workspace(run: runs.base, tuned: runs.tuned), engine: Engine(), mailbox: try Mailbox())
    session.waitUntilIdle()
    session.handle(.key(.function(3)))
    session.waitUntilIdle()
    #expect(printed.count == 3)
    let explored = session.state.explore.figures.separations
    let compared = session.state.compare?.separations ?? [:]
    for side in ["base", "tuned"] {
      for (index, layer) in printed.enumerated() {
        let figures = try #require(layer[side] as? [String: [String: Any]])
        let status = side == "base" ? explored[index] : compared[index]
        let shown = try #require(status?.separation, "\(side), layer \(index)")
        for (name, value) in [
          ("nearest_prototype", shown.nearestPrototype), ("silhouette", shown.silhouette),
          ("angle_between", shown.angleBetween), ("angle_within", shown.angleWithin),
        ] {
          let wanted = try #require(figures[name]?["value"] as? Double, "\(name)")
          #expect(value == Float(wanted), "\(side), layer \(index), \(name)")
        }
        let confusion = try #require((layer["confusion"] as? [String: [[Int]]])?[side])
        #expect(
          shown.confusion(conceptOfRow: session.state.explore.run.conceptOfRow, concepts: 3)
            == confusion)
      }
    }
  }

  /// The map of both runs on Compare is the figure's, up to the drawing's scale.
  @Test func mapsOfPairs() throws {
    let outcome = try seer(
      "compare", "--base", "base", "--tuned", "tuned", "--permutations", "0", "--layer", "2",
      "--figure", "pair.svg")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let svg = String(decoding: try bytes(ofFile: seer.folder("pair.svg")), as: UTF8.self)
    // Discs are the rows of the first concept, before above after, then one in the legend.
    let drawn = svg.matches(of: /<circle cx="([-0-9.]+)" cy="([-0-9.]+)"/).compactMap { match in
      Double(match.1).flatMap { x in Double(match.2).map { SIMD2(x, -$0) } }
    }
    let runs = try sources()
    let states = (try runs.base.states(2), try runs.tuned.states(2))
    let map = try PairMap.principal(base: states.0, tuned: states.1, reference: nil)
    let rows = runs.base.rows.indices.filter { runs.base.rows[$0].concept == "bias" }
    #expect(drawn.count == 2 * rows.count + 1)
    let shown = [map.base, map.tuned].map { points in rows.map { SIMD2<Double>(points[$0]) } }
    func distance(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double {
      ((a - b) * (a - b)).sum().squareRoot()
    }
    let (top, bottom) = (Array(drawn[..<rows.count]), Array(drawn[rows.count..<2 * rows.count]))
    let scale = distance(bottom[0], bottom[5]) / distance(shown[1][0], shown[1][5])
    for (places, points) in [(top, shown[0]), (bottom, shown[1])] {
      for (place, point) in zip(places, points) {
        let (from, to) = (place - places[0], (point - points[0]) * scale)
        #expect(distance(from, to) < 0.5, "\(from) \(to)")
      }
    }
  }
}
