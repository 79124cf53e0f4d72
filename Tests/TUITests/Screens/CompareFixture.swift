import Core
import LinearAlgebra

@testable import TUI

extension Fixture {
  static func source(
    rows: [RunRow], layers: Int = 31, adapter: String? = nil, reading: String = "chat, last"
  ) -> RunSource {
    RunSource(
      model: "SmolLM2-135M-Instruct", concepts: "sample concepts", layers: Array(0..<layers),
      rows: rows, states: { _ in Matrix(rows: 0, columns: 0) }, adapter: adapter,
      reading: reading)
  }

  /// The base's clusters lie close together, the tuned one's wide apart.
  static func pair(rows: [RunRow], concepts: Int = names.count) -> PairMap {
    let base = map(rows: rows, concepts: concepts, spread: 0.3)
    let tuned = map(rows: rows, concepts: concepts, spread: 0.06)
    return PairMap(
      base: base.points.map { $0 * 0.5 }, tuned: tuned.points, explained: [0.25, 0.125],
      isJoint: true)
  }

  static func compare(
    _ width: Int, _ height: Int, rows: [RunRow] = rows(48), concepts: Int = names.count,
    layers: Int = 31, ready: Bool = true, depth: ColorDepth = .palette256,
    glyphs: GlyphLevel = .braille
  ) -> AppState {
    var compare = CompareState(
      base: source(rows: rows, layers: layers),
      tuned: source(rows: rows, layers: layers, adapter: "seer-24"))
    let explore = explore(rows: rows, concepts: concepts, layers: layers, ready: ready)
    if ready {
      for layer in 0..<layers {
        compare.maps[layer] = .ready(pair(rows: rows, concepts: concepts))
        compare.separations[layer] = .ready(
          LayerSeparation(
            nearestPrototype: 0.5 + 0.03125 * Float((layer * 5) % 12), silhouette: 0.25,
            angleBetween: Float(30 + layer), angleWithin: 12.5,
            predicted: rows.indices.map { $0 % 5 != 0 ? -1 : Int32($0 % concepts) }))
      }
      compare.shownLayer = explore.layer
    }
    var state = app(width, height, explore, depth: depth, glyphs: glyphs)
    state.compare = compare
    state.screen = .compare
    return state
  }
}
