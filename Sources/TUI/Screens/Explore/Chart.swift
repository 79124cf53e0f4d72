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
  /// Maps along other axes that were there already.
  var keptMaps: [MapAxes: [MapStatus]] = [:]
  /// What was on screen before the axes changed, until there is a new map.
  var lastPoints: [SIMD2<Float>]?
  package var qualities: [QualityKey: MapTrust] = [:]
  var isJudging = false

  package init(layers: Int, shownLayer: Int) {
    maps = Array(repeating: .missing, count: layers)
    self.shownLayer = shownLayer
  }

  /// What the map is drawn along; layouts that grow begin with components.
  package var axes: MapAxes {
    method == .concepts ? .concepts(conceptAxes.x, conceptAxes.y) : MapAxes.pairs[pair]
  }
}
