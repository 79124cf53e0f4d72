import Foundation
import SeerRuns
import SeerSupport

/// Coordinates of a run's rows, as `seer project` writes them: a CSV with the columns `x`, `y` and
/// `row`, a line for each row of the run in its order. A row without coordinates is left out of what
/// is made from the file.
package enum MapFile {
  /// Reads the coordinates and checks that they are those of the run's rows.
  package static func read(_ path: String, rows: [RunRow]) throws(Failure) -> [SIMD2<Float>?] {
    let table = try TextTable(contentsOf: path)
    let advice = "Give the file that seer project wrote for this run."
    let xColumn = try table.requiredIndex(of: "x")
    let yColumn = try table.requiredIndex(of: "y")
    guard table.rows.count == rows.count else {
      throw Failure(
        .badData, file: path, found: "\(table.rows.count) rows",
        wanted: "\(rows.count), the rows of the run", advice: advice)
    }
    let rowColumn = table.index(of: "row")
    func coordinate(_ index: Int, _ column: Int, _ name: String) throws(Failure) -> Float {
      let text = table.text(row: index, column: column) ?? ""
      guard let value = Float(text), value.isFinite else {
        throw Failure(
          .badData, file: path, place: "line \(table.lines[index]), column \(name)",
          found: "`\(text.prefix(40))`", wanted: "a number", advice: advice)
      }
      return value
    }
    var points: [SIMD2<Float>?] = []
    points.reserveCapacity(rows.count)
    for index in table.rows.indices {
      let isLeftOut = [xColumn, yColumn].allSatisfy {
        (table.text(row: index, column: $0) ?? "").isEmpty
      }
      if isLeftOut {
        points.append(nil)
      } else {
        points.append(
          SIMD2(try coordinate(index, xColumn, "x"), try coordinate(index, yColumn, "y")))
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

  /// The same as text.
  package static func text(_ points: [SIMD2<Float>?], rows: [RunRow]) -> String {
    var text = CSV.line(["x", "y", "row", "concept"])
    for (point, row) in zip(points, rows) {
      text += CSV.line(
        [point.map { "\($0.x)" } ?? "", point.map { "\($0.y)" } ?? "", "\(row.row)", row.concept])
    }
    return text
  }
}
