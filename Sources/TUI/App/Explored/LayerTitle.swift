import SeerRuns

/// Which layer is shown, and what there is: `layer 24/30`, or of a run with some layers only
/// `layer 24/32 (16, 24, 32)`.
package enum LayerTitle {
  /// A longer list would push the run's rows out of their line; the strip of layers shows them all.
  private static let room = 20

  package static func text(_ layer: Int, of layers: [Int]) -> String {
    let last = layers.last ?? 0
    let title = "layer \(layer)/\(last)"
    guard layers != Array(0...max(0, last)) else { return title }
    let list = Run.described(layers)
    return list.count <= room ? title + " (\(list))" : title
  }
}
