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
  package static func text(
    _ points: [SIMD2<Float>?], rows: [RunRow], colors: MapColors? = nil
  ) -> String {
    var text = CSV.line(["x", "y", "row", "concept"] + (colors == nil ? [] : colorColumns))
    for (index, row) in rows.enumerated() {
      let point = points[index]
      var line = [
        point.map { "\($0.x)" } ?? "", point.map { "\($0.y)" } ?? "", "\(row.row)", row.concept,
      ]
      if let colors {
        let group = colors.groups[index]
        let color = colors.colors[group].map { String($0, radix: 16) }
        line += ["\(group)", colors.names[group], color ?? ""]
      }
      text += CSV.line(line)
    }
    return text
  }

  /// What a row is coloured by: the group's number, its name, and its colour in six hexadecimal digits
  /// (none: the mark and colour of the concept of that number).
  private static let colorColumns = ["group", "group_name", "color"]

  /// The colours of a file; nil where it has none. Groups that no row has stay without a name.
  package static func colors(_ path: String) throws(Failure) -> MapColors? {
    let table = try TextTable(contentsOf: path)
    let columns = colorColumns.compactMap { table.index(of: $0) }
    guard columns.count == colorColumns.count else { return nil }
    var found = MapColors(groups: [], names: [], colors: [:])
    for index in table.rows.indices {
      let cells = columns.map { table.text(row: index, column: $0) ?? "" }
      guard let group = Int(cells[0]), (0..<10_000).contains(group) else {
        throw Failure(
          .badData, file: path, place: "line \(table.lines[index]), column group",
          found: "`\(cells[0].prefix(40))`", wanted: "a whole number from 0 to 9999")
      }
      let color = UInt32(cells[2], radix: 16)
      guard cells[2].isEmpty || color.map({ $0 <= 0xFF_FFFF }) ?? false else {
        throw Failure(
          .badData, file: path, place: "line \(table.lines[index]), column color",
          found: "`\(cells[2].prefix(40))`", wanted: "six hexadecimal digits, or nothing")
      }
      found.groups.append(group)
      while found.names.count <= group { found.names.append("") }
      found.names[group] = cells[1]
      found.colors[group] = color
    }
    return found
  }
}
