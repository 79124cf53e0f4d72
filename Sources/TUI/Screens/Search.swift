import Core

/// A search over texts and concepts: what is typed, and which rows have it.
struct Search: Equatable, Sendable {
  var query = ""
  var isEditing = true
  /// A regular expression, or words as they stand.
  var isExpression = false
  /// Whether what was not found is hidden, or dimmed.
  var hidesRest = false
  /// What is wrong with an expression that cannot be read (yet): the rows found last stay.
  var problem: String?
  /// For each row; all, while the query is empty.
  private(set) var matches: [Bool]
  private(set) var count: Int

  init(rows: Int) {
    matches = Array(repeating: true, count: rows)
    count = rows
  }

  /// Looks the query up. O(bytes).
  mutating func find(in texts: PackedTexts) {
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
