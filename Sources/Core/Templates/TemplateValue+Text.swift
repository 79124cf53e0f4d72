extension TemplateValue {
  /// What printing it writes, Python's `str`.
  func printed() throws(Problem) -> Text {
    switch self {
    case .undefined: ""
    case .text(let text), .markup(let text): text
    default: try written()
    }
  }

  /// How it is written inside of others, Python's `repr`. It fails for what Python writes with an
  /// address in memory.
  func written(depth: Int = 0) throws(Problem) -> Text {
    guard depth < Renderer.deepest else { throw Problem("lists too deep in each other") }
    func list(_ values: [TemplateValue]) throws(Problem) -> Text {
      var parts: [Text] = []
      for value in values { parts.append(try value.written(depth: depth + 1)) }
      return (", " as Text).joining(parts)
    }
    switch self {
    case .undefined: return "Undefined"
    case .null: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .integer(let value): return Text(String(value))
    case .real(let value): return Self.written(value)
    case .text(let text): return Self.quoted(text)
    case .list(let values): return "[" + (try list(values)) + "]"
    case .tuple(let values): return "(" + (try list(values)) + (values.count == 1 ? ",)" : ")")
    case .dictionary(let dictionary):
      var parts: [Text] = []
      for (key, value) in dictionary.entries {
        parts.append(try key.written(depth: depth + 1) + ": " + value.written(depth: depth + 1))
      }
      return "{" + (", " as Text).joining(parts) + "}"
    case .view(let view):
      return Text("\(typeName)([") + (try list(view.elements)) + "])"
    case .range(let range):
      let step = range.step == 1 ? "" : ", \(range.step)"
      return Text("range(\(range.start), \(range.end)\(step))")
    case .markup, .iterator, .namespace, .loop, .function:
      throw Problem("a \(typeName) to print", wanted: "a value that has a text")
    }
  }

  /// The shortest digits that mean the number, with a point or an exponent.
  static func written(_ value: Double) -> Text { Text(value.description) }

  /// In quotes, with escapes for what cannot be seen.
  private static func quoted(_ text: Text) -> Text {
    let quote: Unicode.Scalar =
      text.bytes.contains(0x27) && !text.bytes.contains(0x22) ? "\"" : "'"
    var result = String(quote)
    for scalar in text.scalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\\": result += "\\\\"
      case quote: result += "\\" + String(quote)
      default:
        if isPrintable(scalar) {
          result.unicodeScalars.append(scalar)
        } else {
          result += escape(scalar)
        }
      }
    }
    return Text(result + String(quote))
  }

  /// `\x7f`, `\u2028` or `\U000e0001`.
  static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    let (letter, width) =
      scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
    return "\\\(letter)" + String(repeating: "0", count: width - digits.count) + digits
  }

  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }
}
