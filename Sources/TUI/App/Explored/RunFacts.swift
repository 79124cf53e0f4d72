import SeerAnalysis
import SeerRuns

/// A concept of the run and how many rows it has.
package struct ConceptGroup: Equatable, Sendable {
  package var name: String
  package var count: Int

  /// The concepts as figures and reports number them, and each row's index among them.
  package static func groups(of rows: [RunRow]) -> ([ConceptGroup], [Int32]) {
    let known = ConceptNames(sorted: rows.map(\.concept))
    var groups = known.names.map { ConceptGroup(name: $0, count: 0) }
    let ofRow = rows.map { row in
      let place = known.place(of: row.concept) ?? 0
      groups[place].count += 1
      return Int32(place)
    }
    return (groups, ofRow)
  }
}

/// What is explored: the run's rows and what is known of each. Nothing here changes.
package struct RunFacts: Sendable {
  package let model: String
  package let conceptsName: String
  package let layers: [Int]
  package let rows: [RunRow]
  /// Sorted by their bytes, rows without one last: the order of every figure and report.
  package let concepts: [ConceptGroup]
  /// Index into ``concepts`` for each row.
  package let conceptOfRow: [Int32]
  /// Numbers that the rows bring: one for each.
  package let columns: [ColumnValues]
  let tokenCounts: [Float]
  /// The layers, by their numbers, whose routing the run keeps; ascending.
  package let routedLayers: [Int]
  /// Which token of its text a row is; empty where rows are texts.
  package let positions: [Float]

  package init(_ source: RunSource) {
    model = source.model
    conceptsName = source.concepts
    layers = source.layers
    rows = source.rows
    (concepts, conceptOfRow) = ConceptGroup.groups(of: source.rows)
    columns = source.columns
    routedLayers = source.routedLayers
    tokenCounts = source.rows.map { Float($0.tokens) }
    positions = Self.positions(source.rows)
  }

  private static func positions(_ rows: [RunRow]) -> [Float] {
    guard rows.contains(where: { $0.token != nil }) else { return [] }
    var positions: [Float] = []
    positions.reserveCapacity(rows.count)
    for (index, row) in rows.enumerated() {
      let isNext = index > 0 && rows[index - 1].row == row.row
      positions.append(isNext ? (positions.last ?? 0) + 1 : 0)
    }
    return positions
  }
}
