/// Python's `"{} {name}".format(...)`.
struct BraceFormat {
  private let format: [Unicode.Scalar]
  private let renderer: Renderer

  init(_ format: Text, _ renderer: Renderer) {
    self.format = format.scalars
    self.renderer = renderer
  }

  func text(
    _ positional: [TemplateValue], _ named: [(name: String, value: TemplateValue)]
  ) throws(Problem) -> Text {
    var automatic = 0
    return try text(format, positional, named, &automatic, depth: 0)
  }

  private func text(
    _ format: [Unicode.Scalar], _ positional: [TemplateValue],
    _ named: [(name: String, value: TemplateValue)], _ automatic: inout Int, depth: Int
  ) throws(Problem) -> Text {
    guard !format.isEmpty else { return "" }
    guard depth < 2 else { throw Problem("formats in each other", wanted: "one in another") }
    var result: [UInt8] = []
    var place = 0
    while place < format.count {
      let scalar = format[place]
      place += 1
      guard scalar == "{" || scalar == "}" else {
        result += Text(scalar).bytes
        continue
      }
      if place < format.count, format[place] == scalar {
        result += Text(scalar).bytes
        place += 1
        continue
      }
      guard scalar == "{" else { throw Problem("a single `}` in a format") }
      var end = place
      var open = 1
      while end < format.count {
        if format[end] == "{" { open += 1 }
        if format[end] == "}" { open -= 1 }
        if open == 0 { break }
        end += 1
      }
      guard end < format.count else { throw Problem("a single `{` in a format") }
      var field = format[place..<end]
      place = end + 1
      var form: [Unicode.Scalar] = []
      if let colon = field.firstIndex(of: ":") {
        form = Array(field[(colon + 1)...])
        field = field[..<colon]
      }
      var conversion: Unicode.Scalar?
      if let mark = field.lastIndex(of: "!") {
        guard mark + 2 == field.endIndex else { throw Problem("a `!` in a format") }
        conversion = field[mark + 1]
        field = field[..<mark]
      }
      var value = try self.value(field, positional, named, &automatic)
      switch conversion {
      case nil: break
      case "s": value = .text(try value.printed())
      case "r": value = .text(try value.written())
      default: throw Problem("the conversion `!\(String(conversion ?? " "))`", wanted: "!s or !r")
      }
      let inner = try text(form, positional, named, &automatic, depth: depth + 1)
      result += try Self.text(value, inner).bytes
    }
    return Text(result)
  }

  /// The value of `0`, `name`, `name.attribute` or `name[key]`.
  private func value(
    _ field: ArraySlice<Unicode.Scalar>, _ positional: [TemplateValue],
    _ named: [(name: String, value: TemplateValue)], _ automatic: inout Int
  ) throws(Problem) -> TemplateValue {
    let end = field.firstIndex { $0 == "." || $0 == "[" } ?? field.endIndex
    let first = Text(field[..<end]).string
    var value: TemplateValue
    if first.isEmpty || first.unicodeScalars.allSatisfy(\.isDigit) {
      guard first.isEmpty == (automatic >= 0) || automatic == 0 else {
        throw Problem("numbered fields beside others in a format")
      }
      let index = first.isEmpty ? automatic : Int(first) ?? .max
      automatic = first.isEmpty ? automatic + 1 : -1
      guard positional.indices.contains(index) else {
        throw Problem("\(positional.count) values for a format", wanted: "one for each field")
      }
      value = positional[index]
    } else {
      guard let found = named.first(where: { $0.name == first }) else {
        throw Problem("no `\(first)` for a format")
      }
      value = found.value
    }
    var rest = field[end...]
    while let mark = rest.first {
      rest = rest.dropFirst()
      if mark == "." {
        let name = rest.prefix { $0 != "." && $0 != "[" }
        rest = rest.dropFirst(name.count)
        value = try renderer.attribute(Text(name).string, of: value)
      } else {
        let key = Text(rest.prefix { $0 != "]" })
        guard mark == "[", rest.count > key.count else { throw Problem("a bad field in a format") }
        rest = rest.dropFirst(key.count + 1)
        let index = Int(key.string).map(TemplateValue.integer)
        value = try renderer.item(index ?? .text(key), of: value)
      }
    }
    return value
  }

  private static func text(_ value: TemplateValue, _ written: Text) throws(Problem) -> Text {
    if written.isEmpty { return try value.printed() }
    let scalars = written.scalars
    var form = NumberFormat()
    var place = 0
    let aligns: Set<Unicode.Scalar> = ["<", ">", "^", "="]
    if scalars.count > 1, aligns.contains(scalars[1]) {
      (form.fill, form.align) = (scalars[0], scalars[1])
      place = 2
    } else if aligns.contains(scalars[0]) {
      form.align = scalars[0]
      place = 1
    }
    func take(_ wanted: Set<Unicode.Scalar>) -> Unicode.Scalar? {
      guard place < scalars.count, wanted.contains(scalars[place]) else { return nil }
      place += 1
      return scalars[place - 1]
    }
    func number() -> Int? {
      var number: Int?
      while place < scalars.count, scalars[place].isDigit {
        number = min(1 << 21, (number ?? 0) * 10 + Int(scalars[place].value) - 0x30)
        place += 1
      }
      return number
    }
    form.sign = take(["+", "-", " "]) ?? "-"
    form.isAlternate = take(["#"]) != nil
    if take(["0"]) != nil, form.align == nil { (form.fill, form.align) = ("0", "=") }
    form.width = number() ?? 0
    try TextMethod.checkWidth(form.width)
    form.comma = take([",", "_"])
    if take(["."]) != nil {
      guard let precision = number() else { throw Problem("a precision without a number") }
      form.precision = precision
    }
    form.type = take(["b", "d", "e", "E", "f", "F", "g", "G", "o", "s", "x", "X", "%"])
    guard place == scalars.count else {
      throw Problem("the format `\(written.string)`", wanted: "one that is known")
    }
    switch (value, value.number) {
    case (.text(let text), _):
      guard form.type == nil || form.type == "s", form.align != "=" else {
        throw Problem("a number's format for a text")
      }
      let text = Text(text.scalars.prefix(form.precision ?? .max))
      return form.padded(text.string, isNumber: false)
    case (.bool(let value), _) where form.type == nil || form.type == "s":
      return form.padded(value ? "True" : "False", isNumber: false)
    case (_, .integer(let number)?):
      switch form.type {
      case nil, "d", "b", "o", "x", "X":
        guard form.precision == nil else { throw Problem("a precision for a whole number") }
        return try form.text(number)
      case "s": throw Problem("a text's format for a number")
      default: return try form.text(Double(number))
      }
    case (_, .real(let number)?):
      switch form.type {
      case nil where form.precision == nil:
        let digits = TemplateValue.written(abs(number)).string
        return form.padded(
          digits, sign: number < 0 ? "-" : form.sign == "-" ? "" : String(form.sign),
          isNumber: true)
      case "e", "E", "f", "F", "g", "G", "%": return try form.text(number)
      default: throw Problem("the format `\(written.string)` for a broken number")
      }
    default: throw Problem("a format for a \(value.typeName)", wanted: "for a text or a number")
    }
  }
}
