/// Comma-separated values (RFC 4180), read and written on bytes.
package enum CSV {
  /// One line of CSV with its newline; fields are quoted where they need it.
  package static func line(_ fields: [String]) -> String {
    // A line with a single empty field would look like no row at all.
    if fields == [""] { return "\"\"\n" }
    return fields.map(quoted).joined(separator: ",") + "\n"
  }

  private static func quoted(_ field: String) -> String {
    // On bytes: "\r\n" and "," with a combining mark are single characters of a string.
    guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else {
      return field
    }
    var bytes: [UInt8] = [0x22]
    for byte in field.utf8 {
      if byte == 0x22 { bytes.append(0x22) }
      bytes.append(byte)
    }
    bytes.append(0x22)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads UTF-8 text without a byte order mark: the first row names the columns.
  ///
  /// Rows end with LF, CRLF or CR; empty lines are no rows; a quote inside an unquoted field
  /// stands for itself.
  package static func table(_ text: UnsafeRawBufferPointer, file: String) throws(Failure)
    -> TextTable
  {
    var parser = Parser(text: text, file: file)
    guard let header = try parser.row() else { return TextTable(file: file, columns: []) }
    var table = TextTable(file: file, columns: header.fields)
    for (index, column) in header.fields.enumerated()
    where table.index(of: column) != index {
      throw Failure(
        .badData, file: file, place: "line \(header.line)",
        found: "the column `\(column)` twice", wanted: "every column once")
    }
    while let (fields, line) = try parser.row() {
      guard fields.count == header.fields.count else {
        throw Failure(
          .badData, file: file, place: "line \(line)",
          found: "\(fields.count) field\(fields.count == 1 ? "" : "s")",
          wanted: "\(header.fields.count), as the header has",
          advice: "Put quotes around fields with commas or newlines in them.")
      }
      table.rows.append(fields)
      table.lines.append(line)
    }
    return table
  }

  private struct Parser {
    let text: UnsafeRawBufferPointer
    let file: String
    var place = 0
    /// The line at `place`, from 1.
    var line = 1

    /// The next row with fields in it, and the line it begins on.
    mutating func row() throws(Failure) -> (fields: [String], line: Int)? {
      while place < text.count, isNewline(text[place]) { skipNewline() }
      guard place < text.count else { return nil }
      let first = line
      var fields: [String] = []
      while true {
        fields.append(try field())
        guard place < text.count else { break }
        if text[place] == 0x2C {
          place += 1
        } else {
          skipNewline()
          break
        }
      }
      return (fields, first)
    }

    /// Reads up to the comma, newline or end after a field.
    private mutating func field() throws(Failure) -> String {
      if place < text.count, text[place] == 0x22 { return try quotedField() }
      let start = place
      while place < text.count, text[place] != 0x2C, !isNewline(text[place]) { place += 1 }
      return string(start..<place)
    }

    private mutating func quotedField() throws(Failure) -> String {
      let opening = line
      place += 1
      var start = place
      var value = ""
      while place < text.count {
        if text[place] == 0x22 {
          value += string(start..<place)
          place += 1
          guard place < text.count, text[place] == 0x22 else {
            return try closed(value)
          }
          // Of two quotes the second is the field's.
          start = place
          place += 1
        } else if isNewline(text[place]) {
          skipNewline()
        } else {
          place += 1
        }
      }
      throw Failure(
        .badData, file: file, place: "line \(opening)",
        found: "a quote that is never closed", wanted: "a closing quote",
        advice: "Write a quote inside a quoted field twice.")
    }

    private func closed(_ value: String) throws(Failure) -> String {
      guard place < text.count, text[place] != 0x2C, !isNewline(text[place]) else { return value }
      throw Failure(
        .badData, file: file, place: "line \(line)", found: "text after a closing quote",
        wanted: "a comma or the end of the line",
        advice: "Write a quote inside a quoted field twice.")
    }

    private func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private mutating func skipNewline() {
      let isPair = text[place] == 0x0D && place + 1 < text.count && text[place + 1] == 0x0A
      place += isPair ? 2 : 1
      line += 1
    }

    private func string(_ range: Range<Int>) -> String {
      String(decoding: UnsafeRawBufferPointer(rebasing: text[range]), as: UTF8.self)
    }
  }
}
