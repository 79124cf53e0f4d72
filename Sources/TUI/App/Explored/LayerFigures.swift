package enum SeparationStatus: Equatable, Sendable {
  case missing
  case computing
  case ready(LayerSeparation)
  case failed

  package var separation: LayerSeparation? {
    if case .ready(let separation) = self { return separation }
    return nil
  }

  var isPending: Bool { self == .missing || self == .computing }
}

/// What is measured of every layer, and which figure of it the strip draws.
package struct LayerFigures: Sendable {
  package var separations: [SeparationStatus]
  package var stripMetric = StripMetric.nearestPrototype

  package init(layers: Int) { separations = Array(repeating: .missing, count: layers) }
}
