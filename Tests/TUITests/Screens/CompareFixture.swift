import LinearAlgebra
import SeerAnalysis
import SeerApp
import SeerCompareScreen
import SeerProjection
import SeerRuns
import SeerWidgets

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
      if rows.count > 1 {
        for layer in 0..<layers { compare.figures[layer] = figures(rows: rows, layer: layer) }
      }
    }
    var state = app(width, height, explore, depth: depth, glyphs: glyphs)
    state.compare = compare
    state.screen = .compare
    return state
  }

  /// Written down; the tuned ones lie outside of their nulls, but for the silhouette.
  static func figures(rows: [RunRow], layer: Int = 23, hasNulls: Bool = true) -> PairFigures {
    func side(_ gain: Double) -> SeparationFigures {
      var figures = SeparationFigures()
      for (place, metric) in SeparationMetric.allCases.enumerated() {
        let size: Double =
          switch metric {
          case .angleBetween, .angleWithin: 32
          case .rDiff, .rSame, .rDiffRows, .rSameRows, .erank, .l1: 2048
          default: 0.5
          }
        var figure = SeparationFigure(value: size * (0.75 + gain + Double(place) / 64))
        if hasNulls {
          figure.nullMean = size * 0.5
          figure.nullLow = size * 0.375
          figure.nullHigh = size * (metric == .silhouette ? 4 : 0.625)
        }
        if [.linearProbe, .kVariance, .wasserstein, .marginTrain].contains(metric) {
          figure.low = size * (0.5 + gain)
          figure.high = size * (1 + gain)
        }
        figures[metric] = figure
      }
      return figures
    }
    return PairFigures(
      base: side(0), tuned: side(0.25), cka: 0.875, neighboursKept: 0.4375,
      moved: rows.indices.prefix(12).map { index in
        PairFigures.Moved(
          row: rows.count - 1 - index, distance: 0.5 - Double(index) / 32, stayed: index % 4,
          neighbours: 10)
      }, hasNulls: hasNulls)
  }
}
