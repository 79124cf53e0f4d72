import SeerProjection

/// The map of one layer, or why there is none yet.
package enum MapStatus: Equatable, Sendable {
  case missing
  case computing
  case ready(LayerMap)
  case failed(Problem)

  package var map: LayerMap? {
    if case .ready(let map) = self { return map }
    return nil
  }
}

/// The maps of all layers: what they are drawn along, and how far they can be trusted.
package struct Chart: Sendable {
  /// One for each layer.
  package var maps: [MapStatus]
  /// The layer whose map is on screen: the current one once it is there.
  package var shownLayer: Int
  package var method = MapMethod.principal
  /// The pair of components, by its index among ``MapAxes/pairs``.
  package var pair = 0
  /// The concepts that the axes of a map along concepts stand for.
  package var conceptAxes = SIMD2(0, 1)
  /// What of these concepts the axes lie along.
  package var direction = ConceptDirection.prototypes
  /// The concept that a plane goes through beside those two.
  var third: Int? {
    (0...2).first { $0 != conceptAxes.x && $0 != conceptAxes.y }
  }
  /// Maps along other axes that were there already.
  package var keptMaps: [MapAxes: [MapStatus]] = [:]
  /// What was on screen before the axes changed, until there is a new map.
  package var lastPoints: [SIMD2<Float>]?
  package var qualities: [QualityKey: MapTrust] = [:]
  package var isJudging = false

  package init(layers: Int, shownLayer: Int) {
    maps = Array(repeating: .missing, count: layers)
    self.shownLayer = shownLayer
  }

  /// What the map is drawn along; layouts that grow begin with components.
  package var axes: MapAxes {
    guard method == .concepts else { return MapAxes.pairs[pair] }
    let (x, y) = (conceptAxes.x, conceptAxes.y)
    switch direction {
    case .prototypes: return .concepts(x, y)
    case .probes: return .chosen(.pair(.probe(x), .probe(y)))
    case .plane: return .chosen(.plane(x, y, third ?? y))
    }
  }
}

/// What of concepts a map along them is drawn by.
package enum ConceptDirection: String, CaseIterable, Sendable {
  case prototypes
  /// The weights of a linear probe.
  case probes
  /// Through the prototypes of the two concepts and of the first other one.
  case plane
}

extension MapAxes {
  /// The pairs of components that keys go through.
  package static let pairs: [MapAxes] = [
    .components(0, 1), .components(0, 2), .components(1, 2), .components(0, 3), .components(1, 3),
    .components(2, 3),
  ]
}
