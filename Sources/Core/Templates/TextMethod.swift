/// A call of a method of Python's `str`.
struct TextMethod {
  let name: String
  let text: Text
  let arguments: Arguments
  let renderer: Renderer

  func call() throws(Problem) -> TemplateValue {
    if let result = try changed() { return .text(try renderer.charge(for: result)) }
    if let answer = try answer() { return .bool(answer) }
    return try parts()
  }

  private func none() throws(Problem) { _ = try arguments.bound(to: [], of: name) }

  private func bound(_ parameters: String..., required: Int = 0) throws(Problem) -> [TemplateValue?]
  {
    try arguments.bound(to: parameters, of: name, required: required)
  }

  /// Characters to strip; nil where white space is meant.
  private func characters() throws(Problem) -> Text? {
    guard let value = try bound("chars")[0], !value.isNull else { return nil }
    return try value.text(of: name)
  }

  // MARK: Another text

  private func changed() throws(Problem) -> Text? {
    switch name {
    case "strip": return text.stripped(.both, of: try characters())
    case "lstrip": return text.stripped(.start, of: try characters())
    case "rstrip": return text.stripped(.end, of: try characters())
    case "replace":
      let bound = try bound("old", "new", "count", required: 2)
      let old = try (bound[0] ?? .null).text(of: name)
      let new = try (bound[1] ?? .null).text(of: name)
      let count = try bound[2]?.integer(of: "count") ?? -1
      try Self.checkReplacing(text, old, new)
      return text.replacing(old, with: new, limit: count < 0 ? .max : count)
    case "removeprefix":
      let part = try (try bound("prefix", required: 1)[0] ?? .null).text(of: name)
      return text.hasPrefix(part) ? Text(text.bytes[part.bytes.count...]) : text
    case "removesuffix":
      let part = try (try bound("suffix", required: 1)[0] ?? .null).text(of: name)
      return text.hasSuffix(part) ? Text(text.bytes.dropLast(part.bytes.count)) : text
    case "join":
      var parts: [Text] = []
      var total = 0
      for part in try renderer.elements(of: try bound("iterable", required: 1)[0] ?? .null) {
        parts.append(try part.text(of: name))
        total += part.textLength + text.bytes.count
        guard total <= Renderer.longestText else { throw Problem("a text that is too long") }
      }
      return text.joining(parts)
    case "format":
      return try BraceFormat(text, renderer).text(arguments.positional, arguments.named)
    case "center", "ljust", "rjust": return try padded()
    case "zfill":
      let width = try (try bound("width", required: 1)[0] ?? .null).integer(of: "width")
      try Self.checkWidth(width)
      let sign = text.bytes.first == 0x2B || text.bytes.first == 0x2D ? 1 : 0
      let zeros = ("0" as Text).repeated(width - text.count)
      return Text(text.bytes.prefix(sign)) + zeros + Text(text.bytes.dropFirst(sign))
    case "expandtabs": return try expandedTabs()
    case "upper", "lower", "title", "capitalize", "casefold", "swapcase":
      try none()
      return switch name {
      case "upper": text.uppercased
      case "lower": text.lowercased
      case "title": text.titled
      case "capitalize": text.capitalized
      case "casefold": text.caseFolded
      default: text.swappedCase
      }
    default: return nil
    }
  }

  static func checkReplacing(_ text: Text, _ old: Text, _ new: Text) throws(Problem) {
    let most = text.bytes.count / max(1, old.bytes.count) + 1
    let (product, overflows) = most.multipliedReportingOverflow(by: new.bytes.count)
    guard !overflows, product <= 4 * Renderer.longestText else {
      throw Problem("a replacement that makes a text too long")
    }
  }

  static func checkWidth(_ width: Int) throws(Problem) {
    guard width.magnitude <= 1 << 20 else {
      throw Problem("a width of \(width)", wanted: "a smaller one")
    }
  }

  private func padded() throws(Problem) -> Text {
    let bound = try bound("width", "fillchar", required: 1)
    let width = try (bound[0] ?? .null).integer(of: "width")
    try Self.checkWidth(width)
    let fill = try bound[1]?.text(of: "fillchar") ?? " "
    guard fill.count == 1 else { throw Problem("a fill of \(fill.count) characters", wanted: "1") }
    let missing = max(0, width - text.count)
    switch name {
    case "ljust": return text + fill.repeated(missing)
    case "rjust": return fill.repeated(missing) + text
    default: return text.centered(width, fill)
    }
  }

  private func expandedTabs() throws(Problem) -> Text {
    let size = try (try bound("tabsize")[0])?.integer(of: "tabsize") ?? 8
    try Self.checkWidth(size)
    var result: [Unicode.Scalar] = []
    var column = 0
    for scalar in text.scalars {
      switch scalar {
      case "\t":
        let blanks = size > 0 ? size - column % size : 0
        result += Array(repeating: " ", count: blanks)
        column += blanks
      case "\n", "\r":
        result.append(scalar)
        column = 0
      default:
        result.append(scalar)
        column += 1
      }
      guard result.count <= Renderer.longestText else { throw Problem("a text that is too long") }
    }
    return Text(result)
  }

  // MARK: Yes or no

  private func answer() throws(Problem) -> Bool? {
    switch name {
    case "startswith", "endswith":
      let bound = try bound("part", "start", "end", required: 1)
      let whole = try part(bound[1], bound[2])
      let parts: [TemplateValue] =
        if case .tuple(let values)? = bound[0] { values } else { [bound[0] ?? .null] }
      for part in parts {
        let part = try part.text(of: name)
        guard let whole else { continue }
        if name == "startswith" ? whole.hasPrefix(part) : whole.hasSuffix(part) { return true }
      }
      return false
    case "isalnum": return try all { isAlphabetic($0) || isNumeric($0) }
    case "isalpha": return try all(isAlphabetic)
    case "isascii":
      try none()
      return text.bytes.allSatisfy { $0 < 0x80 }
    case "isdecimal": return try all { $0.properties.numericType == .decimal }
    case "isdigit":
      return try all { [.decimal, .digit].contains($0.properties.numericType) }
    case "isnumeric": return try all { $0.properties.numericType != nil }
    case "isspace": return try all(isSpace)
    case "isprintable":
      try none()
      return text.scalars.allSatisfy(TemplateValue.isPrintable)
    case "isidentifier":
      try none()
      let scalars = text.scalars
      return scalars.first.map { $0 == "_" || $0.properties.isXIDStart } == true
        && scalars.allSatisfy(\.properties.isXIDContinue)
    case "islower":
      try none()
      return text.isCased { $0.isLowercase }
    case "isupper":
      try none()
      return text.isCased { $0.isUppercase }
    case "istitle":
      try none()
      return text.isTitled
    default: return nil
    }
  }

  private func all(_ holds: (Unicode.Scalar) -> Bool) throws(Problem) -> Bool {
    try none()
    return !text.isEmpty && text.scalars.allSatisfy(holds)
  }

  private func isAlphabetic(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  private func isNumeric(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType != nil }

  /// The part that a start and an end mean; nil where the start is beyond the text.
  private func part(_ start: TemplateValue?, _ end: TemplateValue?) throws(Problem) -> Text? {
    guard start != nil || end != nil else { return text }
    let scalars = text.scalars
    if let start, !start.isNull, try start.integer(of: "start") > scalars.count { return nil }
    let (first, last) = try Methods.bounds(start, end, scalars.count)
    return first <= last ? Text(scalars[first..<last]) : nil
  }

  // MARK: Parts and places

  private func parts() throws(Problem) -> TemplateValue {
    switch name {
    case "split", "rsplit": return .list(try cut().map { .text($0) })
    case "splitlines":
      let keeps = try bound("keepends")[0]?.isTrue ?? false
      return .list(text.lines(keepingEnds: keeps).map { .text($0) })
    case "partition", "rpartition":
      let separator = try (try bound("sep", required: 1)[0] ?? .null).text(of: name)
      guard !separator.isEmpty else { throw Problem("an empty separator", wanted: "some text") }
      let range =
        name == "partition"
        ? text.firstRange(of: separator) : text.lastRange(of: separator, upTo: text.bytes.count)
      guard let range else {
        return .tuple(
          (name == "partition" ? [text, "", ""] : ["", "", text]).map { .text($0) })
      }
      let parts = [
        Text(text.bytes[..<range.lowerBound]), separator, Text(text.bytes[range.upperBound...]),
      ]
      return .tuple(parts.map { .text($0) })
    case "find", "rfind", "index", "rindex", "count": return .integer(try found())
    default: throw Methods.unknown(name, .text(text))
    }
  }

  private func cut() throws(Problem) -> [Text] {
    let bound = try bound("sep", "maxsplit")
    let most = try bound[1]?.integer(of: "maxsplit") ?? -1
    let limit = most < 0 ? Int.max : most
    guard let separator = bound[0], !separator.isNull else {
      return name == "split" ? text.words(limit: limit) : text.wordsFromEnd(limit: limit)
    }
    let part = try separator.text(of: name)
    guard !part.isEmpty else { throw Problem("an empty separator", wanted: "some text") }
    return name == "split"
      ? text.split(part, limit: limit) : text.splitFromEnd(part, limit: limit)
  }

  private func found() throws(Problem) -> Int {
    let bound = try bound("sub", "start", "end", required: 1)
    let wanted = try (bound[0] ?? .null).text(of: name)
    let whole = try part(bound[1], bound[2])
    if name == "count" {
      guard let whole else { return 0 }
      return wanted.isEmpty ? whole.count + 1 : whole.split(wanted).count - 1
    }
    let range = whole.flatMap {
      name.hasPrefix("r")
        ? $0.lastRange(of: wanted, upTo: $0.bytes.count) : $0.firstRange(of: wanted)
    }
    guard let whole, let range else {
      guard name.hasSuffix("find") else {
        throw Problem("a text without the part looked for", wanted: "one with it")
      }
      return -1
    }
    let (start, _) = try Methods.bounds(bound[1], bound[2], text.count)
    return start + Text(whole.bytes[..<range.lowerBound]).count
  }
}

extension TemplateValue {
  fileprivate var textLength: Int { if case .text(let text) = self { text.bytes.count } else { 0 } }
}

extension Text {
  /// In the middle of a width, as Python puts it.
  func centered(_ width: Int, _ fill: Text = " ") -> Text {
    let missing = width - count
    guard missing > 0 else { return self }
    let left = missing / 2 + (missing & width & 1)
    return fill.repeated(left) + self + fill.repeated(missing - left)
  }

  /// Without differences of case.
  var caseFolded: Text {
    // Folding is lower case, but for letters whose upper case is several.
    Text(
      scalars.map {
        let upper = $0.properties.uppercaseMapping.unicodeScalars
        return upper.count > 1
          ? upper.map(\.properties.lowercaseMapping).joined() : $0.properties.lowercaseMapping
      }.joined())
  }
}
