/// Portable Network Graphics (ISO/IEC 15948): a signature, then chunks of
/// 1. the length of the data, 2. a type of four letters, 3. the data, 4. a CRC-32 of 2 and 3.
package enum PNG {
  package static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// A file of 8-bit red, green and blue.
  package static func bytes(_ raster: Raster) -> [UInt8] {
    var header = bigEndian(UInt32(raster.width)) + bigEndian(UInt32(raster.height))
    header += [8, 2, 0, 0, 0]
    return signature + chunk("IHDR", header) + chunk("IDAT", Deflate.zlib(filtered(raster)))
      + chunk("IEND", [])
  }

  /// Every line with a filter in front: the difference to the line above, which makes a ground of
  /// one colour zeros.
  private static func filtered(_ raster: Raster) -> [UInt8] {
    let line = raster.width * 3
    var result: [UInt8] = []
    result.reserveCapacity((line + 1) * raster.height)
    for y in 0..<raster.height {
      result.append(2)
      for x in 0..<line {
        let above = y > 0 ? raster.bytes[(y - 1) * line + x] : 0
        result.append(raster.bytes[y * line + x] &- above)
      }
    }
    return result
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
  }

  package static func bigEndian(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
  }

  package static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }
}
