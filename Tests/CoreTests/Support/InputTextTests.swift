import Foundation
import SeerSupport
import TestSupport
import Testing

/// What stands between a file and its text: pipes, compression, encodings, and formats that are none.
struct InputTextTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func text(_ path: String) throws -> (text: [UInt8], notes: [String]) {
    let input = try InputText(path)
    return (try input.withText { Array($0) }, input.notes)
  }

  func refusal(
    _ bytes: [UInt8], named name: String = "rows.csv"
  ) throws -> Failure {
    let path = try folder.write(bytes, to: name)
    let failure = try #require(thrownFailure { _ = try InputText(path) })
    #expect(failure.file == path)
    return failure
  }

  // MARK: Encodings

  @Test func everyCharacterOfWindows1252() throws {
    let undefined: [UInt8] = [0x81, 0x8D, 0x8F, 0x90, 0x9D]
    // Apart, as in texts of Western languages.
    let all = (UInt8(0x80)...0xFF).filter { !undefined.contains($0) }
    let path = try folder.write(
      Array("prompt\n".utf8) + all.flatMap { [$0, UInt8(ascii: " ")] }, to: "w.csv")
    let read = try text(path)
    let wanted = String(
      bytes: all.flatMap { [$0, UInt8(ascii: " ")] }, encoding: .windowsCP1252)
    #expect(String(decoding: read.text, as: UTF8.self) == "prompt\n" + (wanted ?? ""))
    #expect(read.notes.count == 1 && read.notes[0].contains("Windows-1252"))
    for byte in undefined {
      try refusal(Array("prompt\na\n".utf8) + [0xE9, 0x20, byte]).expect(
        place: "line 3, byte 11",
        found: "byte 0x\(String(byte, radix: 16, uppercase: true)), which is neither")
    }
  }

  @Test(
    arguments: [
      // Overlong, surrogates, above U+10FFFF, cut off: but for the undefined bytes, Western characters.
      ([0xC0, 0xAF], "À¯"), ([0xC3], "Ã"), ([0xED, 0xA0, 0x80], "í\u{A0}€"), ([0xF4], "ô"),
      ([0xE2, 0x82, 0x41], "â‚A"), ([0x80], "€"), ([0xF8, 0x88, 0x80], "øˆ€"),
    ] as [([UInt8], String)])
  func whatIsNotUTF8IsWindows1252(bytes: [UInt8], expected: String) throws {
    let path = try folder.write([0x61] + bytes + [0x62], to: "w.csv")
    #expect(String(decoding: try text(path).text, as: UTF8.self) == "a" + expected + "b")
  }

  @Test func whatIsNotCertainIsRefused() throws {
    // UTF-8 with one byte of another encoding, or damaged.
    try refusal(Array("café,x\ncaf".utf8) + [0xE9, 0x2C]).expect(
      place: "line 2, byte 11", found: "byte 0xE9, which is not UTF-8, in a text with characters")
    // Cyrillic of Windows-1251, GBK.
    try refusal([0x61, 0x0A, 0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2]).expect(
      place: "line 2, byte 2", found: "6 bytes above 0xA0 in a row", advice: "iconv")
    try refusal([0x61, 0xE9, 0x00, 0x05]).expect(found: "control bytes beside it")
    for text: [UInt8] in [
      [0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], [0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61],
      [0x61, 0, 0, 0, 0x62, 0, 0, 0], [0, 0, 0, 0x61, 0, 0, 0, 0x62],
    ] { try refusal(text).expect(found: "UTF-32") }
    // Without a mark, zeros that are not at every other place are of UTF-8.
    let path = try folder.write([0x61, 0, 0x62, 0, 0x63, 0, 0x64, 0x64, 0x65], to: "z.csv")
    #expect(try text(path).text == [0x61, 0, 0x62, 0, 0x63, 0, 0x64, 0x64, 0x65])
  }

  @Test(
    arguments: [
      ([0xFF, 0xFE, 0x61, 0, 0x0A, 0, 0x3D, 0xD8, 0x61, 0], "line 2, byte 0", "a first surrogate"),
      ([0xFF, 0xFE, 0x61, 0, 0x00, 0xDC], "line 1", "a second surrogate without a first one"),
      ([0xFE, 0xFF, 0, 0x61, 0xD8, 0x3D], "line 1", "a first surrogate without a second one"),
      ([0xFF, 0xFE, 0x61, 0, 0x62], "line 1", "an odd number of bytes"),
    ] as [([UInt8], String, String)])
  func brokenUTF16(bytes: [UInt8], place: String, found: String) throws {
    try refusal(bytes).expect(found: found)
  }

  /// Characters and surrogates at the borders of the pieces that are read.
  @Test func longTexts() throws {
    let unit = "é\u{1F408}日a"
    let whole = String(repeating: unit, count: 1_000_000)
    let path = try folder.write(Array(whole.utf8), to: "long.csv")
    #expect(try text(path).text == Array(whole.utf8))
    let wide = whole.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    let big = try folder.write([0xFE, 0xFF] + wide, to: "wide.csv")
    #expect(try text(big).text == Array(whole.utf8))
    // One byte too few at the end of more than one piece.
    try refusal(Array(whole.utf8) + [0xC3]).expect(found: "byte 0xC3, which is not UTF-8")
  }

  // MARK: Compression

  static let gzip = Fixtures.folder + "/Rows/members.gz"
  static let zstd = Fixtures.folder + "/Rows/frames.jsonl.zst"

  @Test(arguments: [gzip, zstd])
  func dataThatEndsEarly(path: String) throws {
    let whole = try bytes(ofFile: path)
    let end = path == Self.gzip ? whole.count - 512 : whole.count
    // The second member or frame begins in the middle.
    for count in [20, end / 3, end - 9, end - 1] {
      try refusal(Array(whole[..<count])).expect(
        place: "byte \(count)", found: "data that ends in its middle", advice: "again")
    }
  }

  @Test(arguments: [gzip, zstd])
  func damagedData(path: String) throws {
    var damaged = try bytes(ofFile: path)
    for place in 20..<60 { damaged[place] ^= 0x5A }
    try refusal(damaged).expect(place: "after byte", found: "damaged")
  }

  @Test(arguments: [gzip, zstd])
  func somethingBehindTheData(path: String) throws {
    let whole = try bytes(ofFile: path)
    let failure = try refusal(whole + Array("more".utf8))
    #expect(
      failure.found.contains("bytes after the compressed data") || failure.found.contains("zstd"))
  }

  @Test(arguments: [gzip, zstd])
  func aBombIsRefused(path: String) throws {
    let failure = try #require(thrownFailure { _ = try InputText(path, limit: 700) })
    failure.expect(
      file: path, found: "that become more than 700", wanted: "hundredfold", advice: "-dc FILE >")
    #expect(try InputText(path, limit: 752).notes == [])
  }

  // MARK: Formats that are no text

  @Test(arguments: [
    ("PAR1\u{15}\u{4}", "a Parquet file (PAR1)", "pandas.read_parquet(\""),
    ("ARROW1\0\0", "an Arrow or Feather file (ARROW1)", "pandas.read_feather(\""),
    ("BZh91AY&SY\u{1}", "bzip2 data", "bzip2 -dc "), ("GGUF\u{3}\0\0\0", "a GGUF model", "rows"),
    ("PK\u{3}\u{4}\0\0rows.csv", "a zip archive (PK)", "unzip -p "),
    ("PK\u{3}\u{4}\0\0xl/workbook.xml", "an Excel workbook (PK)", "pandas.read_excel(\""),
    ("SQLite format 3\0", "an SQLite database", "sqlite3"),
  ])
  func aFormatIsNamed(start: String, name: String, advice: String) throws {
    try refusal(Array(start.utf8) + [0xE9, 0x81], named: "rows").expect(
      found: name, wanted: "rows as CSV, TSV or JSON text", advice: advice)
    // The letters alone may begin a header.
    let path = try folder.write(Array("PAR1,GGUF\n".utf8), to: "letters.csv")
    #expect(try text(path).notes == [])
  }

  /// What a download leaves in place of the file, and tables that are no rows.
  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS", "git lfs pull"),
    ("<!DOCTYPE html>\n<html>", "a web page", "Download the file"),
    ("<html lang=\"en\">", "a web page", "Download the file"),
    ("| prompt | value |\r\n|:---|---:|\r\n| a | b |", "a table of Markdown", "CSV"),
  ])
  func textThatIsNoRows(start: String, name: String, advice: String) throws {
    try refusal(Array(start.utf8)).expect(
      found: name, wanted: "rows as CSV, TSV or JSON text", advice: advice)
  }

  @Test func foldersAreNamed() throws {
    func refused(_ names: String...) throws -> Failure {
      let name = "d\(names.joined())"
      try FileManager.default.createDirectory(
        atPath: folder(name), withIntermediateDirectories: false)
      for file in names { try folder.write("", to: name + "/" + file) }
      return try #require(thrownFailure { _ = try InputText(folder(name)) })
    }
    try refused("dataset_dict.json").expect(
      found: "a Hugging Face dataset folder with splits", advice: "load_from_disk(\"\(folder.path)")
    try refused("state.json", "data-00000-of-00001.arrow").expect(
      found: "a Hugging Face dataset folder", advice: ".to_json(\"rows.jsonl\")")
    try refused("train.parquet").expect(found: "a folder", advice: "load_dataset")
    try refused("a.csv").expect(found: "a folder", advice: "/da.csv/a.csv")
    try refused().expect(found: "a folder", advice: "Give a file of rows")
  }

  // MARK: Pipes

  @Test func aFIFOIsReadOnce() throws {
    let path = folder("fifo")
    try #require(mkfifo(path, 0o600) == 0)
    let long = Array(String(repeating: "prompt,value\nä,b\n", count: 20_000).utf8)
    Thread.detachNewThread {
      guard let handle = FileHandle(forWritingAtPath: path) else { return }
      try? handle.write(contentsOf: Data(long))
      try? handle.close()
    }
    #expect(try text(path).text == long)
    // Again, without a writer, and its hash.
    #expect(try text(path).text == long)
    #expect(
      try sha256(ofFile: path) == sha256(ofText: String(decoding: long, as: UTF8.self)))
  }

  @Test func aCancelledJobWaitsForNoWriter() throws {
    let path = folder("silent")
    try #require(mkfifo(path, 0o600) == 0)
    let engine = Engine()
    let job = engine.submit("reading", priority: .map) { _ in
      thrownFailure { _ = try InputText(path) }
    }
    job.cancel()
    let failure = try? job.wait()
    // Cancelled before it began, or while it waited.
    if let failure { #expect(failure.kind == .interrupted) }
  }

  @Test func devices() throws {
    #expect(try text("/dev/null").text == [])
    let endless = try #require(thrownFailure { _ = try InputText("/dev/zero") })
    endless.expect(file: "/dev/zero", found: "a device that may never end")
    let missing = try #require(thrownFailure { _ = try InputText(folder("none")) })
    missing.expect(.missingInput, file: folder("none"), found: "No such file")
  }

  @Test func ourOwnFilesAreNotConverted() throws {
    let path = try folder.write([0x61, 0x0A, 0xE9], to: "rows.csv")
    let failure = try #require(thrownFailure { _ = try InputText(path, isOwn: true) })
    failure.expect(
      file: path, place: "line 2, byte 2", found: "byte 0xE9, which is not UTF-8",
      wanted: "UTF-8 text")
  }
}
