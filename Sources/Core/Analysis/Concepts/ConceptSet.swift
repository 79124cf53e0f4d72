import SeerSupport

/// Labelled texts: the rows whose hidden states are compared.
///
///     let set = try ConceptSet(contentsOf: "concepts.csv")
///     set.concepts            // ["bias", "honesty", ...]
///     set.rows[0].prompt
///
/// A retain set is read the same way, with concepts optional. What files may look like is in
/// docs/concept-files.md.
package struct ConceptSet: Equatable, Sendable {
  /// Which side of held-out figures a row is on.
  package enum Side: String, Sendable {
    case train, test
  }

  package struct Row: Equatable, Sendable {
    /// Of a conversation, the last message of the user.
    package var prompt: String
    /// Nil where the cell is empty.
    package var response: String?
    /// The column `value`.
    package var concept: String?
    /// The column `split`.
    package var split: Side?
    /// The messages before the response; empty for plain rows, also for those that were written as a
    /// conversation of one prompt and its answer.
    package var turns: [ChatMessage] = []

    package init(
      prompt: String, response: String? = nil, concept: String? = nil, split: Side? = nil,
      turns: [ChatMessage] = []
    ) {
      self.prompt = prompt
      self.response = response
      self.concept = concept
      self.split = split
      self.turns = turns
    }

    /// The conversation with its response; empty for plain rows.
    package var messages: [ChatMessage] {
      turns.isEmpty ? [] : turns + (response.map { [ChatMessage(.assistant, $0)] } ?? [])
    }

    /// What rows that must not part in folds have in common: their prompt, or all that was said
    /// before the response, or their response where they have no other text.
    package var foldKey: String {
      if !turns.isEmpty { return Self.text(of: turns) }
      return prompt.isEmpty ? response ?? "" : prompt
    }

    /// Prompt and response, or the conversation, as they are shown.
    package var text: String {
      if !turns.isEmpty { return Self.text(of: messages) }
      return response.map { $0.isEmpty ? prompt : prompt + "\n" + $0 } ?? prompt
    }

    /// Every message on a line of its own, after who said it.
    private static func text(of messages: [ChatMessage]) -> String {
      messages.map { "\($0.role.rawValue): \($0.content)" }.joined(separator: "\n")
    }
  }

  package var rows: [Row]
  /// Where each of ``rows`` begins in the file.
  package var places: [RecordPlace]
  /// What the user should know though it is no error.
  package var notes: [String] = []
  /// Those of them that are of how the file was read and of its labels.
  package var fileNotes: [String] = []

  /// The concepts, sorted by their bytes.
  package var concepts: [String] { conceptNames.names }

  private var conceptNames: ConceptNames { ConceptNames(sorted: rows.compactMap(\.concept)) }

  /// Reads a file of any form (``RecordReader``) with the columns `prompt` and `value`, and perhaps
  /// `response` and `split`, or with conversations (``ConceptRows``).
  ///
  /// - Parameters:
  ///   - columns: other names of the columns.
  ///   - requiresConcepts: false where rows are only scored or retained: `value` may be missing.
  ///   - allowsStandardNames: whether a column may have its usual name where it does not have the one
  ///     given: of a second file, to which the options need not apply.
  ///
  /// Fails with file, line and what to do where the file cannot be used.
  package init(
    contentsOf path: String, columns: ConceptColumns = ConceptColumns(),
    requiresConcepts: Bool = true, allowsStandardNames: Bool = false
  ) throws(Failure) {
    let builder = try ConceptRows(columns, allowsStandardNames: allowsStandardNames)
    var reader = try RecordReader(path, wanted: builder.wanted)
    var rows: [Row] = []
    var places: [RecordPlace] = []
    try reader.read(
      header: { found throws(Failure) in
        try builder.check(
          found, file: path, place: "header", requiresConcepts: requiresConcepts)
      },
      each: { record, found throws(Failure) in
        for row in try builder.rows(record, found, requiresConcepts: requiresConcepts) {
          rows.append(row)
          places.append(record.place)
        }
      })
    guard !rows.isEmpty else { throw reader.withoutRows }
    try builder.check(
      reader.columns, file: path, place: "header", requiresConcepts: requiresConcepts)
    // An object may come before the first that has a split.
    if rows.contains(where: { $0.split != nil }),
      let without = rows.firstIndex(where: { $0.split == nil })
    {
      throw ConceptRows.wrongSplit("", path, "\(places[without])")
    }
    self.rows = rows
    self.places = places
    fileNotes = reader.notes + builder.notes(reader.columns, file: path)
    fileNotes += textNotes(path) + labelNotes(path)
    notes = fileNotes + makeNotes()
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
