extension Renderer {
  func textFilter(
    _ kind: Filters.Kind, _ value: TemplateValue, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    func bound(_ parameters: String..., required: Int = 0) throws(Problem) -> [TemplateValue?] {
      try arguments.bound(to: parameters, of: kind.rawValue, required: required)
    }
    if case .markup = value { throw Problem.markup }
    if kind == .join {
      let bound = try bound("d", "attribute")
      return .text(try charge(for: try joined(value, bound[0], bound[1])))
    }
    let text = try value.printed()
    try charge(text.bytes.count / 16)
    switch kind {
    case .lower, .upper, .capitalize:
      _ = try bound()
      return .text(
        kind == .lower ? text.lowercased : kind == .upper ? text.uppercased : text.capitalized)
    case .title:
      _ = try bound()
      return .text(Self.titled(text))
    case .trim:
      let characters = try bound("chars")[0]
      guard let characters, !characters.isNull else { return .text(text.stripped(.both)) }
      return .text(text.stripped(.both, of: try characters.text(of: "chars")))
    case .center:
      let width = try bound("width")[0]?.integer(of: "width") ?? 80
      try TextMethod.checkWidth(width)
      return .text(text.centered(width))
    case .replace:
      let bound = try bound("old", "new", "count", required: 2)
      let old = try (bound[0] ?? .null).printed()
      let new = try (bound[1] ?? .null).printed()
      var count = -1
      if let limit = bound[2], !limit.isNull { count = try limit.integer(of: "count") }
      try TextMethod.checkReplacing(text, old, new)
      return .text(
        try charge(for: text.replacing(old, with: new, limit: count < 0 ? .max : count)))
    case .format:
      if arguments.named.isEmpty {
        return .text(try charge(for: PercentFormat(text).text(.tuple(arguments.positional))))
      }
      guard arguments.positional.isEmpty else {
        throw Problem("values with and without names for a format")
      }
      var values = TemplateValue.Dictionary()
      for (name, value) in arguments.named { values[name] = value }
      return .text(try charge(for: PercentFormat(text).text(.dictionary(values))))
    case .indent:
      return .text(
        try charge(for: try indented(value, try bound("width", "first", "blank"))))
    case .truncate:
      let bound = try bound("length", "killwords", "end", "leeway")
      return .text(try truncated(try value.text(of: "truncate"), bound))
    case .escape:
      _ = try bound()
      return .markup(Self.escaped(text))
    case .urlencode:
      _ = try bound()
      return .text(try urlEncoded(value))
    default:  // wordcount
      _ = try bound()
      return .integer(Self.words(text))
    }
  }

  private func joined(
    _ value: TemplateValue, _ separator: TemplateValue?, _ attribute: TemplateValue?
  ) throws(Problem) -> Text {
    let separator = try separator?.printed() ?? ""
    var parts: [Text] = []
    var total = 0
    for element in try elements(of: value) {
      let part = try found(attribute, in: element).printed()
      total += part.bytes.count + separator.bytes.count
      guard total <= Self.longestText else { throw Problem("a text that is too long") }
      parts.append(part)
    }
    return separator.joining(parts)
  }

  /// The first letter after blanks, hyphens and opening brackets in upper case.
  private static func titled(_ text: Text) -> Text {
    var result: [UInt8] = []
    var word: [Unicode.Scalar] = []
    func finish() {
      guard let first = word.first else { return }
      result += Text([first]).uppercased.bytes + Text(word.dropFirst()).lowercased.bytes
      word = []
    }
    for scalar in text.scalars {
      if isSpace(scalar) || ["-", "(", "{", "[", "<"].contains(scalar) {
        finish()
        result += Text(scalar).bytes
      } else {
        word.append(scalar)
      }
    }
    finish()
    return Text(result)
  }

  private func indented(
    _ value: TemplateValue, _ bound: [TemplateValue?]
  ) throws(Problem) -> Text {
    let text = try value.text(of: "indent")
    var indent: Text = "    "
    if case .text(let text)? = bound[0] {
      indent = text
    } else if let width = bound[0] {
      let width = try width.integer(of: "width")
      try TextMethod.checkWidth(width)
      indent = (" " as Text).repeated(width)
    }
    let lines = (text + "\n").lines()
    try TextMethod.checkReplacing(text, "", indent)
    let indentsBlank = bound[2]?.isTrue ?? false
    var result: [UInt8] = bound[1]?.isTrue ?? false ? indent.bytes : []
    for (index, line) in lines.enumerated() {
      if index > 0 {
        result.append(0x0A)
        if indentsBlank || !line.isEmpty { result += indent.bytes }
      }
      result += line.bytes
    }
    return Text(result)
  }

  private func truncated(_ text: Text, _ bound: [TemplateValue?]) throws(Problem) -> Text {
    let length = try bound[0]?.integer(of: "length") ?? 255
    let end = try bound[2]?.text(of: "end") ?? "..."
    var leeway = 5
    if let given = bound[3], !given.isNull { leeway = try given.integer(of: "leeway") }
    guard length >= end.count, leeway >= 0 else {
      throw Problem("a length of \(length)", wanted: "\(end.count) or more")
    }
    let scalars = text.scalars
    guard scalars.count - length > leeway else { return text }
    let kept = Text(scalars.prefix(length - end.count))
    if bound[1]?.isTrue ?? false { return kept + end }
    return kept.splitFromEnd(" ", limit: 1)[0] + end
  }

  private static func escaped(_ text: Text) -> Text {
    var result: [UInt8] = []
    for byte in text.bytes {
      switch byte {
      case UInt8(ascii: "&"): result += "&amp;".utf8
      case UInt8(ascii: "<"): result += "&lt;".utf8
      case UInt8(ascii: ">"): result += "&gt;".utf8
      case UInt8(ascii: "'"): result += "&#39;".utf8
      case UInt8(ascii: "\""): result += "&#34;".utf8
      default: result.append(byte)
      }
    }
    return Text(result)
  }

  private func urlEncoded(_ value: TemplateValue) throws(Problem) -> Text {
    var pairs: [TemplateValue]
    switch value {
    case .dictionary(let dictionary):
      pairs = dictionary.entries.map { .tuple([$0.key, $0.value]) }
    case .list(let values), .tuple(let values): pairs = values
    default: return Self.quoted(try value.printed(), inQuery: false)
    }
    var parts: [Text] = []
    for pair in pairs {
      let pair = try elements(of: pair)
      guard pair.count == 2 else { throw Problem("something else than pairs for a URL") }
      parts.append(
        Self.quoted(try pair[0].printed(), inQuery: true) + "="
          + Self.quoted(try pair[1].printed(), inQuery: true))
    }
    return ("&" as Text).joining(parts)
  }

  private static func quoted(_ text: Text, inQuery: Bool) -> Text {
    var result: [UInt8] = []
    for byte in text.bytes {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.append(byte)
      case 0x2F where !inQuery: result.append(byte)
      case 0x20 where inQuery: result.append(0x2B)
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%".utf8
        result += (digits.count == 1 ? "0" + digits : digits).utf8
      }
    }
    return Text(result)
  }

  private static func words(_ text: Text) -> Int {
    var count = 0
    var isInside = false
    for scalar in text.scalars {
      let properties = scalar.properties
      let isWord: Bool =
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
          true
        default: scalar == "_" || properties.numericType != nil
        }
      if isWord, !isInside { count += 1 }
      isInside = isWord
    }
    return count
  }
}
