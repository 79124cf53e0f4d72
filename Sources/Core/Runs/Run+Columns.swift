import Foundation
import SeerSupport

extension Run {
  /// A column that somebody added to `rows.csv`, all of whose cells are numbers or say that there is
  /// none: empty, `nan` or `NA`, as other programs write it.
  package struct NumberColumn: Equatable, Sendable {
    package var name: String
    /// One for each row, perhaps infinite; NaN where there is no number.
    package var values: [Float]
  }

  private static let ownColumns = [
    "row", "text", "concept", "tokens", "split", "prompt", "token",
  ]

  /// The columns of numbers beside the run's own; none where the file has only those.
  ///
  /// The rows are read again only where the header names more columns: opening a run stays fast.
  package func numberColumns() -> [NumberColumn] {
    let path = folder + "/" + Self.rowsName
    guard let handle = FileHandle(forReadingAtPath: path),
      let start = try? handle.read(upToCount: 4096)
    else { return [] }
    let header = String(decoding: start.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    guard header.split(separator: ",").contains(where: { !Self.ownColumns.contains(String($0)) }),
      let table = try? TextTable(contentsOf: path, isOwn: true), table.rows.count == rows.count
    else { return [] }
    return table.columns.indices.compactMap { column in
      guard !Self.ownColumns.contains(table.columns[column]) else { return nil }
      var values: [Float] = []
      values.reserveCapacity(rows.count)
      for row in table.rows.indices {
        guard let value = Self.number(table.text(row: row, column: column) ?? "") else {
          return nil
        }
        values.append(value)
      }
      guard values.contains(where: \.isFinite) else { return nil }
      return NumberColumn(name: table.columns[column], values: values)
    }
  }

  /// A cell's number, NaN for none; nil where it is something else. Blanks around it are none of it.
  private static func number(_ cell: String) -> Float? {
    let text = cell.trimmingCharacters(in: .whitespaces)
    if ["", "na", "n/a", "null", "none", "<na>"].contains(text.lowercased()) { return .nan }
    // As C, numpy and pandas write and read it: `inf`, `-Infinity`, `nan`.
    return Float(text)
  }
}
