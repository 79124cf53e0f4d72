import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerSupport
import TestSupport
import Testing

struct ConceptSetTests {
  @Test func columnsMayStandInAnyOrder() throws {
    let set = try conceptSet(
      """
      id,value,response,prompt,split,level
      1,bias,r1,p1,train,x
      2,honesty,,p2,test,

      """)
    #expect(
      set.rows == [
        .init(prompt: "p1", response: "r1", concept: "bias", split: .train),
        .init(prompt: "p2", response: nil, concept: "honesty", split: .test),
      ])
    #expect(set.places.map(\.line) == [2, 3])
    #expect(set.concepts == ["bias", "honesty"])
    #expect(set.notes == [])
  }

  @Test func quotesNewlinesAndMarksAreRead() throws {
    let text =
      "\u{FEFF}prompt,value\r\n\"a \"\"quoted\"\" word, and\r\na second line\",x\r\n"
      + "  spaces kept  ,y\r\n\r\n5\" pipe,z\re,x\n\",\",\"\n\""
    let set = try conceptSet(text)
    #expect(
      set.rows.map(\.prompt) == [
        "a \"quoted\" word, and\r\na second line", "  spaces kept  ", "5\" pipe", "e", ",",
      ])
    #expect(set.rows.map(\.concept) == ["x", "y", "z", "x", "\n"])
  }

  @Test func aSeparatorBeforeACombiningMarkSeparates() throws {
    let set = try conceptSet("prompt,value\na,\u{301}b\n\u{212B},\u{C5}\n\u{C5},\u{212B}\n")
    #expect(set.rows.count == 3)
    #expect(Array(set.rows[0].prompt.utf8) == Array("a".utf8))
    #expect(set.concepts.count == 3)
  }

  @Test func jsonLinesAreRead() throws {
    let text = """
      \u{FEFF}{"prompt": "a\\n\\"b\\"\\u00e9", "value": "x", "n": 3, "list": [1, "k"], "none": null}

      {"value": true, "prompt": "😀", "response": "r", "split": "train"}\r
      {"value": "x", "prompt": "c", "split": "test"}
      """
    for name in ["rows.jsonl", "ROWS.NDJSON", "rows"] {
      // The first line has no split: only said so when the column is used.
      let broken = message { () throws(Failure) in _ = try conceptSet(text, named: name) }
      #expect(broken.contains("\(name), line 1: found the split ``, wanted `train` or `test`"))
      let set = try conceptSet(
        text.replacing("\"n\": 3", with: "\"n\": 3, \"split\": \"test\""), named: name)
      #expect(set.rows.map(\.prompt) == ["a\n\"b\"é", "😀", "c"])
      #expect(set.rows.map(\.concept) == ["x", "true", "x"])
      #expect(set.rows.map(\.response) == [nil, "r", nil])
      #expect(set.places.map(\.line) == [1, 3, 4])
    }
  }

  @Test(arguments: [
    ("", "badData: concepts.csv: found an empty file"),
    ("\u{FEFF}\r\n\n", "found an empty file"),
    ("prompt,value\n", "found a header without rows, wanted at least one row"),
    (
      "prompt,response\na,b\n",
      "header: found the columns `prompt`, `response`, wanted a column `value`"
    ),
    (
      "text,value\na,b\n",
      "wanted a column `prompt`. Name the column with --prompt-column, such as --prompt-column text."
    ),
    ("prompt,value\na,x\n\"b,x\nc,x\n", "line 3: found a quote that is never closed"),
    ("prompt,value\na,x\n\"b\"c,x\n", "line 3: found text after a closing quote"),
    ("prompt,value\n\"a\nb\",x\nc\n", "line 4: found 1 field, wanted 2, as the header has"),
    ("prompt,value\na,b,c\n", "line 2: found 3 fields, wanted 2"),
    ("prompt,value,prompt\na,b,c\n", "line 1: found the column `prompt` twice"),
    ("prompt,value,split\na,b,dev\n", "line 2: found the split `dev`, wanted `train` or `test`"),
    ("prompt,value,split\na,b,\n", "line 2: found the split ``"),
    ("prompt,value\na,x\nb,\n", "line 3: found an empty `value`"),
    ("prompt,value\n,x\n", "line 2: found a row without text"),
  ])
  func aBadCSVFileIsRefused(text: String, expected: String) {
    let found = message { () throws(Failure) in _ = try conceptSet(text) }
    #expect(found.contains(expected), "\(found)")
  }

  @Test(arguments: [
    ("", "found an empty file"), ("\n \n", "found an empty file"),
    ("{}", "wanted a column `prompt`"), ("[]", "found an empty file"),
    (
      "{\"prompt\": \"a\", \"value\": \"x\"}\n{\"prompt\": \"b\"",
      "line 2, column 15: found no valid JSON (the end of the text)"
    ),
    (
      "{\"prompt\": \"a\", \"value\": \"x\"}\n\n[1, 2]",
      "line 3, column 1: found JSON that is no object"
    ),
    ("3", "line 1, column 1: found JSON that is no object"),
    (
      "{\"prompt\": \"a\", \"value\": \"x\"}\n{\"value\": \"x\"}",
      "line 2: found a row without text"
    ),
    ("{\"prompt\": \"a\", \"value\": null}", "line 1: found an empty `value`"),
    (String(repeating: "[", count: 100_000), "line 1, column 2: found a list in a list"),
    (
      "{\"prompt\": " + String(repeating: "[", count: 100_000),
      "line 1, column 523: found no valid JSON (`[`), wanted at most 512 values in each other"
    ),
  ])
  func aBadJSONLinesFileIsRefused(text: String, expected: String) {
    let found = message { () throws(Failure) in _ = try conceptSet(text, named: "c.jsonl") }
    #expect(found.contains(expected), "\(found.prefix(300))")
  }

  @Test func everyScalarIsValidUTF8() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let valid = Array(String(scalar).utf8).withUnsafeBytes {
        UTF8Bytes.firstInvalid(in: $0) == nil
      }
      if !valid { Issue.record("U+\(String(value, radix: 16))") }
    }
  }

  @Test func valuesAreOptionalWhereRowsAreOnlyScored() throws {
    let set = try conceptSet("prompt\na\nb\n", requiresConcepts: false)
    #expect(set.rows.map(\.prompt) == ["a", "b"])
    #expect(set.rows.allSatisfy { $0.concept == nil })
    #expect(set.concepts == [] && set.notes == [])
    let labelled = try conceptSet("prompt,value\na,\nb,x\n", requiresConcepts: false)
    #expect(labelled.rows.map(\.concept) == [nil, "x"])
  }

  @Test func oneConceptOrOneSideIsANote() throws {
    let set = try conceptSet("prompt,value,split\na,x,train\nb,x,train\n")
    #expect(set.notes.count == 2)
    #expect(set.notes[0].contains("one concept only, `x`"))
    #expect(set.notes[1].contains("`train`"))
    #expect(set.folds().folds == [])
  }

  @Test func aMegabyteRowIsARow() throws {
    let long = String(repeating: "long \"\"row\"\" 日本\n", count: 50_000)
    let set = try conceptSet("prompt,value\n\"\(long)\",x\nb,y\n")
    #expect(set.rows.count == 2)
    #expect(set.rows[0].prompt.utf8.count == 900_000)
    let found = message { () throws(Failure) in
      _ = try conceptSet("prompt,value\n\"\(long)\",x\nb\n")
    }
    #expect(found.contains("line 50003"))
  }

  @Test func filesAreReadByName() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("concepts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("c.csv").path
    try "prompt,value\na,x\n".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try ConceptSet(contentsOf: path).rows.count == 1)
    let missing = message { () throws(Failure) in _ = try ConceptSet(contentsOf: path + "x") }
    #expect(missing.hasPrefix("missingInput: \(path)x"))
    let empty = folder.appendingPathComponent("empty.jsonl").path
    try "".write(toFile: empty, atomically: true, encoding: .utf8)
    let found = message { () throws(Failure) in _ = try ConceptSet(contentsOf: empty) }
    #expect(found.contains("empty.jsonl: found an empty file"))
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    #expect(CSV.line(["a", "b c", "1"]) == "a,b c,1\n")
    #expect(
      CSV.line(["a,b", "say \"x\"", "l\r\nm", ",\u{301}"])
        == "\"a,b\",\"say \"\"x\"\"\",\"l\r\nm\",\",\u{301}\"\n")
    var random = SeededGenerator(seed: 11)
    let alphabet = ["a", "\"", ",", "\n", "\r", "\r\n", "é", "\u{301}", " ", "日", "\u{FEFF}"]
    for columns in [1, 2, 5] {
      let rows = (0..<200).map { _ in
        (0..<columns).map { _ in
          (0..<Int.random(in: 0..<5, using: &random))
            .map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
        }
      }
      let header = (0..<columns).map { "c\($0)" }
      let text = ([header] + rows).map(CSV.line).joined()
      let folder = try TemporaryFolder()
      let table = try TextTable(contentsOf: try folder.write(text, to: "t.csv"))
      #expect(table.columns == header)
      // Lines of separators and blanks alone are no rows.
      let filled = rows.filter { $0.contains { $0.utf8.contains { $0 != 0x20 } } }
      #expect(
        table.rows.map { $0.map { Array(($0 ?? "").utf8) } }
          == filled.map { $0.map { Array($0.utf8) } })
    }
  }
}
