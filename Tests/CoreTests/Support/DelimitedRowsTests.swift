import SeerSupport
import TestSupport
import Testing

/// What spreadsheets and other programs write in place of RFC 4180.
struct DelimitedRowsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func table(_ text: String, _ name: String = "t.csv") throws -> TextTable {
    try TextTable(contentsOf: try folder.write(text, to: name))
  }

  @Test(arguments: [
    // A header with another separator in a name; decimal commas.
    ("a;b, in %\n1;0,5\n2;0,7\n", ["a", "b, in %"]),
    ("a,b;c\n1,2;3\n4,5\n", ["a", "b;c"]), ("a|b\n1|2,3\n", ["a", "b"]),
    ("a\tb,c\n1\t2,3\n2\t3,4\n", ["a", "b,c"]), ("SEP=|\na|b\n1|2\n", ["a", "b"]),
    ("\"sep=;\"\na;b\n1;2\n", ["a", "b"]), ("\n\n;;\n;\na;b\n1;2\n", ["a", "b"]),
    ("a\n1;2\n", ["a"]),
  ])
  func theSeparatorIsFound(text: String, columns: [String]) throws {
    #expect(try table(text).columns == columns)
  }

  @Test func aNameThatSaysTabsMeansTabs() throws {
    let text = "a,b\tc,d\n1,2\t3,4\n"
    #expect(try table(text, "t.tsv").columns == ["a,b", "c,d"])
    #expect(try table(text).columns == ["a", "b\tc", "d"])
  }

  /// Programs that split at tabs write quotes as they are.
  @Test func quotesOfTabSeparatedText() throws {
    let plain = try table("a\tb\n\"Yes, she said\t1\nno\t2\n\"so\" it\t3\n", "t.tsv")
    #expect(plain.rows == [["\"Yes, she said", "1"], ["no", "2"], ["\"so\" it", "3"]])
    #expect(plain.notes.first?.contains("quotes stand for themselves") == true)
    // Lines that splitting leaves even are not joined by quotes.
    let even = try table("a\tb\n\"x\t1\ny\"\t2\n", "t.tsv")
    #expect(even.rows == [["\"x", "1"], ["y\"", "2"]])
    let quoted = try table("a\tb\n\"two\nlines\t\"\"\"\t1\n\"x\"\t2\n", "t.tsv")
    #expect(quoted.rows == [["two\nlines\t\"", "1"], ["x", "2"]])
    #expect(quoted.notes == [])
  }

  @Test func blanksBeforeQuotes() throws {
    let mixed = try table("a,b\nx, \"1, 2\"\ny, plain \nz, \"open\n")
    #expect(mixed.rows == [["x", "1, 2"], ["y", " plain "], ["z", " \"open"]])
    let spaced = try table("a, b\nx, y\n\"1\" , \"2\" \n")
    #expect(spaced.columns == ["a", "b"])
    #expect(spaced.notes.first?.contains("blanks after separators were left out") == true)
    #expect(spaced.rows == [["x", "y"], ["1", "2"]])
  }

  @Test func linesOfSeparatorsAreNoRows() throws {
    let read = try table("a,b,,\n1,2,,\n,,,\n3,4\n,\n5,6,\n\"\",\"\",,\n")
    #expect(read.columns == ["a", "b"])
    #expect(read.rows == [["1", "2"], ["3", "4"], ["5", "6"]])
    #expect(read.lines == [2, 4, 6])
    let indexed = try table(",a\n0,x\n1,\n")
    #expect(indexed.columns == ["", "a"])
    #expect(indexed.rows == [["0", "x"], ["1", ""]])
  }

  @Test func filesThatWereJoined() throws {
    let joined = try table("\u{FEFF}a,b\r\n1,2\r\n\u{FEFF}a,b\r\n3,4\na,b")
    #expect(joined.rows == [["1", "2"], ["3", "4"]])
    #expect(joined.notes.count == 1)
    #expect(joined.notes[0].hasSuffix("t.csv: 2 lines repeat the header, first line 3; left out."))
  }

  @Test(arguments: [
    ("a,b\n1,2,\n", "found 3 fields, wanted 2, as the header has. The row ends with commas that"),
    ("a;b\n1;2;3\n", "Put quotes around fields with `;` or newlines in them."),
    ("a,b,,\n1,2,3,\n", "line 2, field 3: found text in a column without a name"),
    ("# made today\na,b\n1,2\n", "The first line reads like a comment: delete it."),
    ("a,b\n\"he \\\"said\\\"\",2\n", "twice, not with a backslash before it."),
    ("a;b\n\"x\"y;2\n", "found text after a closing quote, wanted `;` or the end of the line"),
    ("a,\"b\n1,2\n", "line 1: found a quote that is never closed"),
    ("a, a\n1,2\n", "line 1: found the column `a` twice"),
  ])
  func whatIsNotCertainIsRefused(text: String, expected: String) throws {
    let failure = try #require(thrownFailure { _ = try table(text) })
    #expect(failure.description.contains(expected), "\(failure)")
  }

  @Test func aListIsNoText() throws {
    let path = try folder.write(
      "{\"question\": \"q\", \"choices\": [\"a\", \"b\"], \"meta\": {}, \"answer\": 1}\n",
      to: "c.jsonl")
    let table = try TextTable(
      contentsOf: path, wanted: ["answer", "choices", "more"], lists: ["choices"])
    #expect(table.columns == ["answer", "choices"])
    #expect(table.rows == [["1", "[\"a\", \"b\"]"]])
    #expect(table.isNumber(row: 0, column: 0) && !table.isNumber(row: 0, column: 1))
    let failure = try #require(thrownFailure { _ = try TextTable(contentsOf: path) })
    failure.expect(file: path, place: "line 1, column `choices`", found: "a list or an object")
  }
}
