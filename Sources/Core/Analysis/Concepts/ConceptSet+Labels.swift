import Foundation
import SeerSupport

/// What is odd about labels, though each of them may be meant.
extension ConceptSet {
  /// Notes on concepts that differ by blanks or case only, on those that read like missing values,
  /// and on texts that have two concepts. O(length of all texts).
  func labelNotes(_ file: String) -> [String] {
    var uses: [[UInt8]: (name: String, count: Int, place: RecordPlace)] = [:]
    for (row, place) in zip(rows, places) {
      guard let concept = row.concept else { continue }
      uses[Array(concept.utf8), default: (concept, 0, place)].count += 1
    }
    guard !uses.isEmpty else { return [] }
    let sorted = uses.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    func named(_ use: (name: String, count: Int, place: RecordPlace)) -> String {
      "`\(use.name)` (\(use.count) row\(use.count == 1 ? "" : "s"), first on \(use.place))"
    }
    var alike: [String: [String]] = [:]
    for use in sorted { alike[Self.folded(use.name), default: []].append(named(use)) }
    var notes = alike.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }.map {
      "\(file): the concepts \($0.joined(separator: " and ")) differ by blanks, case or the way a "
        + "number is written; they count as \($0.count)."
    }
    let missing = sorted.filter { Self.missing.contains(Self.folded($0.name)) }
    if !missing.isEmpty {
      notes.append(
        "\(file): the concept\(missing.count == 1 ? "" : "s") "
          + "\(missing.map(named).joined(separator: " and ")) read\(missing.count == 1 ? "s" : "") "
          + "like a missing value; delete such rows if it is one.")
    }
    return Self.shortened(notes, file) + contradictions(file)
  }

  private static let missing: Set<String> = [
    "nan", "none", "null", "na", "n/a", "<na>", "nil", "#n/a", "nat", "undefined",
  ]

  /// A label without what people do not see: case, blanks around and between, and how a number is
  /// written.
  private static func folded(_ name: String) -> String {
    let words = name.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return plainNumber(words) ?? words
  }

  /// A decimal number without signs and zeros that say nothing, however long; nil for other words.
  private static func plainNumber(_ words: String) -> String? {
    var digits = words[...]
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), digits.utf8.contains(where: { 0x30...0x39 ~= $0 }),
      parts.allSatisfy({ $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } })
    else { return nil }
    let whole = parts[0].drop { $0 == "0" }
    var rest = parts.count == 2 ? parts[1] : ""
    while rest.last == "0" { rest.removeLast() }
    return (isNegative ? "-" : "") + whole + "." + rest
  }

  private static func shortened(_ notes: [String], _ file: String) -> [String] {
    notes.count <= 5
      ? notes : notes.prefix(5) + ["\(file): \(notes.count - 5) more notes of this kind."]
  }

  /// A note on rows whose text has another concept in an earlier row.
  ///
  /// Texts are found by their hashes, so that none of them is held twice.
  private func contradictions(_ file: String) -> [String] {
    var first: [Int: Int] = [:]
    first.reserveCapacity(rows.count)
    var found: [(earlier: Int, later: Int)] = []
    for (index, row) in rows.enumerated() where row.concept != nil {
      var hasher = Hasher()
      row.hashText(into: &hasher)
      guard let earlier = first.updateIfNew(index, for: hasher.finalize()) else { continue }
      if !rows[earlier].hasConcept(of: row), rows[earlier].hasText(of: row) {
        found.append((earlier, index))
      }
    }
    guard let (earlier, later) = found.first else { return [] }
    return [
      "\(file): \(found.count) row\(found.count == 1 ? " has" : "s have") the text of an earlier row "
        + "and another concept: on \(places[earlier]) `\(rows[earlier].concept ?? "")`, on "
        + "\(places[later]) `\(rows[later].concept ?? "")`."
    ]
  }
}

extension Dictionary {
  /// Keeps the first value of a key; returns it where there was one already.
  fileprivate mutating func updateIfNew(_ value: Value, for key: Key) -> Value? {
    if let known = self[key] { return known }
    self[key] = value
    return nil
  }
}

extension ConceptSet.Row {
  fileprivate func hashText(into hasher: inout Hasher) {
    func add(_ text: String) {
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      hasher.combine(UInt8(0xFF))
    }
    for turn in turns {
      add(turn.role.rawValue)
      add(turn.content)
    }
    add(prompt)
    add(response ?? "")
  }

  fileprivate func hasText(of other: Self) -> Bool {
    func isEqual(_ first: String, _ second: String) -> Bool {
      first.utf8.elementsEqual(second.utf8)
    }
    return isEqual(prompt, other.prompt) && isEqual(response ?? "", other.response ?? "")
      && turns.elementsEqual(other.turns) {
        isEqual($0.role.rawValue, $1.role.rawValue) && isEqual($0.content, $1.content)
      }
  }

  fileprivate func hasConcept(of other: Self) -> Bool {
    (concept ?? "").utf8.elementsEqual((other.concept ?? "").utf8)
  }
}
