/// Rows of text with named columns, as read from CSV or JSON Lines.
package struct TextTable: Equatable, Sendable {
  /// The file it was read from, for messages.
  package var file: String
  package var columns: [String]
  /// One entry a column; nil where a JSON line has no such key.
  package var rows: [[String?]]
  /// The line of the file on which each row begins, counted from 1.
  package var lines: [Int]
  /// By row, the columns whose cells a JSON file gives as numbers, not as text.
  package var numbers: [Int: Set<Int>] = [:]

  /// Reads a file: CSV or JSON Lines by its extension, else by its first byte.
  ///
  /// Fails, naming line and place, where it is not there, is not UTF-8, or cannot be read as what
  /// it is; a file without rows is refused too.
  package init(contentsOf path: String) throws(Failure) {
    let mapped = try MappedFile(path: path)
    self = try mapped.withBytes { bytes throws(Failure) in try TextTable(bytes, file: path) }
  }

  package init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Failure) {
    if let offset = UTF8Bytes.firstInvalid(in: bytes) {
      let line = bytes[..<offset].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
      throw Failure(
        .badData, file: file, place: "line \(line), byte \(offset)",
        found: "byte 0x\(String(bytes[offset], radix: 16, uppercase: true)), which is not UTF-8",
        wanted: "UTF-8 text", advice: "Save the file as UTF-8.")
    }
    let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let text = UnsafeRawBufferPointer(rebasing: bytes[mark...])
    self =
      Self.isJSONLines(text, file: file)
      ? try JSONLines.table(text, file: file) : try CSV.table(text, file: file)
    guard !columns.isEmpty || !rows.isEmpty else {
      throw Failure(
        .badData, file: file, found: "an empty file",
        wanted: "a header with the column `prompt`, and rows")
    }
    guard !rows.isEmpty else {
      throw Failure(
        .badData, file: file, found: "a header without rows", wanted: "at least one row")
    }
  }

  private static func isJSONLines(_ text: UnsafeRawBufferPointer, file: String) -> Bool {
    let name = file.lowercased()
    if name.hasSuffix(".csv") { return false }
    if [".jsonl", ".ndjson", ".json"].contains(where: { name.hasSuffix($0) }) { return true }
    return text.first { $0 > 0x20 } == UInt8(ascii: "{")
  }

  package init(file: String, columns: [String], rows: [[String?]] = [], lines: [Int] = []) {
    self.file = file
    self.columns = columns
    self.rows = rows
    self.lines = lines
  }

  /// The index of a column; names are compared byte by byte.
  package func index(of column: String) -> Int? {
    columns.firstIndex { $0.utf8.elementsEqual(column.utf8) }
  }

  /// The index of a column that has to be there.
  package func requiredIndex(of column: String) throws(Failure) -> Int {
    if let index = index(of: column) { return index }
    // A whole header in one column was cut by another separator.
    let separator = [";", "\t", "|"].first { columns.count == 1 && columns[0].contains($0) }
    let name = separator == "\t" ? "a tab" : "`\(separator ?? "")`"
    throw Failure(
      .badData, file: file, place: "header",
      found: columns.isEmpty
        ? "no columns" : "the columns " + columns.map { "`\($0)`" }.joined(separator: ", "),
      wanted: "a column `\(column)`",
      advice: separator == nil
        ? "Name the column `\(column)` in the header."
        : "The columns seem to be separated by \(name): save the file with commas.")
  }

  /// Whether a JSON file gives the cell as a number, not as text.
  package func isNumber(row: Int, column: Int) -> Bool { numbers[row]?.contains(column) == true }

  /// The cell's text; nil where it is empty or not there.
  package func text(row: Int, column: Int?) -> String? {
    guard let column, let text = rows[row][column], !text.isEmpty else { return nil }
    return text
  }
}
