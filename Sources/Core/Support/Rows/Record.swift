/// What a reader of rows finds in one cell.
package enum Cell: Equatable, Sendable {
  /// No such key in an object, or null.
  case missing
  /// A text, or a truth value.
  case text(String)
  /// A number of JSON, as it is written.
  case number(String)
  /// A list or an object of JSON, with its place in the text.
  case nested(Range<Int>)
}

/// Where a row begins in its file.
package struct RecordPlace: Equatable, Sendable, CustomStringConvertible {
  /// From 1.
  package var line: Int
  /// From 0, where lines do not tell rows apart: in a list, or in lists by column.
  package var row: Int?

  package init(line: Int, row: Int? = nil) {
    self.line = line
    self.row = row
  }

  package var description: String { "line \(line)" + (row.map { ", row \($0)" } ?? "") }
}

/// One row, as it is read.
package struct Record {
  package let file: String
  package let place: RecordPlace
  /// By the columns that were asked for.
  package let cells: [Cell]
  /// The text that nested cells lie in.
  package let text: UnsafeRawBufferPointer
}

/// The columns of a file of rows, and which of them are read.
package struct RecordColumns {
  /// Every column by its name, in the order of the file. Of objects only the first 100 are kept where
  /// not all are read.
  package private(set) var names: [String] = []
  /// Whether a column was found, for each that was asked for.
  package private(set) var isFound: [Bool]
  private let readsAll: Bool
  private var slots: [[UInt8]: Int?]
  /// What the members of the object before were, by their place in it: most objects are alike.
  private var before: [(name: [UInt8], slot: Int?)] = []

  /// - Parameter wanted: names, or nil for all columns as they come.
  init(_ wanted: [String]?) {
    readsAll = wanted == nil
    slots = [:]
    isFound = (wanted ?? []).map { _ in false }
    for (slot, name) in (wanted ?? []).enumerated() { slots[Array(name.utf8)] = .some(slot) }
  }

  /// How many cells a record has.
  var count: Int { isFound.count }

  /// Whether a column was asked for by its name.
  func wants(_ name: [UInt8]) -> Bool { !readsAll && (slots[name] ?? nil) != nil }

  /// Which cell of a record a column is; nil where it is not read.
  mutating func slot(_ name: [UInt8]) -> Int? {
    if let known = slots[name] {
      if let slot = known, !isFound[slot] {
        isFound[slot] = true
        names.append(String(decoding: name, as: UTF8.self))
      }
      return known
    }
    guard readsAll else {
      // Objects with ever new names must not fill the memory.
      if names.count < 100 {
        slots[name] = .some(nil)
        names.append(String(decoding: name, as: UTF8.self))
      }
      return nil
    }
    slots[name] = isFound.count
    isFound.append(true)
    names.append(String(decoding: name, as: UTF8.self))
    return isFound.count - 1
  }

  /// The same for the member of an object at a place, whose name lies in the text.
  mutating func slot(
    ofMember place: Int, _ text: UnsafeRawBufferPointer, _ range: Range<Int>
  ) -> Int? {
    let inside = range.lowerBound + 1..<range.upperBound - 1
    if place < before.count {
      let known = before[place]
      if known.name.count == inside.count, text[inside].elementsEqual(known.name) {
        return known.slot
      }
    }
    let name = JSONScanner.bytes(text, range)
    let slot = slot(name)
    // A name with escapes is not kept: it would be compared with what is written.
    if name.count == inside.count {
      if place < before.count {
        before[place] = (name, slot)
      } else if place == before.count, place < 64 {
        before.append((name, slot))
      }
    }
    return slot
  }
}

/// Reads a file of rows, one after the other.
package struct RecordReader {
  package let file: String
  package private(set) var columns: RecordColumns
  /// What was done that the user should know.
  package private(set) var notes: [String]
  private let input: InputText

  /// Opens a file, decompressed and converted to UTF-8 (``InputText``).
  ///
  /// - Parameters:
  ///   - wanted: the columns to read; nil for all.
  ///   - isOwn: of a file that this program wrote, which needs no conversion.
  package init(_ path: String, wanted: [String]?, isOwn: Bool = false) throws(Failure) {
    input = try InputText(path, isOwn: isOwn)
    file = path
    notes = input.notes
    columns = RecordColumns(wanted)
  }

  /// Hands over every row: delimited ones or those of JSON, by the file's name, else by its first
  /// character.
  ///
  /// - Parameters:
  ///   - header: called once where a header names the columns, before the rows.
  ///   - each: called with every row.
  package mutating func read(
    header: (RecordColumns) throws(Failure) -> Void = { _ in },
    each: (Record, RecordColumns) throws(Failure) -> Void
  ) throws(Failure) {
    let input = input
    try input.withText { text throws(Failure) in
      var consumed = 0
      // What is read lies in rows now: the text's memory is let go every some megabytes.
      func release(_ place: Int) {
        guard place - consumed >= 8 << 20 else { return }
        input.release(consumed..<place)
        consumed = place
      }
      if Self.isJSON(text, file: file) {
        var rows = JSONRows(text, file: file, columns: columns)
        try rows.read { record, columns, place throws(Failure) in
          try each(record, columns)
          release(place)
        }
        columns = rows.columns
        notes += rows.notes
      } else {
        var rows = DelimitedRows(text, file: file)
        guard let names = try rows.header() else { return }
        let slots = names.map { $0.flatMap { columns.slot(Array($0.utf8)) } }
        notes += rows.notes
        try header(columns)
        while let (fields, line) = try rows.next(reading: slots, count: columns.count) {
          try each(
            Record(file: file, place: RecordPlace(line: line), cells: fields, text: text), columns)
          release(rows.place)
        }
        notes += rows.leftOut
      }
    }
  }

  private static func isJSON(_ text: UnsafeRawBufferPointer, file: String) -> Bool {
    var name = file.lowercased()
    for ending in [".gz", ".zst"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
    if [".csv", ".tsv", ".tab"].contains(where: name.hasSuffix) { return false }
    if [".jsonl", ".ndjson", ".json"].contains(where: name.hasSuffix) { return true }
    let start = text.prefix(1 << 16).filter { $0 > 0x20 }.prefix(2)
    return start.first == UInt8(ascii: "{")
      || (start.first == UInt8(ascii: "[")
        && start.last.map { "{[]\"".utf8.contains($0) } == true)
  }
}
