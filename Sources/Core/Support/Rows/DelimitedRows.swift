/// Rows whose fields stand between separators: CSV (RFC 4180) with commas, and what spreadsheets and
/// other programs write in its place.
///
/// Rows end with LF, CRLF or CR. A quote inside an unquoted field stands for itself. Lines with
/// nothing but separators and blanks are no rows.
struct DelimitedRows {
  let text: UnsafeRawBufferPointer
  let file: String
  var place = 0
  /// The line at `place`, from 1.
  var line = 1
  var separator = UInt8(ascii: ",")
  /// Whether a quote at the start of a field opens one.
  var hasQuotes = true
  /// Whether blanks after a separator are left out.
  private var skipsBlanks = false
  /// Whether a quote after blanks may open a field: not once one was never closed.
  private var triesBlanks = true
  /// Fields of the header, and up to the last one with a name.
  private var fields = 0
  private var named = 0
  /// Whether the header reads like a comment.
  private var hasComment = false
  /// Where the header lies, without its mark and newline.
  private var headerRange = 0..<0
  /// Lines that were the header once more, as in files that were joined.
  private var repeated: [Int] = []
  private(set) var notes: [String] = []

  init(_ text: UnsafeRawBufferPointer, file: String) {
    self.text = text
    self.file = file
  }

  /// The names of the columns, nil for those without one; nil for a text without a line.
  ///
  /// Finds out how fields are separated and quoted.
  mutating func header() throws(Failure) -> [String?]? {
    let declared = takeDeclaration()
    separator = declared ?? likeliestSeparator()
    if separator == UInt8(ascii: "\t") { hasQuotes = !quotesAreText() }
    try skipBlankRows()
    guard place < text.count else { return nil }
    let first = line
    hasComment = text[place] == UInt8(ascii: "#")
    let start = place
    var names: [String] = []
    try row { text in names.append(text() ?? "") }
    headerRange = bytes(from: start)
    let spaced = names.dropFirst()
    skipsBlanks = !spaced.isEmpty && spaced.allSatisfy { $0.utf8.first == 0x20 }
    names = names.map(Self.trimmed)
    fields = names.count
    named = (names.lastIndex { !$0.isEmpty } ?? 0) + 1
    for (index, name) in names.enumerated() where !name.isEmpty {
      guard names.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) == index else {
        throw Failure(
          .badData, file: file, place: "line \(first)", found: "the column `\(name)` twice",
          wanted: "every column once", advice: "Rename or remove one of them.")
      }
    }
    note(declared)
    return names.enumerated().map { index, name in
      // The first column may be an index without a name; elsewhere there is nothing to read.
      name.isEmpty && index > 0 ? nil : name
    }
  }

  /// The row that was just read, without a byte order mark before it and the newline after it.
  private func bytes(from start: Int) -> Range<Int> {
    let begin = text[start..<place].starts(with: [0xEF, 0xBB, 0xBF]) ? start + 3 : start
    var end = place
    while end > begin, isNewline(text[end - 1]) { end -= 1 }
    return begin..<end
  }

  private func isHeader(_ range: Range<Int>) -> Bool {
    range.count == headerRange.count && text[range].elementsEqual(text[headerRange])
  }

  /// What was left out of the rows read so far.
  var leftOut: [String] {
    guard let first = repeated.first else { return [] }
    return [
      "\(file): \(repeated.count) line\(repeated.count == 1 ? " repeats" : "s repeat") the header, "
        + "first line \(first); left out."
    ]
  }

  private mutating func note(_ declared: UInt8?) {
    let isTSV = [".tsv", ".tab"].contains { file.lowercased().contains($0) }
    let isTab = separator == UInt8(ascii: "\t")
    if separator != UInt8(ascii: ","), !(isTab && isTSV), declared == nil {
      notes.append("\(file): the columns are separated by \(Self.name(separator)).")
    }
    if !hasQuotes { notes.append("\(file): quotes stand for themselves; no field is quoted.") }
    if skipsBlanks { notes.append("\(file): blanks after separators were left out.") }
  }

  /// The next row with something in it: a cell for each column that is read, and its line.
  ///
  /// - Parameters:
  ///   - slots: which cell each field becomes; nil where it is not read.
  ///   - count: cells of a row.
  ///
  /// Fails where the number of fields is not the header's.
  mutating func next(
    reading slots: [Int?], count: Int
  ) throws(Failure) -> (cells: [Cell], line: Int)? {
    while true {
      while place < text.count, isNewline(text[place]) { skipNewline() }
      guard place < text.count else { return nil }
      let first = line
      var cells = [Cell](repeating: .missing, count: count)
      var index = 0
      var isBlank = true
      var lastFilled = -1
      let before = place
      try row { text in
        // Only fields that are read become strings.
        if index < slots.count, let slot = slots[index] {
          if let text = text() { cells[slot] = .text(text) }
        }
        index += 1
      } filled: { field in
        isBlank = false
        lastFilled = field
      }
      if isBlank { continue }
      if isHeader(bytes(from: before)) {
        repeated.append(first)
        continue
      }
      guard index >= named, index <= fields else {
        throw wrongCount(index, first, isPadded: lastFilled < fields && index > fields, before)
      }
      guard lastFilled < named else {
        throw Failure(
          .badData, file: file, place: "line \(first), field \(lastFilled + 1)",
          found: "text in a column without a name", wanted: "a name for it in the header",
          advice: quoting)
      }
      return (cells, first)
    }
  }

  mutating func skipBlankRows() throws(Failure) {
    while place < text.count {
      let start = (place, line)
      var isBlank = true
      try row({ _ in }, filled: { _ in isBlank = false })
      if isBlank { continue }
      (place, line) = start
      return
    }
  }

  private var quoting: String {
    "Put quotes around fields with \(Self.plural(separator)) or newlines in them."
  }

  private func wrongCount(_ count: Int, _ line: Int, isPadded: Bool, _ start: Int) -> Failure {
    let advice =
      hasComment
      ? "The first line reads like a comment: delete it."
      : isPadded
        ? "The row ends with \(Self.plural(separator)) that the header lacks: remove them."
        : quoting
    return Failure(
      .badData, file: file, place: "line \(line)",
      found: "\(count) field\(count == 1 ? "" : "s")",
      wanted: "\(fields), as the header has", advice: advice)
  }

  // MARK: Fields

  /// Steps over a row.
  ///
  /// - Parameters:
  ///   - field: called for every field with what makes its text, nil where it has none.
  ///   - filled: called with the number of a field that is not blank.
  mutating func row(
    _ field: (() -> String?) -> Void, filled: (Int) -> Void = { _ in }
  ) throws(Failure) {
    var number = 0
    while true {
      let found = try nextField()
      if !found.isBlank(text) { filled(number) }
      field { found.string(text) }
      number += 1
      guard place < text.count else { return }
      if text[place] == separator {
        place += 1
      } else {
        skipNewline()
        return
      }
    }
  }

  /// Where a field's text lies, and whether quotes in it are doubled.
  private struct Field {
    var range: Range<Int>
    var hasDoubledQuotes = false

    func isBlank(_ text: UnsafeRawBufferPointer) -> Bool {
      text[range].allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }

    func string(_ text: UnsafeRawBufferPointer) -> String {
      let bytes = UnsafeRawBufferPointer(rebasing: text[range])
      guard hasDoubledQuotes else { return String(decoding: bytes, as: UTF8.self) }
      return String(unsafeUninitializedCapacity: bytes.count) { buffer in
        var count = 0
        var place = 0
        while place < bytes.count {
          buffer[count] = bytes[place]
          count += 1
          // Of two quotes the second is the field's.
          place += bytes[place] == 0x22 ? 2 : 1
        }
        return count
      }
    }
  }

  /// Steps over a field, up to the separator, newline or end after it.
  private mutating func nextField() throws(Failure) -> Field {
    guard hasQuotes else { return plainField() }
    if place < text.count, text[place] == 0x22 { return try quotedField() }
    if let field = fieldAfterBlanks() { return field }
    if skipsBlanks { while place < text.count, text[place] == 0x20 { place += 1 } }
    return plainField()
  }

  private mutating func plainField() -> Field {
    let start = place
    while place < text.count, text[place] != separator, !isNewline(text[place]) { place += 1 }
    return Field(range: start..<place)
  }

  /// A quoted field after blanks; nil where the field is none, and stands for itself.
  private mutating func fieldAfterBlanks() -> Field? {
    guard triesBlanks, place > 0, place < text.count, text[place] == 0x20 else { return nil }
    let (start, startLine) = (place, line)
    while place < text.count, text[place] == 0x20 { place += 1 }
    if place < text.count, text[place] == 0x22 {
      do throws(Failure) { return try quotedField() } catch { triesBlanks = place < text.count }
    }
    (place, line) = (start, startLine)
    return nil
  }

  private mutating func quotedField() throws(Failure) -> Field {
    let opening = line
    place += 1
    var field = Field(range: place..<place)
    while place < text.count {
      if text[place] == 0x22 {
        guard place + 1 < text.count, text[place + 1] == 0x22 else {
          field.range = field.range.lowerBound..<place
          place += 1
          try close()
          return field
        }
        field.hasDoubledQuotes = true
        place += 2
      } else if isNewline(text[place]) {
        skipNewline()
      } else {
        place += 1
      }
    }
    throw Failure(
      .badData, file: file, place: "line \(opening)",
      found: "a quote that is never closed", wanted: "a closing quote",
      advice: "Write a quote inside a quoted field twice.")
  }

  /// Steps over blanks after a closing quote.
  private mutating func close() throws(Failure) {
    let quote = place - 1
    while place < text.count, text[place] == 0x20 { place += 1 }
    guard place < text.count, text[place] != separator, !isNewline(text[place]) else { return }
    let isEscaped = quote > 0 && text[quote - 1] == UInt8(ascii: "\\")
    throw Failure(
      .badData, file: file, place: "line \(line)", found: "text after a closing quote",
      wanted: "\(Self.name(separator)) or the end of the line",
      advice: "Write a quote inside a quoted field twice"
        + (isEscaped ? ", not with a backslash before it." : "."))
  }

  func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  mutating func skipNewline() {
    let isPair = text[place] == 0x0D && place + 1 < text.count && text[place + 1] == 0x0A
    place += isPair ? 2 : 1
    line += 1
  }

  private static func trimmed(_ name: String) -> String {
    let bytes = Array(name.utf8)
    guard let first = bytes.firstIndex(where: { $0 != 0x20 }),
      let last = bytes.lastIndex(where: { $0 != 0x20 })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }
}
