/// Rows of JSON, in the forms that programs write them in:
///
/// - objects, one a line (JSON Lines), one after the other or over several lines each;
/// - a list of objects; an object one of whose members is that list (`data` of pandas' `table`);
/// - an object of columns: lists of equal length, or objects by index (pandas' default), or pandas'
///   `split`; or of rows by index (pandas' `index`).
///
/// A form that is none of these is refused by name.
struct JSONRows {
  /// Called with a row, and with the place in the text up to which all was read.
  typealias Each = (Record, RecordColumns, Int) throws(Failure) -> Void

  let file: String
  let text: UnsafeRawBufferPointer
  var columns: RecordColumns
  var notes: [String] = []
  /// Of a row of objects, reused.
  var cells: [Cell] = []
  private let firstLine: Int
  private static let deepest = 512

  /// - Parameter firstLine: of the text in the file.
  init(
    _ text: UnsafeRawBufferPointer, file: String, columns: RecordColumns, firstLine: Int = 1
  ) {
    self.file = file
    self.text = text
    self.columns = columns
    self.firstLine = firstLine
  }

  private var start: JSONScanner {
    JSONScanner(text, line: firstLine, deepest: Self.deepest, takesNaN: true)
  }

  /// Reads a text that is one object and one row.
  mutating func readObject(_ each: Each) throws(Failure) {
    var scanner = start
    do throws(Stop) {
      scanner.blanks()
      guard scanner.current == UInt8(ascii: "{") else { throw .failure(noObject(scanner)) }
      try object(&scanner, row: nil, each)
      try end(&scanner, after: "the object")
    } catch {
      throw failure(error)
    }
  }

  mutating func read(_ each: Each) throws(Failure) {
    var scanner = start
    do throws(Stop) {
      scanner.blanks()
      guard !scanner.isAtEnd else { return }
      switch scanner.current {
      case UInt8(ascii: "["):
        try list(&scanner, each)
        try end(&scanner, after: "the list")
      case UInt8(ascii: "{"):
        if let members = try loneObject(scanner), try columnForm(members, each) { return }
        try objects(&scanner, each)
      default: throw .failure(noObject(scanner))
      }
    } catch {
      throw failure(error)
    }
  }

  // MARK: Failures

  /// What ends the reading.
  enum Stop: Error {
    case problem(JSONScanner.Problem)
    case failure(Failure)
  }

  private func failure(_ stop: Stop) -> Failure {
    switch stop {
    case .failure(let failure): failure
    case .problem(let problem):
      failure(
        at: problem.place, "no valid JSON (\(problem.found))", problem.wanted,
        problem.place >= text.count
          ? "The file is cut off: write or copy it again."
          : "Write one JSON object a row, such as {\"prompt\": \"...\", \"value\": \"...\"}.")
    }
  }

  /// A failure at a byte, named by its line and column.
  func failure(
    at place: Int, _ found: String, _ wanted: String, _ advice: String
  ) -> Failure {
    var line = firstLine
    var start = 0
    for index in 0..<min(place, text.count) {
      let isBreak =
        text[index] == 0x0A
        || (text[index] == 0x0D && (index + 1 >= text.count || text[index + 1] != 0x0A))
      if isBreak { (line, start) = (line + 1, index + 1) }
    }
    // Characters, not bytes.
    let column = text[start..<min(place, text.count)].count { $0 & 0xC0 != 0x80 } + 1
    return Failure(
      .badData, file: file, place: "line \(line), column \(column)",
      found: found, wanted: wanted, advice: advice)
  }

  private func noObject(_ scanner: JSONScanner) -> Failure {
    failure(
      at: scanner.place, "JSON that is no object", "one JSON object a row",
      "Write {\"prompt\": \"...\", \"value\": \"...\"} for each row.")
  }

  private func end(_ scanner: inout JSONScanner, after what: String) throws(Stop) {
    scanner.blanks()
    guard scanner.isAtEnd else {
      throw .failure(
        failure(
          at: scanner.place, "more after \(what)", "the end of the file",
          "Put all rows into one list, or write one object a line."))
    }
  }

  static func attempt<Value>(
    _ body: () throws(JSONScanner.Problem) -> Value
  ) throws(Stop) -> Value {
    do throws(JSONScanner.Problem) { return try body() } catch { throw .problem(error) }
  }

  // MARK: Rows by row

  /// Objects one after the other.
  private mutating func objects(_ scanner: inout JSONScanner, _ each: Each) throws(Stop) {
    while !scanner.isAtEnd {
      guard scanner.current == UInt8(ascii: "{") else {
        guard scanner.current != UInt8(ascii: ",") else {
          throw .failure(
            failure(
              at: scanner.place, "a comma after an object", "the next object",
              "Leave the commas out, or put [ before the first object and ] after the last."))
        }
        throw .failure(noObject(scanner))
      }
      try object(&scanner, row: nil, each)
      scanner.blanks()
    }
  }

  /// A list of objects.
  mutating func list(_ scanner: inout JSONScanner, _ each: Each) throws(Stop) {
    try Self.attempt { () throws(JSONScanner.Problem) in try scanner.enter(0) }
    if scanner.take("]") { return }
    var row = 0
    while true {
      scanner.blanks()
      guard scanner.current == UInt8(ascii: "{") else { throw noRow(scanner) }
      try object(&scanner, row: row, each)
      row += 1
      scanner.blanks()
      if scanner.take("]") { return }
      guard scanner.take(",") else { throw .problem(scanner.problem("`,` or `]`")) }
    }
  }

  /// What is wrong with an element of a list that is no object.
  private func noRow(_ scanner: JSONScanner) -> Stop {
    let isList = scanner.current == UInt8(ascii: "[")
    guard isList || "\"-0123456789tfn".utf8.contains(scanner.current) else {
      return .problem(scanner.problem("an object"))
    }
    return .failure(
      failure(
        at: scanner.place, isList ? "a list in a list" : "a list of values without names",
        "a list of objects",
        "Write {\"prompt\": \"...\", \"value\": \"...\"} for each row"
          + (isList ? " (pandas: orient=\"records\")." : ".")))
  }

  /// One object, which is a row.
  mutating func object(
    _ scanner: inout JSONScanner, row: Int?, _ each: Each
  ) throws(Stop) {
    let place = RecordPlace(line: scanner.line, row: row)
    do throws(JSONScanner.Problem) { try members(&scanner) } catch { throw .problem(error) }
    try hand(place, scanner.place, each)
  }

  /// Reads the members of an object into the cells.
  private mutating func members(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
    clear()
    try scanner.enter(0)
    if scanner.take("}") { return }
    var member = 0
    while true {
      scanner.blanks()
      let start = scanner.place
      try scanner.string()
      let slot = columns.slot(ofMember: member, text, start..<scanner.place)
      member += 1
      scanner.blanks()
      guard scanner.take(":") else { throw scanner.problem("`:`") }
      if let slot {
        // Of a name that is there twice the last value counts, as everywhere.
        let cell = try scanner.cell()
        while cells.count <= slot { cells.append(.missing) }
        cells[slot] = cell
      } else {
        try scanner.skip(depth: 1)
      }
      scanner.blanks()
      if scanner.take("}") { return }
      guard scanner.take(",") else { throw scanner.problem("`,` or `}`") }
    }
  }

  mutating func clear() {
    for slot in cells.indices { cells[slot] = .missing }
    while cells.count < columns.count { cells.append(.missing) }
  }

  func hand(_ place: RecordPlace, _ read: Int, _ each: Each) throws(Stop) {
    do throws(Failure) {
      try each(Record(file: file, place: place, cells: cells, text: text), columns, read)
    } catch {
      throw .failure(error)
    }
  }
}
