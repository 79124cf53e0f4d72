/// Rows of text with named columns, read whole.
package struct TextTable: Equatable, Sendable {
  /// The file it was read from, for messages.
  package var file: String
  package var columns: [String]
  /// One entry a column; nil where an object has no such key.
  package var rows: [[String?]]
  /// The line of the file on which each row begins, counted from 1.
  package var lines: [Int]
  /// By row, the columns whose cells a JSON file gives as numbers, not as text.
  package var numbers: [Int: Set<Int>] = [:]
  /// What was done in reading that the user should know.
  package var notes: [String] = []

  /// Reads a file of any form that rows come in (``RecordReader``).
  ///
  /// - Parameters:
  ///   - wanted: the columns to read; nil for all.
  ///   - lists: columns whose lists are kept as their JSON text.
  ///   - isOwn: of a file that this program wrote, which needs no conversion.
  ///
  /// Fails, naming line and place, where it is not there, is no text, or cannot be read as what
  /// it is; a file without rows is refused too, and a list or an object where none is expected.
  package init(
    contentsOf path: String, wanted: [String]? = nil, lists: [String] = [], isOwn: Bool = false
  ) throws(Failure) {
    var reader = try RecordReader(path, wanted: wanted, isOwn: isOwn)
    var rows: [[String?]] = []
    var lines: [Int] = []
    var numbers: [Int: Set<Int>] = [:]
    try reader.read { record, columns throws(Failure) in
      var row: [String?] = []
      row.reserveCapacity(record.cells.count)
      for (column, cell) in record.cells.enumerated() {
        switch cell {
        case .missing: row.append(nil)
        case .text(let text): row.append(text)
        case .number(let text):
          row.append(text)
          numbers[rows.count, default: []].insert(column)
        case .nested(let range):
          let name = wanted?[column] ?? columns.names[column]
          guard lists.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
            throw record.failure(
              column: name, "a list or an object", "text", "Give texts there, or leave it out.")
          }
          row.append(String(decoding: record.text[range], as: UTF8.self))
        }
      }
      rows.append(row)
      lines.append(record.place.line)
    }
    guard !rows.isEmpty else { throw reader.withoutRows }
    let found = reader.columns.isFound.indices.filter { reader.columns.isFound[$0] }
    self.init(
      file: path, columns: wanted.map { names in found.map { names[$0] } } ?? reader.columns.names,
      // Later objects may have had more keys.
      rows: rows.map { row in found.map { $0 < row.count ? row[$0] : nil } }, lines: lines)
    self.numbers = numbers.mapValues { columns in
      Set(found.indices.filter { columns.contains(found[$0]) })
    }
    notes = reader.notes
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
    throw Failure(
      .badData, file: file, place: "header", found: RecordReader.described(columns),
      wanted: "a column `\(column)`", advice: "Name the column `\(column)` in the header.")
  }

  /// Whether a JSON file gives the cell as a number, not as text.
  package func isNumber(row: Int, column: Int) -> Bool { numbers[row]?.contains(column) == true }

  /// The cell's text; nil where it is empty or not there.
  package func text(row: Int, column: Int?) -> String? {
    guard let column, let text = rows[row][column], !text.isEmpty else { return nil }
    return text
  }
}

extension RecordReader {
  /// What is wrong with a file in which no row was found.
  package var withoutRows: Failure {
    columns.names.isEmpty
      ? Failure(
        .badData, file: file, found: "an empty file",
        wanted: "a header with the column `prompt`, and rows")
      : Failure(.badData, file: file, found: "a header without rows", wanted: "at least one row")
  }

  /// Columns in a message.
  package static func described(_ names: [String]) -> String {
    if names.isEmpty { return "no columns" }
    let shown = names.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
    return "the columns " + shown + (names.count > 20 ? " and \(names.count - 20) more" : "")
  }
}

extension Record {
  /// A failure at one of the row's columns.
  package func failure(
    column: String?, _ found: String, _ wanted: String, _ advice: String? = nil
  ) -> Failure {
    Failure(
      .badData, file: file, place: "\(place)" + (column.map { ", column `\($0)`" } ?? ""),
      found: found, wanted: wanted, advice: advice)
  }
}
