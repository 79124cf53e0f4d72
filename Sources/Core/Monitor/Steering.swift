import Foundation
import SeerModels

extension Monitor {
  /// Adds a concept's direction to every token's state at the monitor's layer.
  ///
  /// - Parameter strength: in lengths of a typical state (the median of the training rows'); below
  ///   0 it steers away.
  package func steering(_ concept: Int, strength: Float) -> Intervention {
    Intervention(
      layer: layer, vector: direction(concept).map { $0 * strength * typicalLength })
  }
}
