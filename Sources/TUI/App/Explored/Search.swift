import SeerSupport

/// A search over texts and concepts: what is typed, and which rows have it.
package struct Search: Equatable, Sendable {
  package var query = ""
  package var isEditing = true
  /// A regular expression, or words as they stand.
  package var isExpression = false
  /// Whether what was not found is hidden, or dimmed.
  package var hidesRest = false
  /// What is wrong with an expression that cannot be read (yet): the rows found last stay.
  package var problem: String?
  /// For each row; all, while the query is empty.
  package private(set) var matches: [Bool]
  package private(set) var count: Int

  package init(rows: Int) {
    matches = Array(repeating: true, count: rows)
    count = rows
  }

  /// Looks the query up. O(bytes).
  package mutating func find(in texts: PackedTexts) {
    problem = nil
    if query.isEmpty {
      matches = Array(repeating: true, count: texts.count)
    } else {
      do throws(Failure) {
        matches = try TextPattern(query, isExpression: isExpression).matches(texts)
      } catch {
        problem = [error.place, error.found].compactMap { $0 }.joined(separator: ": ")
      }
    }
    count = matches.reduce(0) { $0 + ($1 ? 1 : 0) }
  }
}
