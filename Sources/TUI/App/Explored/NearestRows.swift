import SeerAnalysis

/// The rows nearest to a row in the states' own space.
package struct NearestRows: Equatable, Sendable {
  package var row: Int
  package var layer: Int
  package var metric = NeighbourMetric.cosine
  /// Nearest first.
  package var rows: [Int]
  /// Cosines, or Euclidean distances.
  package var values: [Float]

  package init(
    row: Int, layer: Int, metric: NeighbourMetric = .cosine, rows: [Int], values: [Float]
  ) {
    self.row = row
    self.layer = layer
    self.metric = metric
    self.rows = rows
    self.values = values
  }
}
