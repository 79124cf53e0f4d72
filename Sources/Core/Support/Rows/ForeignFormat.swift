import Foundation

/// Formats that are not text, named by their first bytes, each with the line that makes rows of it.
enum ForeignFormat {
  private struct Format {
    let magic: [UInt8]
    let name: String
    /// A command, in which FILE stands for the file, or a sentence.
    let advice: String

    init(_ magic: [UInt8], _ name: String, _ advice: String) {
      self.magic = magic
      self.name = name
      self.advice = advice
    }

    init(_ magic: String, _ name: String, _ advice: String) {
      self.init(Array(magic.utf8), name, advice)
    }
  }

  private static let toLines = "to_json(\"rows.jsonl\", orient=\"records\", lines=True)"
  private static let anotherFile = "Give a file of rows: CSV, TSV or JSON."

  private static func pandas(_ reader: String) -> String {
    "Convert it: python3 -c 'import pandas; pandas.\(reader)(\"FILE\").\(toLines)'"
  }

  private static func unpacked(_ command: String) -> String {
    "Decompress it: \(command) FILE > rows.csv, or give --concepts <(\(command) FILE)."
  }

  private static let formats = [
    Format("PAR1", "a Parquet file (PAR1)", pandas("read_parquet")),
    Format("ARROW1", "an Arrow or Feather file (ARROW1)", pandas("read_feather")),
    Format("FEA1", "a Feather file (FEA1)", pandas("read_feather")),
    Format(
      [0xFF, 0xFF, 0xFF, 0xFF], "an Arrow stream",
      "Convert it: python3 -c 'import datasets; "
        + "datasets.Dataset.from_file(\"FILE\").to_json(\"rows.jsonl\")'"),
    Format("ORC", "an ORC file (ORC)", pandas("read_orc")),
    Format("Obj\u{1}", "an Avro file", anotherFile),
    Format(
      "SQLite format 3", "an SQLite database",
      "Convert it: sqlite3 -header -csv FILE "
        + "'select * from TABLE' > rows.csv"),
    Format("BZh", "bzip2 data", unpacked("bzip2 -dc")),
    Format([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz data", unpacked("xz -dc")),
    Format([0x04, 0x22, 0x4D, 0x18], "lz4 data", unpacked("lz4 -dc")),
    Format([0x1F, 0x9D], "compress data (.Z)", unpacked("uncompress -c")),
    Format([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive", unpacked("7z e -so")),
    Format("Rar!", "a RAR archive", unpacked("unrar p -inul")),
    Format(
      [0xD0, 0xCF, 0x11, 0xE0], "an old Excel or Office file",
      "Save it as CSV in the program that made it."),
    Format([0x89, 0x48, 0x44, 0x46], "an HDF5 file", pandas("read_hdf")),
    Format([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy file", anotherFile),
    Format("GGUF", "a GGUF model", anotherFile),
    Format("%PDF", "a PDF", anotherFile),
    Format([0x80, 0x04, 0x95], "a Python pickle", pandas("read_pickle")),
    Format([0x80, 0x05, 0x95], "a Python pickle", pandas("read_pickle")),
  ]

  /// What is there in place of a file of rows, by the text that it begins with in small letters.
  private static let pages = [
    Format(
      "version https://git-lfs", "a pointer of Git LFS, not the file itself",
      "Run git lfs pull in its folder, or download the file."),
    Format("<!doctype html", "a web page", "Download the file itself."),
    Format("<html", "a web page", "Download the file itself."),
  ]

  /// Fails where bytes are of a format that is not read.
  static func check(_ bytes: UnsafeRawBufferPointer, file: String) throws(Failure) {
    // A header may begin with the letters of a magic; only binary formats go on with other bytes.
    let isBinary = bytes.prefix(64).contains { $0 >= 0x7F || ($0 < 0x20 && !(9...13 ~= $0)) }
    if isBinary, let format = formats.first(where: { bytes.starts(with: $0.magic) }) {
      throw failure(file, format.name, format.advice)
    }
    let small = bytes.prefix(64).map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
    if let page = pages.first(where: { small.starts(with: $0.magic) }) {
      throw failure(file, page.name, page.advice)
    }
    if isMarkdown(bytes) {
      throw failure(
        file, "a table of Markdown",
        "Save it as CSV: without the line of dashes and the bars around its rows.")
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06])
    {
      throw archive(bytes, file: file)
    }
    // The name of the first member, its size and, at 257, `ustar`.
    if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
      throw failure(
        file, "a tar archive",
        "Unpack it: tar -xf FILE, and give one of its files, or --concepts <(tar -xOf FILE MEMBER)."
      )
    }
  }

  /// Whether rows stand between bars, the second of them of dashes alone.
  private static func isMarkdown(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.first == UInt8(ascii: "|") else { return false }
    let lines = bytes.prefix(1 << 12).split(separator: 0x0A, maxSplits: 2)
    return lines.count > 1 && lines[1].first == UInt8(ascii: "|")
      && lines[1].contains(UInt8(ascii: "-"))
      && lines[1].allSatisfy { "|-: \r".utf8.contains($0) }
  }

  /// A zip archive, or a spreadsheet, which is one too.
  private static func archive(_ bytes: UnsafeRawBufferPointer, file: String) -> Failure {
    let start = bytes.prefix(1 << 12)
    func holds(_ name: String) -> Bool { start.firstRange(of: Array(name.utf8)) != nil }
    if file.lowercased().hasSuffix(".xlsx") || holds("xl/") || holds("[Content_Types].xml") {
      return failure(
        file, "an Excel workbook (PK)",
        "Save it as `CSV UTF-8`, or convert it: python3 -c 'import pandas; "
          + "pandas.read_excel(\"FILE\").to_csv(\"rows.csv\", index=False)'")
    }
    if holds("mimetypeapplication/vnd.oasis") {
      return failure(file, "a spreadsheet (PK)", "Save it as CSV.")
    }
    return failure(
      file, "a zip archive (PK)",
      "Unpack it: unzip -p FILE > rows.csv, or give --concepts <(unzip -p FILE).")
  }

  /// A folder in place of a file of rows.
  static func folder(_ path: String) -> Failure {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    func first(_ endings: String...) -> String? {
      names.first { name in endings.contains { name.hasSuffix($0) } }
    }
    let place = quoted(path)
    if names.contains("dataset_dict.json") {
      return failure(
        path, "a Hugging Face dataset folder with splits",
        "Convert one split: python3 -c 'import datasets; "
          + "datasets.load_from_disk(\"\(place)\")[\"train\"].to_json(\"rows.jsonl\")'")
    }
    if names.contains("state.json") || names.contains("dataset_info.json")
      || first(".arrow") != nil
    {
      return failure(
        path, "a Hugging Face dataset folder",
        "Convert it: python3 -c 'import datasets; "
          + "datasets.load_from_disk(\"\(place)\").to_json(\"rows.jsonl\")'")
    }
    if first(".parquet") != nil || names.contains("data") {
      return failure(
        path, "a folder, perhaps a Hugging Face dataset",
        "Convert it: python3 -c 'import datasets; "
          + "datasets.load_dataset(\"\(place)\", split=\"train\").to_json(\"rows.jsonl\")'")
    }
    let member = first(".csv", ".tsv", ".jsonl", ".json", ".ndjson", ".gz", ".zst")
    return failure(
      path, "a folder",
      member.map { "Give one of its files, such as \(path)/\($0)." } ?? anotherFile)
  }

  private static func failure(_ file: String, _ name: String, _ advice: String) -> Failure {
    Failure(
      .badData, file: file, found: name, wanted: "rows as CSV, TSV or JSON text",
      advice: advice.replacing("FILE", with: quoted(file)))
  }

  /// A path as it can stand in a command; `FILE` where quotes would have to be escaped.
  private static func quoted(_ path: String) -> String {
    path.contains { "'\"\\ $`\n".contains($0) } ? "FILE" : path
  }
}
