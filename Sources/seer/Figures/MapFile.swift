import Core
import Foundation
import LinearAlgebra

/// The coordinates that `seer project` writes.
enum MapFile {
  /// Reads the columns x and y, (rows, 2), and checks that they are those of the run's rows.
  static func read(_ path: String, rows: [RunRow]) throws(Failure) -> Matrix {
    let table = try TextTable(contentsOf: path)
    let advice = "Give the file that seer project wrote for this run."
    let columns = [try table.requiredIndex(of: "x"), try table.requiredIndex(of: "y")]
    guard table.rows.count == rows.count else {
      throw Failure(
        .badData, file: path, found: "\(table.rows.count) rows",
        wanted: "\(rows.count), the rows of the run", advice: advice)
    }
    let rowColumn = table.index(of: "row")
    let points = Matrix(rows: rows.count, columns: 2)
    for index in table.rows.indices {
      for (place, column) in columns.enumerated() {
        let text = table.text(row: index, column: column) ?? ""
        guard let value = Float(text), value.isFinite else {
          throw Failure(
            .badData, file: path,
            place: "line \(table.lines[index]), column \(place == 0 ? "x" : "y")",
            found: "`\(text.prefix(40))`", wanted: "a number", advice: advice)
        }
        points[index, place] = value
      }
      guard let rowColumn else { continue }
      let text = table.text(row: index, column: rowColumn) ?? ""
      guard Int(text) == rows[index].row else {
        throw Failure(
          .badData, file: path, place: "line \(table.lines[index]), column row",
          found: "`\(text.prefix(40))`", wanted: "\(rows[index].row), as in the run",
          advice: advice)
      }
    }
    return points
  }
}
