/// Small maps of layers all over the network, side by side, one of them chosen.
package struct Multiples: Equatable, Sendable {
  /// The index of the chosen layer.
  package var layer: Int

  package init(layer: Int) { self.layer = layer }
}
