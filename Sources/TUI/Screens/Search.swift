/// A search over texts and concepts: what is typed, and which rows have it.
struct Search: Equatable, Sendable {
  var query = ""
  var isEditing = true
  /// For each row; all, while the query is empty.
  var matches: [Bool]
  var count: Int

  init(rows: Int) {
    matches = Array(repeating: true, count: rows)
    count = rows
  }

  /// Looks the query up in texts made by ``folded(_:)``. O(bytes).
  mutating func find(in texts: [[UInt8]]) {
    let wanted = Self.folded(query)
    matches = texts.map { Self.contains($0, wanted) }
    count = matches.reduce(0) { $0 + ($1 ? 1 : 0) }
  }

  /// Text in lower case as bytes: what is compared.
  static func folded(_ text: String) -> [UInt8] { Array(text.lowercased().utf8) }

  private static func contains(_ text: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first else { return true }
    guard text.count >= wanted.count else { return false }
    return text.withUnsafeBufferPointer { text in
      wanted.withUnsafeBufferPointer { wanted in
        var start = 0
        let last = text.count - wanted.count
        while start <= last {
          if text[start] == first {
            var length = 1
            while length < wanted.count && text[start + length] == wanted[length] { length += 1 }
            if length == wanted.count { return true }
          }
          start += 1
        }
        return false
      }
    }
  }
}
