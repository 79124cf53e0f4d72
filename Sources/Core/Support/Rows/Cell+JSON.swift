extension JSONScanner {
  /// The next value as a cell.
  mutating func cell() throws(Problem) -> Cell {
    blanks()
    let start = place
    switch current {
    case UInt8(ascii: "\""):
      let hasEscapes = try string()
      return .text(Self.string(text, start..<place, hasEscapes: hasEscapes))
    case UInt8(ascii: "{"), UInt8(ascii: "["): return .nested(try skip(depth: 1))
    default:
      try scalar()
      let written = String(decoding: text[start..<place], as: UTF8.self)
      switch written.utf8.first {
      case UInt8(ascii: "n"): return .missing
      case UInt8(ascii: "t"), UInt8(ascii: "f"): return .text(written)
      default: return .number(Self.plain(written))
      }
    }
  }

  /// A number without the zeros that say nothing: of a column with gaps pandas writes `1` as `1.0`.
  private static func plain(_ number: String) -> String {
    guard number.utf8.contains(UInt8(ascii: ".")),
      !number.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") })
    else { return number }
    var digits = Substring(number)
    while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
    if digits.utf8.last == UInt8(ascii: ".") { digits.removeLast() }
    return digits == "-0" ? "0" : String(digits)
  }
}
