/// Comma-separated values (RFC 4180), as they are written; ``DelimitedRows`` reads them.
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
}
