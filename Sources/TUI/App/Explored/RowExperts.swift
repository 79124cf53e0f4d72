import SeerRuns

/// The experts of one layer's block, as far as they weigh most for some row, and which of them each
/// row's is.
package struct RowExperts: Equatable, Sendable {
  package struct Expert: Equatable, Sendable {
    /// Its number among the block's experts.
    package var id: Int
    /// Rows for which it weighs most.
    package var rows: Int
  }

  /// The one of most rows first; of equals that of the lowest number.
  package let experts: [Expert]
  /// For each row its place among ``experts``; -1 for a row that went to none.
  package let ofRow: [Int32]
  /// Experts of the block.
  package let count: Int

  package init(_ routing: LayerRouting) {
    self.init(top: routing.top, count: routing.experts)
  }

  /// - Parameters:
  ///   - top: the expert of each row that weighs most; -1 for none.
  ///   - count: experts of the block.
  package init(top: [Int32], count: Int) {
    var rows = [Int](repeating: 0, count: count)
    for expert in top where expert >= 0 { rows[Int(expert)] += 1 }
    experts = rows.indices.filter { rows[$0] > 0 }.map { Expert(id: $0, rows: rows[$0]) }
      .sorted { ($0.rows, $1.id) > ($1.rows, $0.id) }
    var places = [Int32](repeating: -1, count: count)
    for (place, expert) in experts.enumerated() { places[expert.id] = Int32(place) }
    ofRow = top.map { $0 < 0 ? -1 : places[Int($0)] }
    self.count = count
  }

  /// The expert of a row, by its number; nil where it went to none.
  package func expert(ofRow row: Int) -> Int? {
    ofRow.indices.contains(row) && ofRow[row] >= 0 ? experts[Int(ofRow[row])].id : nil
  }
}

extension ExploreState {
  /// The current layer's experts; nil where it has none, or they are not there yet.
  package var currentExperts: RowExperts? { experts[layer] }

  /// Whether the current layer's block has a router whose choice the run keeps.
  package var isRouted: Bool { run.routedLayers.contains(layerNumber) }
}
