/// DEFLATE (RFC 1951) in a zlib wrapper (RFC 1950): one block with the fixed Huffman codes, and
/// repeats found through a table of the last place of every three bytes. Enough for drawings,
/// which are mostly ground.
package enum Deflate {
  package static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    var writer = BitWriter()
    writer.bytes = [0x78, 0x01]
    writer.write(1, bits: 1)
    writer.write(1, bits: 2)
    compress(bytes, into: &writer)
    writer.writeCode(0, bits: 7)
    writer.flush()
    return writer.bytes + PNG.bigEndian(adler32(bytes))
  }

  private static let longest = 258
  private static let furthest = 32_768

  private static func compress(_ bytes: [UInt8], into writer: inout BitWriter) {
    var lastPlace = [Int32](repeating: -1, count: 1 << 15)
    var place = 0
    while place < bytes.count {
      var length = 0
      var distance = 0
      if place + 3 <= bytes.count {
        let hash = hash(bytes, place)
        let candidate = Int(lastPlace[hash])
        lastPlace[hash] = Int32(truncatingIfNeeded: place)
        if candidate >= 0, place - candidate <= furthest {
          let most = min(longest, bytes.count - place)
          while length < most, bytes[candidate + length] == bytes[place + length] { length += 1 }
          distance = place - candidate
        }
      }
      if length >= 3 {
        writer.writeLength(length)
        writer.writeDistance(distance)
        place += length
      } else {
        writer.writeLiteral(Int(bytes[place]))
        place += 1
      }
    }
  }

  private static func hash(_ bytes: [UInt8], _ place: Int) -> Int {
    let three =
      UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
    return Int((three &* 0x9E37_79B1) >> 17)
  }

  package static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (a, b) = (UInt32(1), UInt32(0))
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return b << 16 | a
  }
}

/// Bits from the lowest of each byte up; Huffman codes from their highest bit down.
private struct BitWriter {
  var bytes: [UInt8] = []
  private var pending: UInt32 = 0
  private var count: UInt32 = 0

  mutating func write(_ value: Int, bits: UInt32) {
    pending |= UInt32(value) << count
    count += bits
    while count >= 8 {
      bytes.append(UInt8(pending & 0xFF))
      pending >>= 8
      count -= 8
    }
  }

  mutating func writeCode(_ code: Int, bits: UInt32) {
    var reversed = 0
    for bit in 0..<Int(bits) where code >> bit & 1 == 1 { reversed |= 1 << (Int(bits) - 1 - bit) }
    write(reversed, bits: bits)
  }

  mutating func flush() {
    if count > 0 { bytes.append(UInt8(pending & 0xFF)) }
    (pending, count) = (0, 0)
  }

  /// A symbol of the fixed alphabet of literals and lengths.
  mutating func writeLiteral(_ symbol: Int) {
    switch symbol {
    case ..<144: writeCode(0x30 + symbol, bits: 8)
    case ..<256: writeCode(0x190 + symbol - 144, bits: 9)
    case ..<280: writeCode(symbol - 256, bits: 7)
    default: writeCode(0xC0 + symbol - 280, bits: 8)
    }
  }

  mutating func writeLength(_ length: Int) {
    if length == 258 { return writeLiteral(285) }
    // Lengths 3 to 10 have a symbol each; then every four symbols take one more bit.
    var (symbol, first, extra) = (257, 3, 0)
    while true {
      let symbols = extra == 0 ? 8 : 4
      let span = symbols << extra
      if length < first + span { break }
      (symbol, first, extra) = (symbol + symbols, first + span, extra + 1)
    }
    writeLiteral(symbol + (length - first) >> extra)
    write((length - first) & ((1 << extra) - 1), bits: UInt32(extra))
  }

  mutating func writeDistance(_ distance: Int) {
    var (symbol, first, extra) = (0, 1, 0)
    while true {
      let symbols = extra == 0 ? 4 : 2
      let span = symbols << extra
      if distance < first + span { break }
      (symbol, first, extra) = (symbol + symbols, first + span, extra + 1)
    }
    writeCode(symbol + (distance - first) >> extra, bits: 5)
    write((distance - first) & ((1 << extra) - 1), bits: UInt32(extra))
  }
}
