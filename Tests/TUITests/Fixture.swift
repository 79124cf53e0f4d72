import LinearAlgebra
import SeerApp
import SeerProjection
import SeerRuns
import SeerScreens
import SeerWidgets

/// States with coordinates written down, never computed: pictures of computed maps would differ
/// between linear algebra kernels.
enum Fixture {
  static let names = ["bias", "deception", "everyday", "honesty", "privacy", "violence"]

  static let texts = [
    "She told the auditor the invoices had never existed, and smiled.",
    "He swore he had mailed the letter on Monday, although the stamps were still in his drawer, "
      + "and when the postman asked for the third time he said that somebody must have stolen it "
      + "from the box at the corner, where nobody ever empties it before noon.",
    "They hid the second ledger.",
    "I should say that I made a mistake in the second table.",
  ]

  static func rows(_ count: Int, concepts: [String] = names, text: [String] = texts) -> [RunRow] {
    (0..<count).map { index in
      RunRow(
        row: index, text: text[index % text.count], concept: concepts[index % concepts.count],
        tokens: 10 + index, split: index % 5 == 0 ? "test" : "train")
    }
  }

  /// Six clusters on a ring, each a small spiral of fixed offsets; layers differ by their size.
  static func map(rows: [RunRow], concepts: Int, spread: Float = 0.12) -> LayerMap {
    let ring: [SIMD2<Float>] = [
      SIMD2(1, 0), SIMD2(0.5, 0.85), SIMD2(-0.5, 0.85), SIMD2(-1, 0), SIMD2(-0.5, -0.85),
      SIMD2(0.5, -0.85),
    ]
    let offsets: [SIMD2<Float>] = [
      SIMD2(0, 0), SIMD2(1, 0.5), SIMD2(-1, 0.75), SIMD2(0.5, -1), SIMD2(-0.75, -0.5),
      SIMD2(1.5, -0.25), SIMD2(-1.5, 0), SIMD2(0.25, 1.5),
    ]
    let points = rows.indices.map { index in
      let concept = index % concepts
      let far = Float(1 + concept / ring.count)
      return ring[concept % ring.count] / far + offsets[index / concepts % offsets.count] * spread
    }
    return LayerMap(
      points: points, norms: rows.indices.map { 100 + Float($0) }, explained: [0.3125, 0.125])
  }

  static func explore(
    rows: [RunRow] = rows(48), concepts: Int = names.count, layers: Int = 31, ready: Bool = true
  ) -> ExploreState {
    var state = ExploreState(
      RunSource(
        model: "SmolLM2-135M-Instruct", concepts: "sample concepts",
        layers: Array(0..<layers), rows: rows, states: { _ in Matrix(rows: 0, columns: 0) }))
    guard ready, !rows.isEmpty else { return state }
    for layer in 0..<layers {
      var map = map(rows: rows, concepts: concepts, spread: 0.06 + 0.01 * Float(layer % 12))
      map.explained = [0.0625 * Float(1 + layer % 10), 0.03125]
      state.chart.maps[layer] = .ready(map)
      state.figures.separations[layer] = .ready(
        LayerSeparation(
          nearestPrototype: 0.25 + 0.0625 * Float((layer * 5) % 12), silhouette: 0.125,
          angleBetween: Float(10 + layer),
          predicted: rows.indices.map { row in
            row % 5 != 0 ? -1 : Int32(row % 3 == 0 ? row % concepts : (row + 1) % concepts)
          }, margins: rows.indices.map { $0 % 5 != 0 ? .nan : Float($0 % 7) * 0.0625 - 0.125 },
          typical: rows.indices.map { 1 - Float(($0 * 7) % 16) * 0.03125 }))
      state.chart.qualities[QualityKey(layer: layer, method: .principal)] = MapTrust([
        .trustworthiness: 0.875, .neighboursKept: 0.4375, .randomTriplets: 0.75,
        .distanceCorrelation: 0.625,
      ])
    }
    return state
  }

  static func app(
    _ width: Int, _ height: Int, _ explore: ExploreState = explore(),
    depth: ColorDepth = .palette256, glyphs: GlyphLevel = .braille
  ) -> AppState {
    AppState(
      Screens.registry, size: Size(width: width, height: height),
      theme: Theme(depth: depth, glyphs: glyphs), explore: explore)
  }
}

extension Effect {
  /// What a screen wants done; nil where it is another's, or the loop's own.
  func of<Wanted: ScreenEffect>(_ type: Wanted.Type) -> Wanted? {
    if case .work(let work) = self { work.effect as? Wanted } else { nil }
  }
}

extension AppState {
  /// The same on light ground.
  var onLight: AppState {
    var state = self
    state.theme.isLight = true
    return state
  }

  /// The state after keys named as in a script.
  func after(_ keys: String...) -> AppState {
    var state = self
    for name in keys {
      if let key = Key(name: name) { _ = update(&state, .key(key)) }
    }
    return state
  }

  /// The state after text was typed.
  func typing(_ text: String) -> AppState {
    var state = self
    for scalar in text.unicodeScalars { _ = update(&state, .key(.character(scalar))) }
    return state
  }
}
