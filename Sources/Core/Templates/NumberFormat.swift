import Foundation

/// How `%` and `format` write a value: what Python's two little languages have in common.
struct NumberFormat {
  var fill: Unicode.Scalar = " "
  /// `<`, `>`, `^` or `=`; nil for what the type has.
  var align: Unicode.Scalar?
  /// `+`, `-` or a blank.
  var sign: Unicode.Scalar = "-"
  var isAlternate = false
  var width = 0
  var comma: Unicode.Scalar?
  var precision: Int?
  var type: Unicode.Scalar?

  func padded(_ body: String, sign: String = "", isNumber: Bool) -> Text {
    let missing = max(0, width - body.unicodeScalars.count - sign.unicodeScalars.count)
    func blanks(_ count: Int) -> String { String(repeating: String(fill), count: count) }
    switch align ?? (isNumber ? ">" : "<") {
    case "<": return Text(sign + body + blanks(missing))
    case "^": return Text(blanks(missing / 2) + sign + body + blanks(missing - missing / 2))
    case "=": return Text(sign + blanks(missing) + body)
    default: return Text(blanks(missing) + sign + body)
    }
  }

  private func mark(_ isNegative: Bool) -> String {
    isNegative ? "-" : sign == "-" ? "" : String(sign)
  }

  private func grouped(_ digits: String, by count: Int) -> String {
    guard let comma else { return digits }
    let digits = Array(digits)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % count == 0 { result += String(comma) }
      result.append(digit)
    }
    return result
  }

  /// A whole number, by the types `d b o x X`.
  func text(_ value: Int) throws(Problem) -> Text {
    let (radix, prefix, isUpper) =
      switch type {
      case "b": (2, "0b", false)
      case "o": (8, "0o", false)
      case "x": (16, "0x", false)
      case "X": (16, "0X", true)
      default: (10, "", false)
      }
    var digits = String(value.magnitude, radix: radix, uppercase: isUpper)
    if let precision {
      try TextMethod.checkWidth(precision)
      digits = String(repeating: "0", count: max(0, precision - digits.count)) + digits
    }
    return padded(
      grouped(digits, by: radix == 10 ? 3 : 4),
      sign: mark(value < 0) + (isAlternate ? prefix : ""), isNumber: true)
  }

  /// A broken number, by the types `e E f F g G %`.
  func text(_ value: Double) throws(Problem) -> Text {
    let precision = precision ?? 6
    guard precision <= 100 else {
      throw Problem("a precision of \(precision)", wanted: "at most 100")
    }
    let magnitude = abs(value)
    var body: String
    if !value.isFinite {
      body = value.isNaN ? "nan" : "inf"
      if type == "F" || type == "E" || type == "G" { body = body.uppercased() }
    } else {
      switch type {
      case "%": body = String(format: "%.\(precision)f", magnitude * 100) + "%"
      case "f", "F", "e", "E", "g", "G":
        let alternate = isAlternate ? "#" : ""
        body = String(format: "%\(alternate).\(precision)\(Character(type ?? "f"))", magnitude)
      default: throw Problem("the type `\(String(type ?? " "))` of a number")
      }
    }
    if comma != nil {
      let whole = body.prefix { $0.isNumber }
      body = grouped(String(whole), by: 3) + body.dropFirst(whole.count)
    }
    return padded(body, sign: mark(value.sign == .minus && !value.isNaN), isNumber: true)
  }
}
