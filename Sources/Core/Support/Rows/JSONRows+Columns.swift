/// Rows that an object holds by column, or in one of its members.
extension JSONRows {
  /// A member of the only object of a file.
  struct Member {
    let name: [UInt8]
    /// Before its value.
    let value: JSONScanner
    /// The first byte of the value.
    let kind: UInt8

    var isList: Bool { kind == UInt8(ascii: "[") }
    var isObject: Bool { kind == UInt8(ascii: "{") }
    func isNamed(_ name: String) -> Bool { self.name.elementsEqual(name.utf8) }

    /// Where the first value inside begins.
    func first() -> JSONScanner? {
      var scanner = value
      guard isList, (try? scanner.enter(0)) != nil, scanner.current != UInt8(ascii: "]") else {
        return nil
      }
      return scanner
    }

    /// Whether it is a list of objects, and of these none that are messages of a conversation.
    var isRows: Bool {
      guard let first = first(), first.current == UInt8(ascii: "{") else { return false }
      return !isMessages
    }

    /// Whether it is a list that begins with a message (`role` or `from`).
    var isMessages: Bool {
      guard var scanner = first(), scanner.current == UInt8(ascii: "{"),
        (try? scanner.enter(0)) != nil
      else { return false }
      while scanner.current == UInt8(ascii: "\"") {
        let start = scanner.place
        guard (try? scanner.string()) != nil else { return false }
        let name = JSONScanner.bytes(scanner.text, start..<scanner.place)
        if name.elementsEqual("role".utf8) || name.elementsEqual("from".utf8) { return true }
        scanner.blanks()
        guard scanner.take(":"), (try? scanner.skip()) != nil else { return false }
        scanner.blanks()
        guard scanner.take(",") else { return false }
        scanner.blanks()
      }
      return false
    }
  }

  /// The members of an object that is all there is; nil where more follows it, or it is broken, which
  /// is told when it is read.
  func loneObject(_ start: JSONScanner) throws(Stop) -> [Member]? {
    var scanner = start
    var members: [Member] = []
    guard (try? scanner.enter(0)) != nil, !scanner.take("}") else { return nil }
    while true {
      scanner.blanks()
      let name = scanner.place
      guard (try? scanner.string()) != nil else { return nil }
      let bytes = JSONScanner.bytes(text, name..<scanner.place)
      scanner.blanks()
      guard scanner.take(":") else { return nil }
      scanner.blanks()
      members.append(Member(name: bytes, value: scanner, kind: scanner.current))
      guard (try? scanner.skip(depth: 1)) != nil else { return nil }
      scanner.blanks()
      if scanner.take("}") { break }
      guard scanner.take(",") else { return nil }
    }
    scanner.blanks()
    return scanner.isAtEnd ? members : nil
  }

  /// Reads an object that holds all rows; false where it is a row itself.
  mutating func columnForm(_ members: [Member], _ each: Each) throws(Stop) -> Bool {
    func member(_ name: String) -> Member? { members.first { $0.isNamed(name) } }
    let isWanted = members.contains { columns.wants($0.name) }
    let hasMessages = members.contains(where: \.isMessages)
    let rows = members.filter(\.isRows)
    if let names = member("columns"), let data = member("data"), names.isList, data.isList {
      try split(names, data, each)
    } else if members.allSatisfy(\.isList), !hasMessages, isWanted || rows.isEmpty {
      try lists(members, each)
    } else if members.allSatisfy(\.isObject) {
      return try objectsByIndex(members, isWanted, each)
    } else if let only = rows.first, rows.count == 1, !isWanted, !hasMessages {
      let name = String(decoding: only.name, as: UTF8.self)
      notes.append("\(file): the rows are the list `\(name)`.")
      var scanner = only.value
      try list(&scanner, each)
    } else {
      return false
    }
    return true
  }

  /// A column whose values are read one after the other.
  private struct Cursor {
    var scanner: JSONScanner
    let slot: Int
    let name: String
    /// Whether its last value was read.
    var isAtEnd = false

    /// Steps over what stands between two values.
    mutating func step(_ closing: Unicode.Scalar) throws(JSONScanner.Problem) {
      scanner.blanks()
      if scanner.take(closing) {
        isAtEnd = true
      } else if !scanner.take(",") {
        throw scanner.problem("`,` or `\(closing)`")
      }
    }
  }

  /// The columns that are read, each before its first value.
  private mutating func cursors(
    _ members: [Member], _ closing: Unicode.Scalar
  ) throws(Stop) -> [Cursor] {
    var cursors: [Cursor] = []
    for member in members {
      guard let slot = columns.slot(member.name) else { continue }
      var cursor = Cursor(
        scanner: member.value, slot: slot, name: String(decoding: member.name, as: UTF8.self))
      try Self.attempt { () throws(JSONScanner.Problem) in try cursor.scanner.enter(0) }
      cursor.isAtEnd = cursor.scanner.take(closing)
      cursors.append(cursor)
    }
    return cursors
  }

  /// Whether rows are left; fails where they are in some columns only.
  private func goesOn(_ cursors: [Cursor], row: Int) throws(Stop) -> Bool {
    guard let short = cursors.first(where: \.isAtEnd) else { return !cursors.isEmpty }
    if let long = cursors.first(where: { !$0.isAtEnd }) {
      throw .failure(
        failure(
          at: short.scanner.place, "\(row) values of `\(short.name)`",
          "as many as of `\(long.name)`, which has more", "Write one value a row in every column."))
    }
    return false
  }

  /// Lists of equal length, one for each column.
  private mutating func lists(_ members: [Member], _ each: Each) throws(Stop) {
    var cursors = try cursors(members, "]")
    var row = 0
    while try goesOn(cursors, row: row) {
      clear()
      cursors[0].scanner.blanks()
      let place = RecordPlace(line: cursors[0].scanner.line, row: row)
      do throws(JSONScanner.Problem) {
        for index in cursors.indices {
          cells[cursors[index].slot] = try cursors[index].scanner.cell()
          try cursors[index].step("]")
        }
      } catch {
        throw .problem(error)
      }
      try hand(place, 0, each)
      row += 1
    }
  }

  /// pandas' default, an object by index for each column, or its `index`, a row for each index; false
  /// where neither can be told.
  private mutating func objectsByIndex(
    _ members: [Member], _ isWanted: Bool, _ each: Each
  ) throws(Stop) -> Bool {
    let inner = try innerNames(members)
    func areNumbers(_ names: [[UInt8]]) -> Bool {
      !names.isEmpty && names.allSatisfy { Int(String(decoding: $0, as: UTF8.self)) != nil }
    }
    let isByRow = inner.contains { columns.wants($0) } || areNumbers(members.map(\.name))
    if !isWanted, isByRow, !areNumbers(inner) {
      for (row, member) in members.enumerated() {
        var scanner = member.value
        try object(&scanner, row: row, each)
      }
      return true
    }
    guard isWanted || areNumbers(inner) else { return false }
    var cursors = try cursors(members, "}")
    var row = 0
    while try goesOn(cursors, row: row) {
      clear()
      let place = RecordPlace(line: cursors[0].scanner.line, row: row)
      var index: [UInt8]?
      for column in cursors.indices {
        let start = cursors[column].scanner.place
        let name: [UInt8]
        do throws(JSONScanner.Problem) {
          name = try Self.name(&cursors[column].scanner)
          cells[cursors[column].slot] = try cursors[column].scanner.cell()
          try cursors[column].step("}")
        } catch {
          throw .problem(error)
        }
        guard name == index ?? name else {
          throw .failure(
            failure(
              at: start,
              "the index `\(String(decoding: name, as: UTF8.self))` in "
                + "`\(cursors[column].name)`",
              "`\(String(decoding: index ?? [], as: UTF8.self))`, as in `\(cursors[0].name)`",
              "Write the rows with orient=\"records\"."))
        }
        index = name
      }
      try hand(place, 0, each)
      row += 1
    }
    return true
  }

  /// A member's name and the colon behind it.
  private static func name(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) -> [UInt8] {
    scanner.blanks()
    let start = scanner.place
    try scanner.string()
    let name = JSONScanner.bytes(scanner.text, start..<scanner.place)
    scanner.blanks()
    guard scanner.take(":") else { throw scanner.problem("`:`") }
    return name
  }

  /// The first names in the first object.
  private func innerNames(_ members: [Member]) throws(Stop) -> [[UInt8]] {
    guard var scanner = members.first?.value else { return [] }
    var names: [[UInt8]] = []
    do throws(JSONScanner.Problem) {
      try scanner.enter(0)
      while scanner.current == UInt8(ascii: "\""), names.count < 100 {
        names.append(try Self.name(&scanner))
        try scanner.skip(depth: 1)
        scanner.blanks()
        guard scanner.take(",") else { break }
        scanner.blanks()
      }
    } catch {
      throw .problem(error)
    }
    return names
  }

  /// pandas' `split`: the names, and a list for each row.
  private mutating func split(_ names: Member, _ data: Member, _ each: Each) throws(Stop) {
    var scanner = names.value
    var slots: [Int?] = []
    try Self.elements(&scanner) { scanner, _ throws(Stop) in
      guard
        case .text(let name) = try Self.attempt({ () throws(JSONScanner.Problem) in
          try scanner.cell()
        })
      else {
        throw .failure(
          failure(
            at: scanner.place, "a column whose name is no text", "names",
            "Write a name for each column."))
      }
      slots.append(columns.slot(Array(name.utf8)))
    }
    scanner = data.value
    try Self.elements(&scanner) { scanner, row throws(Stop) in
      let place = RecordPlace(line: scanner.line, row: row)
      let start = scanner.place
      guard scanner.current == UInt8(ascii: "[") else {
        throw .problem(scanner.problem("a list for each row"))
      }
      clear()
      var count = 0
      try Self.elements(&scanner) { scanner, field throws(Stop) in
        count = field + 1
        let cell = try Self.attempt { () throws(JSONScanner.Problem) in
          try scanner.cell()
        }
        if field < slots.count, let slot = slots[field] { cells[slot] = cell }
      }
      guard count == slots.count else {
        throw .failure(
          failure(
            at: start, "\(count) values in row \(row)", "\(slots.count), one for each of `columns`",
            "Write all values of the row, or null."))
      }
      try hand(place, 0, each)
    }
  }

  /// Steps over a list, element by element.
  private static func elements(
    _ scanner: inout JSONScanner,
    _ body: (inout JSONScanner, _ number: Int) throws(Stop) -> Void
  ) throws(Stop) {
    try attempt { () throws(JSONScanner.Problem) in try scanner.enter(0) }
    if scanner.take("]") { return }
    var number = 0
    while true {
      scanner.blanks()
      try body(&scanner, number)
      number += 1
      scanner.blanks()
      if scanner.take("]") { return }
      guard scanner.take(",") else { throw .problem(scanner.problem("`,` or `]`")) }
    }
  }
}
