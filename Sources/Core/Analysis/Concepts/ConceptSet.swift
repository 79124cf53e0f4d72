import SeerSupport

/// Labelled texts: the rows whose hidden states are compared.
///
///     let set = try ConceptSet(contentsOf: "concepts.csv")
///     set.concepts            // ["bias", "honesty", ...]
///     set.rows[0].prompt
///
/// A retain set is read the same way, with concepts optional.
package struct ConceptSet: Equatable, Sendable {
  /// Which side of held-out figures a row is on.
  package enum Side: String, Sendable {
    case train, test
  }

  package struct Row: Equatable, Sendable {
    package var prompt: String
    /// Nil where the cell is empty.
    package var response: String?
    /// The column `value`.
    package var concept: String?
    /// The column `split`.
    package var split: Side?
    /// The other columns, in the order of ``ConceptSet/otherColumns``.
    package var others: [String?] = []

    package init(
      prompt: String, response: String? = nil, concept: String? = nil, split: Side? = nil,
      others: [String?] = []
    ) {
      self.prompt = prompt
      self.response = response
      self.concept = concept
      self.split = split
      self.others = others
    }

    /// What rows that must not part in folds have in common: their prompt, or their response where
    /// they have no other text.
    package var foldKey: String { prompt.isEmpty ? response ?? "" : prompt }
  }

  package var rows: [Row]
  package var otherColumns: [String]
  /// What the user should know though it is no error.
  package var notes: [String] = []

  /// The concepts, sorted by their bytes.
  package var concepts: [String] { conceptNames.names }

  private var conceptNames: ConceptNames { ConceptNames(sorted: rows.compactMap(\.concept)) }

  /// Reads a CSV or JSON Lines file with the columns `prompt` and `value`, and perhaps
  /// `response` and `split`.
  ///
  /// - requiresConcepts: false where rows are only scored or retained: `value` may be missing.
  ///
  /// Fails with file, line and what to do where the file cannot be used.
  package init(contentsOf path: String, requiresConcepts: Bool = true) throws(Failure) {
    try self.init(TextTable(contentsOf: path), requiresConcepts: requiresConcepts)
  }

  /// The same from a table that has been read.
  package init(_ table: TextTable, requiresConcepts: Bool = true) throws(Failure) {
    let prompt = try table.requiredIndex(of: "prompt")
    let value =
      requiresConcepts ? try table.requiredIndex(of: "value") : table.index(of: "value")
    let response = table.index(of: "response")
    let split = table.index(of: "split")
    let known = [prompt, value, response, split].compactMap { $0 }
    let others = table.columns.indices.filter { !known.contains($0) }
    otherColumns = others.map { table.columns[$0] }
    rows = []
    rows.reserveCapacity(table.rows.count)
    for index in table.rows.indices {
      func failure(_ found: String, _ wanted: String) -> Failure {
        Failure(
          .badData, file: table.file, place: "line \(table.lines[index])", found: found,
          wanted: wanted)
      }
      let row = Row(
        prompt: table.text(row: index, column: prompt) ?? "",
        response: table.text(row: index, column: response),
        concept: table.text(row: index, column: value),
        split: table.text(row: index, column: split).flatMap { Side(rawValue: $0) },
        others: others.map { table.rows[index][$0] })
      guard !row.prompt.isEmpty || row.response != nil else {
        throw failure("a row without text", "a `prompt`")
      }
      guard row.concept != nil || !requiresConcepts else {
        throw failure("an empty `value`", "the row's concept")
      }
      guard split == nil || row.split != nil else {
        throw failure(
          "the split `\(table.text(row: index, column: split) ?? "")`", "`train` or `test`")
      }
      rows.append(row)
    }
    notes = makeNotes()
  }

  private func makeNotes() -> [String] {
    var notes: [String] = []
    let concepts = concepts
    if concepts.count == 1 {
      notes.append("There is one concept only, `\(concepts[0])`: nothing to tell apart.")
    }
    for side in [Side.train, .test] where rows.allSatisfy({ $0.split == side }) {
      notes.append("Every row's split is `\(side.rawValue)`: there will be no held-out figures.")
    }
    return notes
  }

  /// The place of each row's concept in ``concepts``; nil for rows without one.
  package var labels: [Int?] {
    let known = conceptNames
    return rows.map { row in row.concept.flatMap(known.place) }
  }

  /// The split rule: the `split` column where there is one, else seeded folds.
  package func folds(seed: UInt64 = 0) -> Folds {
    Folds(prompts: rows.map(\.foldKey), splits: rows.map(\.split), seed: seed)
  }
}
