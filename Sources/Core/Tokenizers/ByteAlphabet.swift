/// GPT-2's alphabet: each byte written as one printable character, so that vocabulary files of
/// byte-level tokenizers are readable text.
///
/// Printable Latin-1 bytes stand for themselves, the other 68 are U+0100 and up, in byte order: a
/// space is `Ġ` (U+0120), a newline `Ċ` (U+010A).
enum ByteAlphabet {
  /// The scalar of each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt32(byte)
      default:
        next += 1
        return next - 1
      }
    }
  }()

  /// The byte of each scalar below U+0144, -1 where there is none.
  private static let bytes: [Int16] = {
    var result = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { result[Int(scalar)] = Int16(byte) }
    return result
  }()

  /// The vocabulary string of a single byte, as UTF-8.
  static func string(of byte: UInt8) -> [UInt8] {
    let scalar = scalars[Int(byte)]
    return scalar < 0x80
      ? [UInt8(scalar)] : [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 0x3F)]
  }

  /// The token of a byte that no other token covers, such as `<0x0A>`.
  static func fallback(of byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)], UInt8(ascii: ">")]
  }

  /// The byte of such a token.
  static func byte(ofFallback string: [UInt8]) -> UInt8? {
    guard string.count == 6 else { return nil }
    let byte = UInt8(String(decoding: string[3..<5], as: UTF8.self), radix: 16)
    return byte.flatMap { fallback(of: $0) == string ? $0 : nil }
  }

  /// The bytes that a vocabulary string stands for; the string's own where it is not written in
  /// the alphabet.
  static func bytes(of string: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(string.count)
    var index = 0
    while index < string.count {
      var scalar = Int(string[index])
      index += 1
      if scalar >= 0x80 {
        guard scalar & 0xE0 == 0xC0, index < string.count else { return string }
        scalar = (scalar & 0x1F) << 6 | Int(string[index] & 0x3F)
        index += 1
      }
      guard scalar < bytes.count, bytes[scalar] >= 0 else { return string }
      result.append(UInt8(bytes[scalar]))
    }
    return result
  }
}
