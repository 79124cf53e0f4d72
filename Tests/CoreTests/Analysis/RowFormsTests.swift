import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerSupport
import TestSupport
import Testing

/// The same rows in every form that files of rows come in, written by pandas, Python's csv, json and
/// gzip, and zstd (Fixtures/Rows/make_rows.py).
struct RowFormsTests {
  static let folder = Fixtures.folder + "/Rows"
  static let expected: [String: [[String?]]] =
    (try? JSONDecoder().decode(
      [String: [[String?]]].self,
      from: Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json")))) ?? [:]

  @Test(arguments: expected.keys.sorted())
  func rowsAreRead(name: String) throws {
    let set = try ConceptSet(contentsOf: Self.folder + "/" + name)
    let found = set.rows.map { [$0.prompt, $0.response, $0.concept, $0.split?.rawValue] }
    let wanted = try #require(Self.expected[name])
    #expect(found.count == wanted.count)
    for (found, wanted) in zip(found, wanted) {
      #expect(found.map { $0.map { Array($0.utf8) } } == wanted.map { $0.map { Array($0.utf8) } })
    }
  }

  @Test func everyFormIsThere() { #expect(Self.expected.count == 33) }

  @Test(arguments: [
    ("semicolon.csv", "semicolon.csv: the columns are separated by `;`."),
    ("pipe.txt", "the columns are separated by `|`."),
    ("marked-le.txt", "marked-le.txt is UTF-16LE text"),
    ("marked-le.txt", "the columns are separated by a tab."),
    ("unmarked-be.jsonl", "is UTF-16BE without a mark text"),
    ("windows.csv", "windows.csv is Windows-1252 text; it was read as such."),
    ("wrapped.json", "the rows are the list `rows`"),
  ])
  func whatWasDoneIsTold(name: String, note: String) throws {
    let set = try ConceptSet(contentsOf: Self.folder + "/" + name)
    #expect(set.notes.contains { $0.contains(note) }, "\(set.notes)")
  }

  @Test(arguments: [
    ("^", "`^`"), ("\u{1F}", "the control character 31"), ("\u{1}", "the control character 1"),
  ])
  func otherSeparatorsAreTold(separator: String, name: String) throws {
    let lines = [["prompt", "value"], ["a, b", "x"], ["c", "y"]]
    let set = try conceptSet(lines.map { $0.joined(separator: separator) + "\n" }.joined())
    #expect(set.rows.map(\.prompt) == ["a, b", "c"] && set.concepts == ["x", "y"])
    #expect(set.notes == ["concepts.csv: the columns are separated by \(name)."])
  }

  @Test(arguments: [
    "lines.jsonl", "list.json", "comma.csv", "tab.tsv", "declared.csv", "spaced.csv",
    "lines.jsonl.gz",
    "pandas-columns.json",
  ])
  func whatIsUsualNeedsNoNote(name: String) throws {
    #expect(try ConceptSet(contentsOf: Self.folder + "/" + name).notes == [])
  }

  @Test(arguments: [
    // pandas' orient="values", and rows without names.
    ("[[\"a\", \"x\"]]", "line 1, column 2: found a list in a list, wanted a list of objects"),
    ("[\"a\"]", "found a list of values without names"),
    (
      "[{\"prompt\": \"a\", \"value\": \"x\"}]\n[{}]", "line 2, column 1: found more after the list"
    ),
    ("[{\"prompt\": \"a\", \"value\": \"x\"},]", "found no valid JSON (`]`), wanted an object"),
    ("[{\"prompt\": \"a\", \"value\": \"x\"}", "found no valid JSON (the end of the text)"),
    (
      "{\"prompt\": \"a\", \"value\": \"x\"},\n{\"prompt\": \"b\", \"value\": \"x\"}",
      "line 1, column 30: found a comma after an object"
    ),
    (
      "{\"prompt\": [\"a\", \"b\"], \"value\": [\"x\"]}",
      "found 1 values of `value`, wanted as many as of `prompt`, which has more"
    ),
    (
      "{\"prompt\": {\"0\": \"a\", \"1\": \"b\"}, \"value\": {\"0\": \"x\", \"2\": \"y\"}}",
      "found the index `2` in `value`, wanted `1`, as in `prompt`"
    ),
    (
      "{\"columns\": [\"prompt\", \"value\"], \"data\": [[\"a\", \"x\"], [\"b\"]]}",
      "found 1 values in row 1, wanted 2"
    ),
    ("{\"text\": [\"a\"], \"value\": [\"x\"]}", "line 1, row 0: found the columns `text`, `value`"),
    ("{\"prompt\": \"a\", \"value\": [\"x\", \"y\"]}", "column `value`: found a list or an object"),
    ("{\"prompt\": \"a\", \"value\": \"x\", \"split\": {}}", "column `split`: found a list"),
    ("{\"prompt\": {\"a\": 1}, \"value\": \"x\"}", "column `prompt`: found an object"),
    ("{\"prompt\": [\"a\"], \"value\": \"x\"}", "column `prompt`: found a list of other things"),
    ("{\"prompt\": [], \"value\": \"x\"}", "column `prompt`: found an empty list"),
    ("{\"prompt\": \"a\", \"value\": \"x\", \"prompt\": \"\\ud83d\"}", "a second surrogate"),
    ("{\"prompt\": \"a\tb\", \"value\": \"x\"}", "no control characters in a string"),
    ("{\"prompt\": \"a\", \"value\": 01}", "line 1, column 27: found no valid JSON (`1`)"),
  ])
  func anotherFormIsRefused(text: String, expected: String) {
    let found = message { () throws(Failure) in _ = try conceptSet(text, named: "c.json") }
    #expect(found.contains("badData: c.json"), "\(found)")
    #expect(found.contains(expected), "\(found)")
  }

  @Test func numbersAreWhatIsWritten() throws {
    let set = try conceptSet(
      """
      {"prompt": 1.50, "value": 12345678901234567890123}
      {"prompt": "b", "value": NaN}
      {"prompt": "c", "value": false, "meta": [{"a": [1, {"b": null}]}, -Infinity]}
      {"prompt": "d", "prompt": "last", "value": 1e400}
      """, named: "c.jsonl")
    // But for zeros that say nothing.
    #expect(set.rows.map(\.prompt) == ["1.5", "b", "c", "last"])
    #expect(set.rows.map(\.concept) == ["12345678901234567890123", "NaN", "false", "1e400"])
    let labels = try conceptSet(
      ["1", "\"1\"", "1.0", "-0.0", "0", "1.050"].map {
        "{\"prompt\": \"a\($0.count)\", \"value\": \($0)}\n"
      }
      .joined(), named: "c.jsonl")
    #expect(labels.rows.map(\.concept) == ["1", "1", "1", "0", "0", "1.05"])
  }

  @Test func aNestedColumnThatNobodyReadsIsNoMatter() throws {
    let meta = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    let set = try conceptSet(
      "{\"meta\": \(meta), \"prompt\": \"a\", \"value\": \"x\"}", named: "c.jsonl")
    #expect(set.rows == [.init(prompt: "a", concept: "x")])
  }

  @Test func columnsMayComeAndGo() throws {
    let set = try conceptSet(
      (0..<300).map {
        "{\"k\($0)\": 1, \($0 % 2 == 0 ? "\"prompt\": \"p\", \"value\"" : "\"value\": \"w\", \"pr\\u006fmpt\""): \"x\"}"
      }.joined(separator: "\r"), named: "c.jsonl")
    #expect(set.rows.count == 300)
    #expect(set.rows[0] == .init(prompt: "p", concept: "x"))
    #expect(set.rows[299] == .init(prompt: "x", concept: "w"))
    #expect(set.places[299].line == 300)
  }

  /// Files of every form with bytes changed, left out or doubled: rows or a failure, never a trap.
  @Test(arguments: expected.keys.sorted())
  func damagedFilesAreReadOrRefused(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try bytes(ofFile: Self.folder + "/" + name)
    var random = SeededGenerator(seed: UInt64(whole.count))
    for round in 0..<25 {
      var damaged = whole
      for _ in 0...round % 4 {
        let place = Int.random(in: 0..<damaged.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: damaged.removeSubrange(place..<min(damaged.count, place + 3))
        case 2: damaged.insert(contentsOf: damaged[place...].prefix(9), at: place)
        case 3: damaged[place] = Array("\"\\,[]{}:\n\t;\0\u{FF}".utf8)[round % 13]
        default: damaged.removeSubrange(place...)
        }
        if damaged.isEmpty { damaged = [0] }
      }
      let path = try folder.write(damaged, to: name)
      if let failure = thrownFailure({ _ = try ConceptSet(contentsOf: path) }) {
        #expect(failure.kind == .badData && failure.file == path, "\(failure)")
      }
    }
  }
}
