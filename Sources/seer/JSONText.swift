/// Writes JSON piece by piece, where thousands of objects a second make `JSONEncoder` the slowest
/// part. Names and values must be written in turn; commas are put by the writer.
struct JSONText {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func object(_ body: (inout JSONText) -> Void) { enclosed("{", "}", body) }
  mutating func array(_ body: (inout JSONText) -> Void) { enclosed("[", "]", body) }

  mutating func name(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func integer(_ value: Int) { raw(String(value)) }

  /// The shortest digits that read back as the same value; null where it is not finite.
  mutating func number(_ value: Float) { raw(value.isFinite ? value.description : "null") }
  mutating func number(_ value: Double) { raw(value.isFinite ? value.description : "null") }

  /// Text that is JSON already.
  mutating func raw(_ text: String) {
    comma()
    bytes.append(contentsOf: text.utf8)
  }

  mutating func string(_ value: String) {
    comma()
    bytes.append(UInt8(ascii: "\""))
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0..<0x20:
        bytes.append(contentsOf: (byte < 16 ? "\\u000" : "\\u00").utf8)
        bytes.append(contentsOf: String(byte, radix: 16).utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func enclosed(
    _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ body: (inout JSONText) -> Void
  ) {
    comma()
    bytes.append(UInt8(ascii: opening))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: closing))
    needsComma = true
  }

  private mutating func comma() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }
}
