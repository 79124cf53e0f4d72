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

  /// Notes on rows that have the text of an earlier row, or its prompt and another answer, and another
  /// concept.
  ///
  /// Texts are found by their hashes, so that none of them is held twice.
  private func contradictions(_ file: String) -> [String] {
    var (texts, prompts): ([Int: Int], [Int: Int]) = ([:], [:])
    texts.reserveCapacity(rows.count)
    var (alike, asked) = (Clashes(), Clashes())
    for (index, row) in rows.enumerated() where row.concept != nil {
      var hasher = Hasher()
      row.hashPrompt(into: &hasher)
      let prompt = hasher.finalized
      row.hashResponse(into: &hasher)
      if let earlier = texts.updateIfNew(index, for: hasher.finalize()),
        !rows[earlier].hasConcept(of: row), rows[earlier].hasText(of: row)
      {
        alike.add(earlier, index)
        continue
      }
      guard let earlier = prompts.updateIfNew(index, for: prompt),
        !rows[earlier].hasConcept(of: row), rows[earlier].hasPrompt(of: row),
        // One record may be two rows: the answer that was chosen and the one that was not.
        places[earlier] != places[index]
      else { continue }
      asked.add(earlier, index)
    }
    return [note(alike, "the text", "", file), note(asked, "the prompt", ", another answer", file)]
      .compactMap { $0 }
  }

  /// Rows whose concept is another than an earlier one's: how many, and the first of them.
  private struct Clashes {
    var count = 0
    var first: (earlier: Int, later: Int)?

    mutating func add(_ earlier: Int, _ later: Int) {
      count += 1
      first = first ?? (earlier, later)
    }
  }

  private func note(
    _ clashes: Clashes, _ common: String, _ other: String, _ file: String
  ) -> String? {
    guard let (earlier, later) = clashes.first else { return nil }
    return "\(file): \(clashes.count) row\(clashes.count == 1 ? " has" : "s have") \(common) of an "
      + "earlier row\(other) and another concept: on \(places[earlier]) "
      + "`\(rows[earlier].concept ?? "")`, on \(places[later]) `\(rows[later].concept ?? "")`."
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
  /// The prompt with all that was said before it.
  fileprivate func hashPrompt(into hasher: inout Hasher) {
    for turn in turns {
      hasher.combine(part: turn.role.rawValue)
      hasher.combine(part: turn.content)
    }
    hasher.combine(part: prompt)
  }

  fileprivate func hashResponse(into hasher: inout Hasher) { hasher.combine(part: response ?? "") }

  fileprivate func hasText(of other: Self) -> Bool {
    (response ?? "").utf8.elementsEqual((other.response ?? "").utf8) && isAsked(like: other)
  }

  /// Whether both have one prompt; rows without any have none.
  fileprivate func hasPrompt(of other: Self) -> Bool {
    !(prompt.isEmpty && turns.isEmpty) && isAsked(like: other)
  }

  private func isAsked(like other: Self) -> Bool {
    prompt.utf8.elementsEqual(other.prompt.utf8)
      && turns.elementsEqual(other.turns) {
        $0.role.rawValue.utf8.elementsEqual($1.role.rawValue.utf8)
          && $0.content.utf8.elementsEqual($1.content.utf8)
      }
  }

  fileprivate func hasConcept(of other: Self) -> Bool {
    (concept ?? "").utf8.elementsEqual((other.concept ?? "").utf8)
  }
}

extension Hasher {
  fileprivate mutating func combine(part: String) {
    var part = part
    part.withUTF8 { combine(bytes: UnsafeRawBufferPointer($0)) }
    combine(UInt8(0xFF))
  }

  /// The hash so far, after which more may be added.
  fileprivate var finalized: Int {
    let copy = self
    return copy.finalize()
  }
}
