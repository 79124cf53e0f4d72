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
    var scanner = JSONScanner(text, deepest: deepest)
    var index = Index()
    do throws(JSONScanner.Problem) {
      try scanner.value(&index)
      scanner.blanks()
      guard scanner.isAtEnd else { throw scanner.problem("the end of the text") }
    } catch {
      throw failure(error.place, error.found, error.wanted)
    }
    return index.nodes
  }

  /// Values inside values; deeper than anything that models come with.
  private static let deepest = 64

  /// Notes where the values are.
  private struct Index: JSONVisitor {
    var nodes: [Node] = []

    mutating func begin(at place: Int) -> Int {
      nodes.append(Node(start: UInt32(place), end: 0, next: 0))
      return nodes.count - 1
    }

    mutating func end(_ index: Int, at place: Int) {
      nodes[index].end = UInt32(place)
      nodes[index].next = UInt32(nodes.count)
    }
  }

  /// A checked string's bytes with its escapes replaced.
  func string(_ range: Range<Int>) -> [UInt8] {
    text.withBytes { JSONScanner.bytes($0, range) }
  }
}
