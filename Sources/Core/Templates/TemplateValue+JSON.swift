import SeerSupport

extension TemplateValue {
  /// A JSON text's value. Numbers with a fraction or an exponent are broken ones, as Python has it.
  package init(_ json: JSON) throws(Failure) {
    switch json.kind {
    case .null: self = .null
    case .bool: self = .bool(json.bool ?? false)
    case .string: self = .text(Text(json.bytes ?? []))
    case .number:
      if let integer = json.integer {
        self = .integer(integer)
      } else if json.written.utf8.contains(where: { ".eE".utf8.contains($0) }) {
        self = .real(json.double ?? .nan)
      } else {
        throw Failure(
          .badData, place: "JSON", found: "the number \(json.written)",
          wanted: "whole numbers of 64 bits")
      }
    case .array:
      var values: [TemplateValue] = []
      for element in json.elements { values.append(try TemplateValue(element)) }
      self = .list(values)
    case .object:
      var dictionary = Dictionary()
      for member in json.members {
        dictionary[.text(Text(member.name))] = try TemplateValue(member.value)
      }
      self = .dictionary(dictionary)
    }
  }
}

/// How JSON is written: Python's `json.dumps` with its keyword arguments.
struct JSONForm {
  var escapesAll = false
  /// What a level is indented by; nil for all in one line.
  var indent: Text?
  var comma: Text = ", "
  var colon: Text = ": "
  var sortsKeys = false

  func text(_ value: TemplateValue) throws(Problem) -> Text {
    var result: [UInt8] = []
    try write(value, depth: 0, to: &result)
    return Text(result)
  }

  private func write(
    _ value: TemplateValue, depth: Int, to text: inout [UInt8]
  ) throws(Problem) {
    guard depth < Renderer.deepest else { throw Problem("lists too deep in each other") }
    switch value {
    case .null: text += "null".utf8
    case .bool(let value): text += (value ? "true" : "false").utf8
    case .integer(let value): text += String(value).utf8
    case .real(let value): text += Self.number(value).utf8
    case .text(let string), .markup(let string): write(string, to: &text)
    case .list(let values), .tuple(let values):
      guard !values.isEmpty else { return text += "[]".utf8 }
      text.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        separate(index, depth, &text)
        try write(value, depth: depth + 1, to: &text)
      }
      newLine(depth, &text)
      text.append(UInt8(ascii: "]"))
    case .dictionary(let dictionary):
      guard !dictionary.entries.isEmpty else { return text += "{}".utf8 }
      var entries = dictionary.entries
      if sortsKeys { entries = try sorted(entries) { (entry) throws(Problem) in entry.key } }
      text.append(UInt8(ascii: "{"))
      for (index, entry) in entries.enumerated() {
        separate(index, depth, &text)
        write(try Self.key(entry.key), to: &text)
        text += colon.bytes
        try write(entry.value, depth: depth + 1, to: &text)
      }
      newLine(depth, &text)
      text.append(UInt8(ascii: "}"))
    case .undefined(let why): throw Problem("\(why.description), for JSON")
    default: throw Problem("a \(value.typeName) for JSON", wanted: "what JSON can hold")
    }
  }

  private func separate(_ index: Int, _ depth: Int, _ text: inout [UInt8]) {
    if index > 0 { text += comma.bytes }
    newLine(depth + 1, &text)
  }

  private func newLine(_ depth: Int, _ text: inout [UInt8]) {
    guard let indent else { return }
    text.append(0x0A)
    for _ in 0..<depth { text += indent.bytes }
  }

  private static func number(_ value: Double) -> String {
    value.isNaN
      ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : value.description
  }

  private static func key(_ key: TemplateValue) throws(Problem) -> Text {
    switch key {
    case .text(let text): text
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): Text(String(value))
    case .real(let value): Text(number(value))
    default:
      throw Problem("a key that is a \(key.typeName), for JSON", wanted: "a text or a number")
    }
  }

  private func write(_ string: Text, to text: inout [UInt8]) {
    text.append(0x22)
    for scalar in string.string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\"".utf8
      case "\\": text += "\\\\".utf8
      case "\n": text += "\\n".utf8
      case "\r": text += "\\r".utf8
      case "\t": text += "\\t".utf8
      case "\u{8}": text += "\\b".utf8
      case "\u{C}": text += "\\f".utf8
      default:
        if scalar.value < 0x20 || escapesAll && scalar.value > 0x7E {
          for unit in UTF16.encode(scalar) ?? .init() {
            let digits = String(unit, radix: 16)
            text += "\\u".utf8
            text += String(repeating: "0", count: 4 - digits.count).utf8
            text += digits.utf8
          }
        } else {
          text += Text(scalar).bytes
        }
      }
    }
    text.append(0x22)
  }
}
