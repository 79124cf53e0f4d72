import SeerSupport

/// What is odd about texts, though each of them may be meant.
extension ConceptSet {
  /// A note on prompts and responses that are lists of messages written out as text, as spreadsheets
  /// and `to_csv` keep them.
  func textNotes(_ file: String) -> [String] {
    var first: RecordPlace?
    var count = 0
    for (row, place) in zip(rows, places) where row.turns.isEmpty {
      guard Self.readsLikeMessages(row.prompt) || Self.readsLikeMessages(row.response ?? "") else {
        continue
      }
      first = first ?? place
      count += 1
    }
    guard let first else { return [] }
    return [
      "\(file): \(count) row\(count == 1 ? " holds" : "s hold") a list of messages written as text, "
        + "first on \(first); they are read as they stand. Write the file as JSON Lines to have "
        + "conversations."
    ]
  }

  private static func readsLikeMessages(_ text: String) -> Bool {
    guard text.utf8.first == UInt8(ascii: "[") else { return false }
    let start = text.utf8.prefix(400).filter { $0 != 0x20 && $0 != 0x27 && $0 != 0x22 }
    guard start.starts(with: "[{".utf8) else { return false }
    func holds(_ name: String) -> Bool { start.firstRange(of: Array(name.utf8)) != nil }
    return (holds("role:") && holds("content:")) || (holds("from:") && holds("value:"))
  }
}
