/// Well-formed UTF-8, byte by byte (Unicode 16, table 3-7).
package enum UTF8Bytes {
  /// The number of bytes of a character that begins with `lead`; 0 where none does.
  @inline(__always)
  package static func width(lead: UInt8) -> Int {
    switch lead {
    case 0x00...0x7F: 1
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
  }

  /// Whether `second` can follow `lead`: no overlong forms, no surrogates, nothing above U+10FFFF.
  @inline(__always)
  package static func allows(second: UInt8, after lead: UInt8) -> Bool {
    switch lead {
    case 0xE0: 0xA0...0xBF ~= second
    case 0xED: 0x80...0x9F ~= second
    case 0xF0: 0x90...0xBF ~= second
    case 0xF4: 0x80...0x8F ~= second
    default: 0x80...0xBF ~= second
    }
  }

  /// The offset of the first byte that does not belong to a well-formed character.
  package static func firstInvalid(in bytes: UnsafeRawBufferPointer) -> Int? {
    var index = 0
    while index < bytes.count {
      // ASCII, eight bytes at a time.
      while bytes.count - index >= 8,
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      { index &+= 8 }
      guard index < bytes.count else { return nil }
      let lead = bytes[index]
      if lead < 0x80 {
        index &+= 1
        continue
      }
      let width = width(lead: lead)
      guard width > 1, bytes.count - index >= width, allows(second: bytes[index &+ 1], after: lead)
      else { return index }
      for place in 2..<max(2, width) where bytes[index &+ place] & 0xC0 != 0x80 { return index }
      index &+= width
    }
    return nil
  }
}
