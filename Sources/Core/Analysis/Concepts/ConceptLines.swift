import SeerSupport

/// Rows that come one JSON object a line, as they are scored: `text`, or what a concept file has.
package struct ConceptLines: Sendable {
  private let rows: ConceptRows

  /// - Parameter columns: their names; the prompt's column may also be `text`, where it has its usual
  ///   name.
  package init(_ columns: ConceptColumns) throws(Failure) {
    var columns = columns
    if columns.prompt == ConceptColumns().prompt { columns.prompt = "text" }
    rows = try ConceptRows(columns, allowsStandardNames: columns.prompt == "text")
  }

  /// The rows of a line: one, but for conversations of which every answer is wanted, and for pairs
  /// of a chosen and a rejected answer.
  package func rows(
    _ line: [UInt8], file: String, number: Int
  ) throws(Failure) -> [ConceptSet.Row] {
    try RecordReader.object(line, file: file, number: number, wanted: rows.wanted) {
      record, columns throws(Failure) in
      try rows.rows(record, columns, requiresConcepts: false)
    }
  }
}
