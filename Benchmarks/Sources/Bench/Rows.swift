import Foundation
import SeerAnalysis
import SeerSupport

/// How fast files of rows are read, and what memory they take.
enum Rows {
  /// Writes files of some megabytes, reads each, and prints one JSON object for each.
  static func run(megabytes: Int) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/seer-bench-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, line) in [("rows.jsonl", jsonLine), ("rows.csv", csvLine)] {
      let path = folder + "/" + name
      try write(path, bytes: megabytes * 1_000_000, line)
      try read(path)
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// Some 500 bytes, with escapes as in answers of models.
  private static func jsonLine(_ row: Int) -> String {
    "{\"prompt\": \"\(question(row))\", \"response\": \"\(escaped)\", "
      + "\"id\": \(row), \"score\": 0.5, \"meta\": {\"source\": \"bench\", \"tags\": [1, 2]}, "
      + "\"value\": \"concept \(row % 7)\"}\n"
  }

  private static func csvLine(_ row: Int) -> String {
    (row == 0 ? "prompt,response,id,value\n" : "")
      + "\(question(row)),\"\(answer)\",\(row),concept \(row % 7)\n"
  }

  private static func question(_ row: Int) -> String {
    "What would you say to somebody who asks for the \(row)th time whether the café is open?"
  }

  private static let answer = (0..<5).map {
    "\($0). That it opens at nine – as it did yesterday and will tomorrow; so there is time."
  }.joined(separator: "\n")

  private static let escaped = answer.replacing("\n", with: "\\n")

  private static func write(_ path: String, bytes: Int, _ line: (Int) -> String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forWritingAtPath: path)
    else { throw CocoaError(.fileWriteUnknown) }
    defer { try? file.close() }
    var written = 0
    var row = 0
    while written < bytes {
      var piece = Data()
      while piece.count < 1 << 20 {
        piece.append(contentsOf: line(row).utf8)
        row += 1
      }
      try file.write(contentsOf: piece)
      written += piece.count
    }
  }

  private static func read(_ path: String) throws {
    let bytes = try MappedFile(path: path).count
    let before = resident()
    // Of the processor, since other work on the machine is none of this.
    let start = clock()
    let set = try ConceptSet(contentsOf: path)
    let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
    let texts = set.rows.reduce(0) {
      $0 + $1.prompt.utf8.count + ($1.response?.utf8.count ?? 0) + ($1.concept?.utf8.count ?? 0)
    }
    func rounded(_ value: Double) -> String { String(format: "%.1f", value) }
    print(
      "{\"file\":\"\(URL(fileURLWithPath: path).lastPathComponent)\",\"rows\":\(set.rows.count),"
        + "\"megabytes\":\(bytes / 1_000_000),\"megabytes_per_second\":"
        + rounded(Double(bytes) / 1e6 / seconds) + ",\"texts_mb\":\(texts / 1_000_000),"
        + "\"memory_mb\":\((resident() - before) / 1_000_000),\"peak_mb\":\(peak() / 1_000_000)}")
  }

  /// Bytes of memory that the process has now, and had at most.
  private static func resident() -> Int { status("VmRSS:") }
  private static func peak() -> Int { status("VmHWM:") }

  private static func status(_ key: String) -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
    return 1024
      * (line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first ?? 0)
  }
}
