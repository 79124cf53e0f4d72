/// Python's `"..." % values`.
struct PercentFormat {
  private let format: [Unicode.Scalar]

  init(_ format: Text) { self.format = format.scalars }

  func text(_ value: TemplateValue) throws(Problem) -> Text {
    let values: [TemplateValue] = if case .tuple(let values) = value { values } else { [value] }
    var used = 0
    var isNamed = false
    func next() throws(Problem) -> TemplateValue {
      guard used < values.count else {
        throw Problem("\(values.count) values for a format", wanted: "one for each `%`")
      }
      used += 1
      return values[used - 1]
    }
    var result: [UInt8] = []
    var place = 0
    func current() throws(Problem) -> Unicode.Scalar {
      guard place < format.count else { throw Problem("an unfinished `%` in a format") }
      return format[place]
    }
    while place < format.count {
      let scalar = format[place]
      place += 1
      guard scalar == "%" else {
        result += Text(scalar).bytes
        continue
      }
      var form = NumberFormat()
      var named: TemplateValue?
      if try current() == "(" {
        guard let end = format[place...].firstIndex(of: ")"),
          case .dictionary(let dictionary) = value
        else { throw Problem("a name in a format", wanted: "a dictionary for it") }
        let name = Text(format[(place + 1)..<end])
        guard let found = dictionary.value(name) else {
          throw Problem("no `\(name.string)` for a format")
        }
        named = found
        isNamed = true
        place = end + 1
      }
      var fillsZeros = false
      flags: while true {
        switch try current() {
        case "-": form.align = "<"
        case "+": form.sign = "+"
        case " ": if form.sign != "+" { form.sign = " " }
        case "#": form.isAlternate = true
        case "0": fillsZeros = true
        default: break flags
        }
        place += 1
      }
      func number() throws(Problem) -> Int {
        if try current() == "*" {
          place += 1
          return try next().integer(of: "*")
        }
        var number = 0
        while try current().isDigit {
          number = min(1 << 21, number * 10 + Int(format[place].value) - 0x30)
          place += 1
        }
        return number
      }
      form.width = try number()
      if form.width < 0 {
        form.align = "<"
        form.width = -form.width
      }
      try TextMethod.checkWidth(form.width)
      if try current() == "." {
        place += 1
        form.precision = max(0, try number())
      }
      while ["h", "l", "L"].contains(try current()) { place += 1 }
      let type = try current()
      place += 1
      if type == "%" {
        result.append(0x25)
        continue
      }
      if fillsZeros, form.align == nil { (form.fill, form.align) = ("0", "=") }
      let value: TemplateValue = if let named { named } else { try next() }
      form.type = type == "i" || type == "u" ? "d" : type
      result += try Self.text(value, form).bytes
    }
    if case .dictionary = value { isNamed = true }
    guard isNamed || used == values.count else {
      throw Problem("\(values.count) values for a format", wanted: "\(used)")
    }
    return Text(result)
  }

  private static func text(
    _ value: TemplateValue, _ form: NumberFormat
  ) throws(Problem) -> Text {
    switch form.type {
    case "s", "r":
      let text = form.type == "s" ? try value.printed() : try value.written()
      let scalars = text.scalars
      var form = form
      (form.fill, form.align) = (" ", form.align == "<" ? "<" : ">")
      return form.padded(Text(scalars.prefix(form.precision ?? .max)).string, isNumber: false)
    case "c":
      if case .integer(let number) = value {
        guard let code = UInt32(exactly: number), let scalar = Unicode.Scalar(code) else {
          throw Problem("the character \(number)")
        }
        return form.padded(String(scalar), isNumber: true)
      }
      let text = try value.text(of: "%c")
      guard text.count == 1 else { throw Problem("\(text.count) characters for `%c`", wanted: "1") }
      return form.padded(text.string, isNumber: true)
    case "d", "o", "x", "X":
      switch value.number {
      case .integer(let number): return try form.text(number)
      case .real(let number):
        guard form.type == "d", let whole = Int(exactly: number.rounded(.towardZero)) else {
          throw Problem("the number \(number) for `%\(form.type ?? "d")`", wanted: "a whole one")
        }
        return try form.text(whole)
      case nil: throw Problem("a \(value.typeName) for a number's format", wanted: "a number")
      }
    case "e", "E", "f", "F", "g", "G":
      guard let number = value.number else {
        throw Problem("a \(value.typeName) for a number's format", wanted: "a number")
      }
      return try form.text(number.double)
    default:
      throw Problem("`%\(String(form.type ?? " "))` in a format", wanted: "%s, %d, %f or the like")
    }
  }
}

extension Unicode.Scalar {
  var isDigit: Bool { 0x30...0x39 ~= value }
}
