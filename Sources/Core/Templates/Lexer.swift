/// A word of a template.
struct Token: Sendable {
  enum Kind: Equatable, Sendable {
    case data(Text)
    case variableBegin
    case variableEnd
    case blockBegin
    case blockEnd
    case name(String)
    case text(Text)
    case integer(Int)
    case real(Double)
    case symbol(String)
    case end
  }

  let kind: Kind
  let line: Int

  /// For messages.
  var words: String {
    switch kind {
    case .data: "text"
    case .variableBegin: "`{{`"
    case .variableEnd: "`}}`"
    case .blockBegin: "`{%`"
    case .blockEnd: "`%}`"
    case .name(let name): "`\(name)`"
    case .text: "a text"
    case .integer, .real: "a number"
    case .symbol(let symbol): "`\(symbol)`"
    case .end: "the end of the template"
    }
  }
}

/// Cuts a template into words, with Jinja's control of white space as chat templates are read:
/// the newline after a block goes (`trim_blocks`), blanks before one at a line's beginning go
/// (`lstrip_blocks`), `-` takes all white space on its side, `+` keeps it.
struct Lexer {
  private let source: [UInt8]
  private var place = 0
  private var line = 1
  /// Whether what was read last ended a line.
  private var isLineStart = true
  private var tokens: [Token] = []

  static func tokens(_ text: String) throws(Problem) -> [Token] {
    var lexer = Lexer(text)
    do throws(Problem) {
      try lexer.root()
    } catch {
      var problem = error
      problem.line = problem.line ?? lexer.line
      throw problem
    }
    lexer.add(.end)
    return lexer.tokens
  }

  /// All newlines are one character; one at the end is left out.
  private init(_ text: String) {
    var source: [UInt8] = []
    source.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if byte == 0x0A, source.last == 0x0D { source.removeLast() }
      source.append(byte)
    }
    for index in source.indices where source[index] == 0x0D { source[index] = 0x0A }
    if source.last == 0x0A { source.removeLast() }
    self.source = source
  }

  private mutating func add(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

  private func byte(_ place: Int) -> UInt8 { place < source.count ? source[place] : 0 }

  private func has(_ word: StaticString, at place: Int) -> Bool {
    word.withUTF8Buffer { word in
      place + word.count <= source.count
        && source[place..<place + word.count].elementsEqual(word)
    }
  }

  /// Goes on to a place, counting lines.
  private mutating func advance(to end: Int) {
    guard end > place else { return }
    for byte in source[place..<end] where byte == 0x0A { line += 1 }
    isLineStart = source[end - 1] == 0x0A
    place = end
  }

  private func afterSpace(_ place: Int) -> Int {
    var place = place
    while let (scalar, next) = scalar(place), isSpace(scalar) { place = next }
    return place
  }

  private func scalar(_ place: Int) -> (Unicode.Scalar, next: Int)? {
    guard place < source.count else { return nil }
    if source[place] < 0x80 { return (Unicode.Scalar(source[place]), place + 1) }
    let end = min(place + 4, source.count)
    guard let scalar = String(decoding: source[place..<end], as: UTF8.self).unicodeScalars.first
    else { return nil }
    return (scalar, place + UTF8.width(scalar))
  }

  // MARK: Outside of tags

  private mutating func root() throws(Problem) {
    while place < source.count {
      var begin = place
      while begin < source.count,
        !(source[begin] == 0x7B && [0x25, 0x7B, 0x23].contains(byte(begin + 1)))
      { begin += 1 }
      guard begin < source.count else {
        add(.data(Text(source[place...])))
        return advance(to: source.count)
      }
      let sign = byte(begin + 2)
      let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
      let isVariable = byte(begin + 1) == 0x7B
      addData(upTo: begin, sign: hasSign ? sign : 0, strips: !isVariable)
      let inside = begin + (hasSign ? 3 : 2)
      if let raw = rawBegin(inside), byte(begin + 1) == 0x25 {
        advance(to: raw)
        try rawText()
      } else if byte(begin + 1) == 0x23 {
        try comment(inside)
      } else {
        add(isVariable ? .variableBegin : .blockBegin)
        advance(to: inside)
        try tag(isVariable: isVariable)
      }
    }
  }

  /// The text before a tag, without what the tag takes of it.
  private mutating func addData(upTo end: Int, sign: UInt8, strips: Bool) {
    var text = Text(source[place..<end])
    if sign == UInt8(ascii: "-") {
      text = text.stripped(.end)
    } else if sign != UInt8(ascii: "+"), strips {
      let lineStart = text.bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
      if lineStart > 0 || isLineStart, Text(text.bytes[lineStart...]).stripped(.both).isEmpty {
        text = Text(text.bytes[..<lineStart])
      }
    }
    if !text.isEmpty { add(.data(text)) }
    advance(to: end)
  }

  private mutating func comment(_ start: Int) throws(Problem) {
    var end = start
    while end < source.count, !has("#}", at: end) { end += 1 }
    guard end < source.count else { throw Problem("no end of a comment", wanted: "`#}`") }
    let sign = end > start ? source[end - 1] : 0
    advance(to: afterEnd(end + 2, sign: sign))
  }

  /// Where text begins again after a block's or comment's end.
  private func afterEnd(_ end: Int, sign: UInt8) -> Int {
    switch sign {
    case UInt8(ascii: "-"): afterSpace(end)
    case UInt8(ascii: "+"): end
    default: byte(end) == 0x0A ? end + 1 : end
    }
  }

  /// The place after `raw %}`, where that stands here.
  private func rawBegin(_ start: Int) -> Int? {
    var place = afterSpace(start)
    guard has("raw", at: place) else { return nil }
    place = afterSpace(place + 3)
    if has("-%}", at: place) { return afterSpace(place + 3) }
    return has("%}", at: place) ? place + 2 : nil
  }

  private mutating func rawText() throws(Problem) {
    var begin = place
    while begin < source.count {
      defer { begin += 1 }
      guard has("{%", at: begin) else { continue }
      let sign = byte(begin + 2)
      let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
      var end = afterSpace(begin + (hasSign ? 3 : 2))
      guard has("endraw", at: end) else { continue }
      end = afterSpace(end + 6)
      let endSign = byte(end)
      if endSign == UInt8(ascii: "-") || endSign == UInt8(ascii: "+") { end += 1 }
      guard has("%}", at: end) else { continue }
      addData(upTo: begin, sign: hasSign ? sign : 0, strips: true)
      return advance(to: afterEnd(end + 2, sign: endSign))
    }
    throw Problem("no end of `raw`", wanted: "`{% endraw %}`")
  }

  // MARK: Inside of tags

  private static let symbols = [
    "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
  ]

  private mutating func tag(isVariable: Bool) throws(Problem) {
    var brackets: [String] = []
    while place < source.count {
      if brackets.isEmpty, let end = tagEnd(isVariable: isVariable) {
        add(isVariable ? .variableEnd : .blockEnd)
        return advance(to: end)
      }
      guard let (scalar, _) = scalar(place) else { return }
      switch scalar {
      case _ where isSpace(scalar): advance(to: afterSpace(place))
      case "0"..."9": try number()
      case "'", "\"": try text()
      case _ where Self.isWord(scalar): try name()
      default: try symbol(&brackets)
      }
    }
  }

  private func tagEnd(isVariable: Bool) -> Int? {
    if isVariable {
      if has("-}}", at: place) { return afterSpace(place + 3) }
      return has("}}", at: place) ? place + 2 : nil
    }
    if has("-%}", at: place) || has("+%}", at: place) {
      return afterEnd(place + 3, sign: source[place])
    }
    return has("%}", at: place) ? afterEnd(place + 2, sign: 0) : nil
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      ? scalar == "_" || scalar.properties.isAlphabetic || "0"..."9" ~= scalar
      : scalar.properties.isXIDContinue
  }

  private mutating func symbol(_ brackets: inout [String]) throws(Problem) {
    guard
      let symbol = Self.symbols.first(where: {
        source[place...].starts(with: $0.utf8)
      })
    else {
      let found = scalar(place).map { String($0.0) } ?? ""
      throw Problem("the character `\(found)` in a tag", wanted: "a part of an expression")
    }
    switch symbol {
    case "(": brackets.append(")")
    case "[": brackets.append("]")
    case "{": brackets.append("}")
    case ")", "]", "}":
      guard brackets.popLast() == symbol else { throw Problem("`\(symbol)` that closes nothing") }
    default: break
    }
    add(.symbol(symbol))
    advance(to: place + symbol.utf8.count)
  }

  private mutating func name() throws(Problem) {
    var end = place
    while let (scalar, next) = scalar(end), Self.isWord(scalar) { end = next }
    let name = String(decoding: source[place..<end], as: UTF8.self)
    guard let first = name.unicodeScalars.first, first == "_" || first.properties.isXIDStart else {
      throw Problem("the name `\(name)`", wanted: "a name that begins with a letter")
    }
    add(.name(name))
    advance(to: end)
  }

  private func digits(_ place: Int, _ isDigit: (UInt8) -> Bool) -> Int {
    var place = place
    while isDigit(byte(place)) || byte(place) == 0x5F && isDigit(byte(place + 1)) { place += 1 }
    return place
  }

  private mutating func number() throws(Problem) {
    func isDecimal(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
    let start = place
    // A number after a point is an index, not a fraction.
    if start == 0 || source[start - 1] != UInt8(ascii: ".") {
      let whole = digits(start, isDecimal)
      var end = whole
      if byte(end) == UInt8(ascii: "."), isDecimal(byte(end + 1)) {
        end = digits(end + 1, isDecimal)
      }
      if byte(end) | 0x20 == UInt8(ascii: "e") {
        let sign = byte(end + 1) == UInt8(ascii: "+") || byte(end + 1) == UInt8(ascii: "-") ? 1 : 0
        if isDecimal(byte(end + 1 + sign)) { end = digits(end + 1 + sign, isDecimal) }
      }
      if end > whole {
        let digits = source[start..<end].filter { $0 != 0x5F }
        guard let value = Double(String(decoding: digits, as: UTF8.self)) else {
          throw Problem("a number that cannot be read")
        }
        add(.real(value))
        return advance(to: end)
      }
    }
    let (radix, prefix, isDigit): (Int, Int, (UInt8) -> Bool) =
      switch (byte(start), byte(start + 1) | 0x20) {
      case (0x30, UInt8(ascii: "b")): (2, 2, { 0x30...0x31 ~= $0 })
      case (0x30, UInt8(ascii: "o")): (8, 2, { 0x30...0x37 ~= $0 })
      case (0x30, UInt8(ascii: "x")):
        (16, 2, { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 | 0x20 })
      case (0x30, _): (10, 0, { $0 == 0x30 })
      default: (10, 0, isDecimal)
      }
    var end = digits(start + prefix, isDigit)
    var (written, base) = (source[start + prefix..<end], radix)
    if written.isEmpty {
      // `0x` without digits is a zero and a name.
      end = start + 1
      (written, base) = (source[start..<end], 10)
    }
    let digits = String(decoding: written.filter { $0 != 0x5F }, as: UTF8.self)
    guard let value = Int(digits, radix: base) else {
      throw Problem("the number \(digits)", wanted: "whole numbers of 64 bits")
    }
    add(.integer(value))
    advance(to: end)
  }

  private mutating func text() throws(Problem) {
    let quote = source[place]
    var end = place + 1
    while end < source.count, source[end] != quote { end += source[end] == 0x5C ? 2 : 1 }
    guard end < source.count else {
      throw Problem("no end of a text", wanted: "`\(Unicode.Scalar(quote))`")
    }
    add(.text(try Self.unescaped(Array(source[place + 1..<end]))))
    advance(to: end + 1)
  }

  /// A text with Python's escapes replaced; unknown ones stay.
  private static func unescaped(_ written: [UInt8]) throws(Problem) -> Text {
    guard written.contains(0x5C) else { return Text(written) }
    let scalars = Text(written).scalars
    var result = String.UnicodeScalarView()
    var place = 0
    func number(_ count: ClosedRange<Int>, radix: Int) -> (UInt32, Int)? {
      let digits = scalars[place...].prefix(count.upperBound).prefix {
        $0.isASCII && Character($0).hexDigitValue.map { $0 < radix } == true
      }
      guard digits.count >= count.lowerBound else { return nil }
      var text = ""
      text.unicodeScalars.append(contentsOf: digits)
      return UInt32(text, radix: radix).map { ($0, digits.count) }
    }
    while place < scalars.count {
      let scalar = scalars[place]
      place += 1
      guard scalar == "\\", place < scalars.count else {
        result.append(scalar)
        continue
      }
      let escape = scalars[place]
      place += 1
      switch escape {
      case "n": result.append("\n")
      case "t": result.append("\t")
      case "r": result.append("\r")
      case "a": result.append("\u{7}")
      case "b": result.append("\u{8}")
      case "f": result.append("\u{C}")
      case "v": result.append("\u{B}")
      case "\\", "'", "\"": result.append(escape)
      case "\n": break
      case "x", "u", "U":
        let count = escape == "x" ? 2 : escape == "u" ? 4 : 8
        guard let (value, digits) = number(count...count, radix: 16),
          let scalar = Unicode.Scalar(value)
        else {
          throw Problem("an escape `\\\(escape)`", wanted: "\(count) digits of a character")
        }
        result.append(scalar)
        place += digits
      case "0"..."7":
        place -= 1
        guard let (value, digits) = number(1...3, radix: 8), let scalar = Unicode.Scalar(value)
        else { continue }
        result.append(scalar)
        place += digits
      case "N": throw Problem("an escape `\\N`", wanted: "a character by its number")
      default:
        // Python writes characters beyond ASCII as escapes first, whose backslash this one takes.
        result.append("\\")
        if escape.isASCII {
          result.append(escape)
        } else {
          result.append(contentsOf: TemplateValue.escape(escape).unicodeScalars.dropFirst())
        }
      }
    }
    return Text(result)
  }
}
