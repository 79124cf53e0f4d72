import Foundation
import LinearAlgebra
import SeerSupport

/// NumPy's array files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
/// 1. `\x93NUMPY`, major and minor version (one byte each);
/// 2. the header's length, little-endian (2 bytes in version 1, 4 in versions 2 and 3);
/// 3. the header, a Python dictionary with `descr`, `fortran_order` and `shape`;
/// 4. the data.
package enum NPY {
  package static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// What a file says before its data.
  struct Header: Equatable, Sendable {
    /// The type as the file writes it.
    var descr: String
    var isColumnMajor: Bool
    var shape: [Int]
    /// Where the data begins.
    var dataStart: Int
  }

  /// Headers are some hundred bytes; one of a type with thousands of fields is nothing of ours.
  static let longestHeader = 1 << 20

  /// Reads the header at the start of some bytes, which need not be all of the file.
  static func header(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(Failure) -> Header {
    func bad(_ place: String, _ found: String, _ wanted: String) -> Failure {
      Failure(
        .badData, file: path, place: place, found: found, wanted: wanted,
        advice: "Save it with numpy.save.")
    }
    guard bytes.count >= 10, bytes.prefix(6).elementsEqual(magic) else {
      throw bad("offset 0", "no NumPy magic", "an .npy file")
    }
    let version = bytes[6]
    guard (1...3).contains(version) else {
      throw bad("offset 6", "version \(version)", "version 1, 2 or 3")
    }
    let lengthSize = version == 1 ? 2 : 4
    guard bytes.count >= 8 + lengthSize else {
      throw bad("offset 8", "\(bytes.count) bytes", "a header")
    }
    let length =
      version == 1
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    let start = 8 + lengthSize + length
    guard start <= bytes.count, length <= longestHeader else {
      throw bad(
        "offset 8", "a header of \(length) bytes",
        "at most \(min(longestHeader, bytes.count - 8 - lengthSize))")
    }
    let text = String(decoding: bytes[(8 + lengthSize)..<start], as: UTF8.self)
    var literal = PythonLiteral(text)
    guard let fields = literal.dictionary(), literal.isAtEnd,
      Set(fields.keys) == ["descr", "fortran_order", "shape"],
      case .other(let order)? = fields["fortran_order"], ["True", "False"].contains(order),
      case .tuple(let shape)? = fields["shape"], let descr = fields["descr"]
    else {
      let shown = String(text.prefix(200)).trimmingCharacters(in: .whitespacesAndNewlines)
      throw bad(
        "header", shown.isEmpty ? "nothing but blanks" : shown, "descr, fortran_order and shape")
    }
    // Python 2 wrote long integers with an L.
    let sizes = shape.compactMap { Int($0.last == "L" ? $0.dropLast() : $0[...]) }
    guard sizes.count == shape.count, sizes.allSatisfy({ $0 >= 0 }) else {
      throw bad("header, shape", "(\(shape.joined(separator: ", ")))", "sizes of 0 or more")
    }
    let type =
      switch descr {
      case .text(let text): text
      case .tuple(let items): "(\(items.joined(separator: ", ")))"
      case .other(let text): text
      }
    return Header(
      descr: type, isColumnMajor: order == "True", shape: sizes, dataStart: start)
  }

  /// The bytes of a file that holds a matrix as float32.
  package static func bytes(_ matrix: Matrix) -> [UInt8] {
    header("<f4", shape: [matrix.rows, matrix.columns])
      + UnsafeRawBufferPointer(start: matrix.elements, count: matrix.count * 4)
  }

  /// The bytes of a file that holds a list of texts, as NumPy keeps them: UTF-32, each with as many
  /// characters as the longest has.
  package static func bytes(texts: [String]) -> [UInt8] {
    let scalars = texts.map { $0.unicodeScalars.map(\.value) }
    let longest = max(1, scalars.map(\.count).max() ?? 1)
    var bytes = header("<U\(longest)", shape: [texts.count])
    bytes.reserveCapacity(bytes.count + 4 * longest * texts.count)
    for text in scalars {
      for place in 0..<longest {
        let value = place < text.count ? text[place] : 0
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
      }
    }
    return bytes
  }

  /// What stands before the data of an array in C order.
  package static func header(_ descr: String, shape: [Int]) -> [UInt8] {
    let sizes =
      shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // The data begins at a multiple of 64 bytes.
    let room = (64 - (10 + header.utf8.count + 1) % 64) % 64
    header += String(repeating: " ", count: room) + "\n"
    return magic + [1, 0]
      + withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) {
        Array($0)
      } + Array(header.utf8)
  }
}

/// As much of Python's literals as a header has: a dictionary of strings, names and tuples.
private struct PythonLiteral {
  enum Value {
    case text(String)
    case tuple([String])
    /// A name, a number, or a list as it stands.
    case other(String)
  }

  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.allSatisfy { $0 == 0x20 || $0 == 0x0A } }

  private mutating func skipBlanks() {
    rest = rest.drop { $0 == 0x20 || $0 == 0x0A }
  }

  private mutating func take(_ byte: Character) -> Bool {
    skipBlanks()
    guard let wanted = byte.asciiValue, rest.first == wanted else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// Nil for anything else, and where a key comes twice.
  mutating func dictionary() -> [String: Value]? {
    guard take("{") else { return nil }
    var fields: [String: Value] = [:]
    while !take("}") {
      guard let key = text(), take(":"), let value = value(),
        fields.updateValue(value, forKey: key) == nil
      else { return nil }
      if take(",") { continue }
      guard take("}") else { return nil }
      break
    }
    return fields
  }

  private mutating func text() -> String? {
    skipBlanks()
    guard let quote = rest.first, quote == 0x27 || quote == 0x22 else { return nil }
    let body = rest.dropFirst().prefix { $0 != quote }
    guard body.endIndex < rest.endIndex else { return nil }
    rest = rest[rest.index(after: body.endIndex)...]
    return String(Substring(body))
  }

  private mutating func value() -> Value? {
    skipBlanks()
    if let text = text() { return .text(text) }
    if rest.first == UInt8(ascii: "[") { return list().map { .other($0) } }
    guard take("(") else {
      let name = word()
      return name.isEmpty ? nil : .other(name)
    }
    var items: [String] = []
    while !take(")") {
      skipBlanks()
      let item = word()
      guard !item.isEmpty else { return nil }
      items.append(item)
      if take(",") { continue }
      guard take(")") else { return nil }
      break
    }
    return .tuple(items)
  }

  private mutating func word() -> String {
    let body = rest.prefix { ![0x20, 0x2C, 0x29, 0x7D, 0x3A, 0x0A, 0x28].contains($0) }
    rest = rest[body.endIndex...]
    return String(Substring(body))
  }

  /// A list up to its own closing bracket; what is in it does not matter.
  private mutating func list() -> String? {
    var depth = 0
    for index in rest.indices {
      if rest[index] == UInt8(ascii: "[") { depth += 1 }
      guard rest[index] == UInt8(ascii: "]") else { continue }
      depth -= 1
      guard depth == 0 else { continue }
      let body = rest[...index]
      rest = rest[rest.index(after: index)...]
      return String(Substring(body))
    }
    return nil
  }
}
