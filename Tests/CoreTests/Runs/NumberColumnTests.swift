import SeerRuns
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Columns that somebody adds to a run's rows.
struct NumberColumnTests {
  @Test func numbersAreRead() throws {
    let fixture = try RunFixture(rows: 6)
    try fixture.run(fixture.extraction())
    #expect(try Run.open(fixture.folder("run")).numberColumns().isEmpty)
    let path = fixture.folder("run") + "/rows.csv"
    let table = try TextTable(contentsOf: path)
    var text = CSV.line(table.columns + ["score", "note", "empty", "nan"])
    for (index, row) in table.rows.enumerated() {
      text += CSV.line(
        row.map { $0 ?? "" } + [index == 2 ? "" : "\(Double(index) / 4)", "n", "", "nan"])
    }
    try OutputFile.write(text, to: path)
    let columns = try Run.open(fixture.folder("run")).numberColumns()
    #expect(columns.map(\.name) == ["score"])
    #expect(columns.first?.values.count == table.rows.count)
    #expect(columns.first?.values[3] == 0.75 && columns.first?.values[2].isNaN == true)
  }

  /// As numpy, pandas and spreadsheets write what is missing and what is infinite.
  @Test func missingAndInfiniteNumbers() throws {
    let fixture = try RunFixture(rows: 6)
    try fixture.run(fixture.extraction())
    let path = fixture.folder("run") + "/rows.csv"
    let table = try TextTable(contentsOf: path)
    let cells = [" 0.5", "nan", "inf", "-Infinity", "NA", "1e3 "]
    var text = CSV.line(table.columns + ["loss", "mixed"])
    for (index, row) in table.rows.enumerated() {
      text += CSV.line(row.map { $0 ?? "" } + [cells[index], index == 5 ? "n0" : "1"])
    }
    try OutputFile.write(text, to: path)
    let columns = try Run.open(fixture.folder("run")).numberColumns()
    #expect(columns.map(\.name) == ["loss"])
    let values = try #require(columns.first?.values)
    #expect(values[0] == 0.5 && values[5] == 1000)
    #expect(values[1].isNaN && values[4].isNaN)
    #expect(values[2] == .infinity && values[3] == -.infinity)
  }
}
