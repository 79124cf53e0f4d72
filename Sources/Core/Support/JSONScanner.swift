/// Steps over a JSON text (RFC 8259), token by token and in place.
struct JSONScanner {
  struct Problem: Error {
    let place: Int
    let found: String
    let wanted: String
  }

  let text: UnsafeRawBufferPointer
  /// The next byte.
  var place: Int
  /// The line of it, from 1.
  var line: Int
  /// How many values may lie in each other.
  let deepest: Int
  /// Whether the numbers that Python writes and JSON lacks are read: NaN, Infinity, -Infinity.
  let takesNaN: Bool

  init(
    _ text: UnsafeRawBufferPointer, at place: Int = 0, line: Int = 1, deepest: Int,
    takesNaN: Bool = false
  ) {
    self.text = text
    self.place = place
    self.line = line
    self.deepest = deepest
    self.takesNaN = takesNaN
  }

  func problem(_ wanted: String) -> Problem {
    guard place < text.count else {
      return Problem(place: place, found: "the end of the text", wanted: wanted)
    }
    let byte = text[place]
    let found = 0x21...0x7E ~= byte ? "`\(Unicode.Scalar(byte))`" : "byte \(byte)"
    return Problem(place: place, found: found, wanted: wanted)
  }

  /// The next byte; 0 at the end.
  var current: UInt8 { place < text.count ? text[place] : 0 }

  var isAtEnd: Bool { place >= text.count }

  mutating func blanks() {
    while place < text.count {
      switch text[place] {
      case 0x20, 0x09: break
      case 0x0A: line += 1
      case 0x0D where place + 1 >= text.count || text[place + 1] != 0x0A: line += 1
      case 0x0D: break
      default: return
      }
      place += 1
    }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard place < text.count, UInt32(text[place]) == character.value else { return false }
    place += 1
    return true
  }

  /// Steps over an opening bracket and the blanks behind it.
  mutating func enter(_ depth: Int) throws(Problem) {
    guard depth < deepest else { throw problem("at most \(deepest) values in each other") }
    place += 1
    blanks()
  }

  mutating func word(_ word: StaticString) throws(Problem) {
    for index in 0..<word.utf8CodeUnitCount {
      guard current == word.utf8Start[index] else { throw problem("`\(word)`") }
      place += 1
    }
  }

  private mutating func digits() throws(Problem) {
    guard 0x30...0x39 ~= current else { throw problem("a digit") }
    while 0x30...0x39 ~= current { place += 1 }
  }

  mutating func number() throws(Problem) {
    _ = take("-")
    if takesNaN, current == UInt8(ascii: "I") { return try word("Infinity") }
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
  }

  /// Steps over a string with its quotes; returns whether it has escapes.
  @discardableResult
  mutating func string() throws(Problem) -> Bool {
    guard take("\"") else { throw problem("a string") }
    var hasEscapes = false
    while true {
      plain()
      guard place < text.count else { throw problem("the string's closing quote") }
      switch text[place] {
      case UInt8(ascii: "\""):
        place += 1
        return hasEscapes
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try escape()
      case 0x00..<0x20: throw problem("no control characters in a string")
      default: place += 1
      }
    }
  }

  /// Steps over bytes that stand for themselves, eight at a time.
  private mutating func plain() {
    while text.count - place >= 8 {
      let bytes = UInt64(
        littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      let special =
        Self.zeros(bytes ^ 0x2222_2222_2222_2222) | Self.zeros(bytes ^ 0x5C5C_5C5C_5C5C_5C5C)
        | ((bytes &- 0x2020_2020_2020_2020) & ~bytes & 0x8080_8080_8080_8080)
      // The lowest mark is right; those above it may come from a borrow.
      guard special == 0 else {
        place += special.trailingZeroBitCount / 8
        return
      }
      place += 8
    }
  }

  /// Marks the bytes that are zero by their highest bit.
  private static func zeros(_ bytes: UInt64) -> UInt64 {
    (bytes &- 0x0101_0101_0101_0101) & ~bytes & 0x8080_8080_8080_8080
  }

  private mutating func escape() throws(Problem) {
    place += 1
    guard take("u") else {
      guard place < text.count, "\"\\/bfnrt".utf8.contains(text[place]) else {
        throw problem("one of the escapes \" \\ / b f n r t u")
      }
      place += 1
      return
    }
    let first = try codeUnit()
    if 0xDC00...0xDFFF ~= first { throw problem("a first surrogate before a second one") }
    guard 0xD800...0xDBFF ~= first else { return }
    guard take("\\"), take("u"), 0xDC00...0xDFFF ~= (try codeUnit()) else {
      throw problem("a second surrogate after a first one")
    }
  }

  private mutating func codeUnit() throws(Problem) -> UInt32 {
    for offset in 0..<4 {
      guard place + offset < text.count, Self.digit(text[place + offset]) != nil else {
        throw problem("four hexadecimal digits")
      }
    }
    defer { place += 4 }
    return Self.hexadecimal(text, place)
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte) - 0x30
    case 0x41...0x46: UInt32(byte) - 0x41 + 10
    case 0x61...0x66: UInt32(byte) - 0x61 + 10
    default: nil
    }
  }

  /// Four checked hexadecimal digits.
  private static func hexadecimal(_ text: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 4 | (digit(text[place + $1]) ?? 0) }
  }
}

/// Who is told of every value and of every member's name, in the order they begin.
protocol JSONVisitor {
  /// Called where a value or name begins; what it returns is handed to ``end(_:at:)``.
  mutating func begin(at place: Int) -> Int
  mutating func end(_ index: Int, at place: Int)
}

extension JSONScanner {
  /// Steps over a value and all that is in it.
  mutating func value(_ visitor: inout some JSONVisitor, depth: Int = 0) throws(Problem) {
    blanks()
    let index = visitor.begin(at: place)
    switch current {
    case UInt8(ascii: "{"): try object(&visitor, depth)
    case UInt8(ascii: "["): try array(&visitor, depth)
    default: try scalar()
    }
    visitor.end(index, at: place)
  }

  /// Steps over a value that no other lies in.
  mutating func scalar() throws(Problem) {
    switch current {
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    case UInt8(ascii: "N") where takesNaN: try word("NaN")
    case UInt8(ascii: "I") where takesNaN: try word("Infinity")
    default: throw problem("a JSON value")
    }
  }

  private mutating func object(_ visitor: inout some JSONVisitor, _ depth: Int) throws(Problem) {
    try enter(depth)
    if take("}") { return }
    while true {
      blanks()
      let index = visitor.begin(at: place)
      try string()
      visitor.end(index, at: place)
      blanks()
      guard take(":") else { throw problem("`:`") }
      try value(&visitor, depth: depth + 1)
      blanks()
      if take("}") { return }
      guard take(",") else { throw problem("`,` or `}`") }
    }
  }

  private mutating func array(_ visitor: inout some JSONVisitor, _ depth: Int) throws(Problem) {
    try enter(depth)
    if take("]") { return }
    while true {
      try value(&visitor, depth: depth + 1)
      blanks()
      if take("]") { return }
      guard take(",") else { throw problem("`,` or `]`") }
    }
  }

  private struct Nobody: JSONVisitor {
    func begin(at place: Int) -> Int { 0 }
    func end(_ index: Int, at place: Int) {}
  }

  /// Steps over a value of which nothing is wanted; returns where it lies.
  @discardableResult
  mutating func skip(depth: Int = 0) throws(Problem) -> Range<Int> {
    blanks()
    let start = place
    var nobody = Nobody()
    try value(&nobody, depth: depth)
    return start..<place
  }
}

extension JSONScanner {
  /// The bytes of a checked string, whose range has its quotes, with the escapes replaced.
  static func bytes(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> [UInt8] {
    let inside = UnsafeRawBufferPointer(rebasing: text[range.lowerBound + 1..<range.upperBound - 1])
    guard inside.contains(UInt8(ascii: "\\")) else { return Array(inside) }
    return Array(unsafeUninitializedCapacity: inside.count) { buffer, count in
      count = unescape(inside, into: buffer)
    }
  }

  /// The same as a string.
  static func string(
    _ text: UnsafeRawBufferPointer, _ range: Range<Int>, hasEscapes: Bool
  ) -> String {
    let inside = UnsafeRawBufferPointer(rebasing: text[range.lowerBound + 1..<range.upperBound - 1])
    guard hasEscapes else { return String(decoding: inside, as: UTF8.self) }
    return String(unsafeUninitializedCapacity: inside.count) { unescape(inside, into: $0) }
  }

  /// Writes what a checked string stands for, which is never longer; returns how many bytes.
  private static func unescape(
    _ inside: UnsafeRawBufferPointer, into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var place = 0
    var count = 0
    func append(_ byte: UInt8) {
      buffer[count] = byte
      count += 1
    }
    while place < inside.count {
      let byte = inside[place]
      place += 1
      guard byte == UInt8(ascii: "\\") else {
        append(byte)
        continue
      }
      let escape = inside[place]
      place += 1
      switch escape {
      case UInt8(ascii: "n"): append(0x0A)
      case UInt8(ascii: "t"): append(0x09)
      case UInt8(ascii: "r"): append(0x0D)
      case UInt8(ascii: "b"): append(0x08)
      case UInt8(ascii: "f"): append(0x0C)
      case UInt8(ascii: "u"):
        var scalar = hexadecimal(inside, place)
        place += 4
        if 0xD800...0xDBFF ~= scalar {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + hexadecimal(inside, place + 2)
          scalar -= 0xDC00
          place += 6
        }
        UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}")?.forEach(append)
      default: append(escape)
      }
    }
    return count
  }
}
