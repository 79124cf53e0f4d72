import SeerAnalysis

/// Texts that stand on both sides of a split, or twice on one: what a held-out figure must not be
/// made from unseen.
package struct TextOverlap: Equatable, Sendable, Codable {
  /// Rows that repeat an earlier row of their own file, prompt and response alike.
  package var trainDuplicates: Int
  package var testDuplicates: Int
  /// Of the train file's repeated rows, those with another concept than the first.
  package var trainContradictions: Int
  /// Test rows whose prompt and response, and whose prompt, are also in the train file.
  package var sharedRows: Int
  package var sharedPrompts: Int
  /// The test rows of `sharedPrompts`, from 0.
  package var rows: [Int]

  /// Compares texts by their bytes, after case and runs of white space are evened out. O(rows).
  package init(train: [ConceptSet.Row], test: [ConceptSet.Row]) {
    var prompts: Set<[UInt8]> = []
    var concepts: [[UInt8]: String?] = [:]
    var duplicates = 0
    var contradictions = 0
    for row in train {
      prompts.insert(Self.key(row.foldKey))
      let key = Self.key(row)
      if let first = concepts[key] {
        duplicates += 1
        if first != row.concept { contradictions += 1 }
      } else {
        concepts[key] = .some(row.concept)
      }
    }
    var seen: Set<[UInt8]> = []
    var repeated = 0
    var shared = 0
    var overlapping: [Int] = []
    for (index, row) in test.enumerated() {
      let key = Self.key(row)
      if !seen.insert(key).inserted { repeated += 1 }
      if concepts[key] != nil { shared += 1 }
      if prompts.contains(Self.key(row.foldKey)) { overlapping.append(index) }
    }
    trainDuplicates = duplicates
    testDuplicates = repeated
    trainContradictions = contradictions
    sharedRows = shared
    sharedPrompts = overlapping.count
    rows = overlapping
  }

  private static func key(_ row: ConceptSet.Row) -> [UInt8] {
    // A byte that no UTF-8 text holds keeps prompt and response apart.
    key(row.foldKey) + [0xFF] + key(row.response ?? "")
  }

  private static func key(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for byte in text.lowercased().utf8 {
      let isSpace = byte == 0x20 || 9...13 ~= byte
      if isSpace, bytes.isEmpty || bytes.last == 0x20 { continue }
      bytes.append(isSpace ? 0x20 : byte)
    }
    if bytes.last == 0x20 { bytes.removeLast() }
    return bytes
  }

  /// What the user should know, in sentences.
  package func notes(train: String, test: String) -> [String] {
    func rows(_ count: Int) -> String { count == 1 ? "1 row" : "\(count) rows" }
    var notes: [String] = []
    if sharedPrompts > 0 {
      notes.append(
        "\(rows(sharedPrompts)) of \(test) share a prompt with \(train)"
          + (sharedRows > 0 ? ", \(sharedRows) of them the response too" : "")
          + "; --without-overlap leaves them out.")
    }
    if trainDuplicates > 0 {
      notes.append(
        "\(rows(trainDuplicates)) of \(train) repeat an earlier one"
          + (trainContradictions > 0 ? ", \(trainContradictions) of them with another concept" : "")
          + ".")
    }
    if testDuplicates > 0 {
      notes.append("\(rows(testDuplicates)) of \(test) repeat an earlier one.")
    }
    return notes
  }
}
