/// A value of a JSON text (RFC 8259), read in place.
///
/// The text is checked once and indexed, 12 bytes a value; strings and numbers are decoded when
/// asked for. Members keep their order and their bytes: two names that are equal as Swift strings
/// (U+212B and U+00C5) stay two, and a name given twice can be seen.
package struct JSON: Sendable {
  private let document: JSONDocument
  private let index: Int

  /// Reads some of a file; a failure names the offset in it.
  package init(_ text: FileBytes) throws(Failure) {
    document = try JSONDocument(text)
    index = 0
  }

  /// Reads a whole file.
  package init(path: String) throws(Failure) {
    let file = try MappedFile(path: path)
    self = try JSON(file[0..<file.count])
  }

  /// Reads a text in memory.
  package init(text: [UInt8], name: String = "JSON") throws(Failure) {
    let file = try MappedFile(text: text, name: name)
    self = try JSON(file[0..<file.count])
  }

  /// A text as JSON writes it, in quotes.
  package static func quoted(_ text: String) -> String {
    var written = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": written += "\\\""
      case "\\": written += "\\\\"
      case "\n": written += "\\n"
      case "\r": written += "\\r"
      case "\t": written += "\\t"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        written += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: written.unicodeScalars.append(scalar)
      }
    }
    return written + "\""
  }

  fileprivate init(_ document: JSONDocument, _ index: Int) {
    self.document = document
    self.index = index
  }

  package enum Kind: Equatable {
    case null, bool, number, string, array, object
  }

  package var kind: Kind {
    switch lead {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  private var lead: UInt8 { document.text.withBytes { $0[range.lowerBound] } }

  /// Where the value lies in the text.
  private var range: Range<Int> {
    let node = document.nodes[index]
    return Int(node.start)..<Int(node.end)
  }

  package var isNull: Bool { kind == .null }

  package var bool: Bool? { kind == .bool ? lead == UInt8(ascii: "t") : nil }

  /// The value as it is written: a number's digits, a string with its quotes, an array's whole text.
  package var written: String {
    document.text.withBytes { String(decoding: $0[range], as: UTF8.self) }
  }

  /// A number without fraction or exponent that fits.
  package var integer: Int? { kind == .number ? Int(written) : nil }

  /// A number, as the nearest Double.
  package var double: Double? { kind == .number ? Double(written) : nil }

  /// A string's UTF-8.
  package var bytes: [UInt8]? { kind == .string ? document.string(range) : nil }

  package var string: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  /// The number of elements or members; 0 for other values.
  package var count: Int {
    switch kind {
    case .array: elements.reduce(0) { count, _ in count + 1 }
    case .object: members.reduce(0) { count, _ in count + 1 }
    default: 0
    }
  }

  /// An array's values; none for other values.
  package var elements: Elements {
    let inside = kind == .array
    return Elements(
      document: document, place: index + 1, end: inside ? document.nodes[index].next : 0)
  }

  /// An object's members in order; none for other values.
  package var members: Members {
    let inside = kind == .object
    return Members(
      document: document, place: index + 1, end: inside ? document.nodes[index].next : 0)
  }

  /// The value of a member; of the last one where the name is there twice. Linear in the members.
  package subscript(name: String) -> JSON? {
    let wanted = Array(name.utf8)
    var found: JSON?
    for member in members where member.name == wanted { found = member.value }
    return found
  }

  package struct Elements: Sequence, IteratorProtocol {
    fileprivate let document: JSONDocument
    fileprivate var place: Int
    fileprivate let end: UInt32

    package mutating func next() -> JSON? {
      guard place < end else { return nil }
      defer { place = Int(document.nodes[place].next) }
      return JSON(document, place)
    }
  }

  package struct Members: Sequence, IteratorProtocol {
    fileprivate let document: JSONDocument
    fileprivate var place: Int
    fileprivate let end: UInt32

    package mutating func next() -> (name: [UInt8], value: JSON)? {
      guard place < end else { return nil }
      let name = JSON(document, place).bytes ?? []
      place += 1
      defer { place = Int(document.nodes[place].next) }
      return (name, JSON(document, place))
    }
  }
}

/// The text and its index: the values in the order they begin, a member's name before its value.
private final class JSONDocument: Sendable {
  struct Node {
    var start: UInt32
    var end: UInt32
    /// The index of the first value after this one and everything in it.
    var next: UInt32
  }

  let text: FileBytes
  let nodes: [Node]

  init(_ bytes: FileBytes) throws(Failure) {
    text = bytes
    nodes = try bytes.withBytes { text throws(Failure) in try Self.nodes(text, of: bytes) }
  }

  private static func nodes(
    _ text: UnsafeRawBufferPointer, of bytes: FileBytes
  ) throws(Failure) -> [Node] {
    func failure(_ place: Int, _ found: String, _ wanted: String) -> Failure {
      Failure(
        .badData, file: bytes.file.path, place: "JSON, offset \(bytes.range.lowerBound + place)",
        found: found, wanted: wanted,
        advice: "The file is truncated or damaged: download it again.")
    }
    guard text.count < Int(UInt32.max) else {
      throw failure(0, "\(text.count) bytes", "less than 4 GB")
    }
    if let place = UTF8Bytes.firstInvalid(in: text) {
      throw failure(place, "a byte that is not UTF-8", "UTF-8")
    }
    var parser = JSONParser(text: text)
    do throws(JSONParser.Problem) {
      try parser.document()
    } catch {
      throw failure(error.place, error.found, error.wanted)
    }
    return parser.nodes
  }

  /// A checked string's bytes with its escapes replaced.
  func string(_ range: Range<Int>) -> [UInt8] {
    text.withBytes { Self.string($0, range) }
  }

  private static func string(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> [UInt8] {
    let inside = text[range.lowerBound + 1..<range.upperBound - 1]
    guard inside.contains(UInt8(ascii: "\\")) else { return Array(inside) }
    var result: [UInt8] = []
    result.reserveCapacity(inside.count)
    var place = inside.startIndex
    while place < inside.endIndex {
      let byte = inside[place]
      place += 1
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      let escape = inside[place]
      place += 1
      switch escape {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "u"):
        var scalar = JSONParser.hexadecimal(text, place)
        place += 4
        if 0xD800...0xDBFF ~= scalar {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + JSONParser.hexadecimal(text, place + 2)
          scalar -= 0xDC00
          place += 6
        }
        result.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
      default: result.append(escape)
      }
    }
    return result
  }
}

/// Checks a text against the grammar and notes where the values are.
private struct JSONParser {
  struct Problem: Error {
    let place: Int
    let found: String
    let wanted: String
  }

  let text: UnsafeRawBufferPointer
  var nodes: [JSONDocument.Node] = []
  private var place = 0
  /// Values inside values; deeper than anything that models come with.
  private static let deepest = 64

  init(text: UnsafeRawBufferPointer) { self.text = text }

  mutating func document() throws(Problem) {
    try value(depth: 0)
    blanks()
    guard place == text.count else { throw problem("the end of the text") }
  }

  private func problem(_ wanted: String) -> Problem {
    guard place < text.count else {
      return Problem(place: place, found: "the end of the text", wanted: wanted)
    }
    let byte = text[place]
    let found = 0x21...0x7E ~= byte ? "`\(Unicode.Scalar(byte))`" : "byte \(byte)"
    return Problem(place: place, found: found, wanted: wanted)
  }

  private var current: UInt8 { place < text.count ? text[place] : 0 }

  private mutating func blanks() {
    while place < text.count {
      switch text[place] {
      case 0x20, 0x0A, 0x0D, 0x09: place += 1
      default: return
      }
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard place < text.count, UInt32(text[place]) == character.value else { return false }
    place += 1
    return true
  }

  private mutating func value(depth: Int) throws(Problem) {
    blanks()
    let index = nodes.count
    nodes.append(JSONDocument.Node(start: UInt32(place), end: 0, next: 0))
    switch current {
    case UInt8(ascii: "{"): try object(depth: depth)
    case UInt8(ascii: "["): try array(depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw problem("a JSON value")
    }
    nodes[index].end = UInt32(place)
    nodes[index].next = UInt32(nodes.count)
  }

  private mutating func enter(_ depth: Int) throws(Problem) {
    guard depth < Self.deepest else {
      throw problem("at most \(Self.deepest) values in each other")
    }
    place += 1
    blanks()
  }

  private mutating func object(depth: Int) throws(Problem) {
    try enter(depth)
    if take("}") { return }
    while true {
      blanks()
      let index = nodes.count
      nodes.append(JSONDocument.Node(start: UInt32(place), end: 0, next: UInt32(index + 1)))
      try string()
      nodes[index].end = UInt32(place)
      blanks()
      guard take(":") else { throw problem("`:`") }
      try value(depth: depth + 1)
      blanks()
      if take("}") { return }
      guard take(",") else { throw problem("`,` or `}`") }
    }
  }

  private mutating func array(depth: Int) throws(Problem) {
    try enter(depth)
    if take("]") { return }
    while true {
      try value(depth: depth + 1)
      blanks()
      if take("]") { return }
      guard take(",") else { throw problem("`,` or `]`") }
    }
  }

  private mutating func word(_ word: String) throws(Problem) {
    for byte in word.utf8 {
      guard current == byte else { throw problem("`\(word)`") }
      place += 1
    }
  }

  private mutating func digits() throws(Problem) {
    guard 0x30...0x39 ~= current else { throw problem("a digit") }
    while 0x30...0x39 ~= current { place += 1 }
  }

  private mutating func number() throws(Problem) {
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
  }

  private mutating func string() throws(Problem) {
    guard take("\"") else { throw problem("a string") }
    while place < text.count {
      switch text[place] {
      case UInt8(ascii: "\""):
        place += 1
        return
      case UInt8(ascii: "\\"): try escape()
      case 0x00..<0x20: throw problem("no control characters in a string")
      default: place += 1
      }
    }
    throw problem("the string's closing quote")
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
  static func hexadecimal(_ text: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 4 | (digit(text[place + $1]) ?? 0) }
  }
}
