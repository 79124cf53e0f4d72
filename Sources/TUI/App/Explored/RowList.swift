import SeerWidgets

/// A list of rows, pairs or groups over the panels beside the map.
package struct RowList: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case outliers = "outliers"
    case confusions = "taken for another"
    case bookmarks = "bookmarks"
    case groups = "groups"
    case nearest = "nearest rows"

    /// One line above the list.
    package var explanation: String {
      switch self {
      case .outliers: "odd ones of their concept"
      case .confusions: "own concept > taken for"
      case .bookmarks: "B marks the cursor's row"
      case .groups: "v selects on the map"
      case .nearest: "in the states' own space"
      }
    }
  }

  package struct Entry: Equatable, Sendable {
    package var value: String
    /// Drawn as marks before the text; the second follows an arrow.
    package var concepts: [Int]
    package var text: String
    /// The rows it stands for, the one to go to first.
    package var rows: [Int]
  }

  package var kind: Kind
  package var index = 0
  /// A group held for a comparison, by its index.
  package var marked: Int?
  package var entries: [Entry]
  /// Where the cursor was before the list led it on.
  package var origin: Int?
  /// The row whose nearest rows it lists.
  package var of: Int?

  package init(kind: Kind, entries: [Entry], origin: Int?) {
    self.kind = kind
    self.entries = entries
    self.origin = origin
  }

  /// As far as lists of rows go.
  package static let longest = 200
}

/// The list that lies over the panels, and what the user keeps for one.
package struct RowLists: Sendable {
  package var open: RowList?
  package var bookmarks: [Int] = []
  /// Where each list was left.
  package var places: [RowList.Kind: Int] = [:]
}

extension ExploreState {
  /// What a list holds at this layer.
  package func entries(_ kind: RowList.Kind) -> [RowList.Entry] {
    switch kind {
    case .outliers: outliers
    case .confusions: confusions
    case .nearest: nearest(cursor)
    case .bookmarks: lists.bookmarks.map { entry($0, value: "\($0)") }
    case .groups:
      selection.allGroups.map { group in
        RowList.Entry(
          value: Numbers.grouped(group.rows.count), concepts: [], text: group.name,
          rows: group.rows)
      }
    }
  }

  private func entry(_ row: Int, value: String) -> RowList.Entry {
    RowList.Entry(
      value: value, concepts: [Int(run.conceptOfRow[row])], text: run.rows[row].text, rows: [row])
  }

  /// The rows nearest to one, where they are known.
  func nearest(_ row: Int?) -> [RowList.Entry] {
    guard let nearest = neighbours.of(row, layer: layer) else { return [] }
    return zip(nearest.rows, nearest.values).map {
      entry($0, value: neighbours.metric == .cosine ? Numbers.fine($1) : Numbers.short($1))
    }
  }

  private var outliers: [RowList.Entry] {
    guard let typical = separation?.typical, typical.count == run.rows.count else { return [] }
    let shown = run.rows.indices.filter { typical[$0].isFinite && isVisible($0) }
    return shown.sorted { (typical[$0], $0) < (typical[$1], $1) }.prefix(RowList.longest).map {
      entry($0, value: Numbers.fine(typical[$0]))
    }
  }

  /// Concepts with the concept their held-out rows were taken for, the most frequent first.
  private var confusions: [RowList.Entry] {
    guard let predicted = separation?.predicted, predicted.count == run.rows.count else {
      return []
    }
    var pairs: [SIMD2<Int32>: [Int]] = [:]
    for row in run.rows.indices where predicted[row] >= 0 && predicted[row] != run.conceptOfRow[row]
    {
      pairs[SIMD2(run.conceptOfRow[row], predicted[row]), default: []].append(row)
    }
    // Only held-out rows are judged.
    var judged = [Int](repeating: 0, count: run.concepts.count)
    for row in run.rows.indices where predicted[row] >= 0 {
      judged[Int(run.conceptOfRow[row])] += 1
    }
    let ordered = pairs.sorted {
      (-$0.value.count, $0.key.x, $0.key.y) < (-$1.value.count, $1.key.x, $1.key.y)
    }
    return ordered.map { pair, rows in
      let own = Int(pair.x)
      let other = Int(pair.y)
      return RowList.Entry(
        value: "\(rows.count) of \(judged[own])", concepts: [own, other],
        text: run.concepts[own].name + " > " + run.concepts[other].name, rows: rows)
    }
  }
}
