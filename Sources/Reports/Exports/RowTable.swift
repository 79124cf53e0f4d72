import LinearAlgebra
import SeerAnalysis
import SeerRuns
import SeerSupport

/// Rows with their coordinates and scores, as CSV or as TSV.
///
/// A TSV is one line a row for who splits at tabs and newlines and knows no quotes (TensorBoard), and
/// for who takes a field that begins with a quote for a quoted one (pandas). Whatever ends a line
/// somewhere becomes a space, and a text that begins with a quote is quoted: both find every row.
///
/// `taken_for` is the concept whose prototype was nearest when the row was held out, `margin` the
/// cosine to its own concept's prototype less that to the best other; both are empty where the row
/// was never held out.
struct RowTable {
  private let points: [SIMD2<Float>?]
  private let rows: [RunRow]
  private let concepts: [String]
  /// By row of the run.
  private let nearest: [Int?]
  private let margins: [Double?]

  init(_ points: [SIMD2<Float>?], _ rows: [RunRow], _ states: Matrix) {
    self.points = points
    self.rows = rows
    let labelled = LabelledRows(rows)
    concepts = labelled.concepts
    let judged = HeldOutPrototypes.measure(
      labelled.rows.count == rows.count ? states : states.selecting(rows: labelled.rows),
      labels: labelled.labels, concepts: concepts.count, folds: labelled.folds, checkpoint: {})
    nearest = labelled.spread(judged.nearest, over: rows.count, nil)
    margins = labelled.spread(judged.cosineMargins, over: rows.count, nil)
  }

  func text(isTSV: Bool) -> String {
    let hasTokens = rows.contains { $0.token != nil }
    var lines = [
      ["x", "y", "row", "concept", "split", "text"] + (hasTokens ? ["token"] : [])
        + ["taken_for", "margin"]
    ]
    for (index, row) in rows.enumerated() {
      guard let point = points[index] else { continue }
      lines.append(
        ["\(point.x)", "\(point.y)", "\(row.row)", row.concept, row.split ?? "", row.text]
          + (hasTokens ? [row.token ?? ""] : [])
          + [
            nearest[index].map { concepts[$0] } ?? "",
            margins[index].map { "\(Float($0))" } ?? "",
          ])
    }
    guard isTSV else { return lines.map(CSV.line).joined() }
    return lines.map { $0.map(Self.tabbed).joined(separator: "\t") + "\n" }.joined()
  }

  private static func tabbed(_ field: String) -> String {
    let line = String(
      String.UnicodeScalarView(field.unicodeScalars.map { endsLine($0) ? " " : $0 }))
    guard line.utf8.first == UInt8(ascii: "\"") else { return line }
    return "\"" + line.replacing("\"", with: "\"\"") + "\""
  }

  /// Control characters, and what Unicode has for ends of lines beside them.
  private static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || [0x85, 0x2028, 0x2029].contains(scalar.value)
  }

  /// The states of the same rows, numbers with tabs between: what TensorBoard's projector takes as
  /// vectors, with the table as their metadata.
  static func vectors(_ states: Matrix, where isKept: (Int) -> Bool) -> String {
    var text = ""
    for row in 0..<states.rows where isKept(row) {
      let values = states.row(row)
      for column in 0..<states.columns {
        if column > 0 { text += "\t" }
        text += "\(values[column])"
      }
      text += "\n"
    }
    return text
  }
}
