import SeerFigures
import Testing

struct PNGTests {
  @Test func checksumsAreThePublishedOnes() {
    #expect(PNG.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(Deflate.adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
  }

  @Test func whatIsDeflatedComesBack() throws {
    var random = SystemRandomNumberGenerator()
    var cases: [[UInt8]] = [
      [], [7], [1, 2, 3], Array(repeating: 0, count: 70_000), Array("abcabcabcabcabd".utf8),
      (0..<3000).map { UInt8($0 % 251) },
    ]
    cases.append((0..<5000).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    // Repeats at every distance up to the furthest, and beyond.
    cases.append(Array("needle".utf8) + (0..<40_000).map { UInt8($0 / 157 % 256) } + "needle".utf8)
    for bytes in cases {
      let packed = Deflate.zlib(bytes)
      #expect(try inflated(packed) == bytes)
    }
    #expect(Deflate.zlib(Array(repeating: 0, count: 70_000)).count < 800)
  }

  @Test func aPictureHasItsPixels() throws {
    var picture = Picture(width: 20, height: 10, ground: 0xFFFFFF)
    picture.add(.mark(.disc, x: 5, y: 5, radius: 3, color: 0xFF0000))
    picture.add(.mark(.square, x: 15, y: 5, radius: 3, color: 0x0000FF))
    let file = picture.png(scale: 2)
    #expect(Array(file.prefix(8)) == PNG.signature)
    #expect(Array(file[16..<24]) == [0, 0, 0, 40, 0, 0, 0, 20])
    let pixels = try decoded(file)
    func pixel(_ x: Int, _ y: Int) -> [UInt8] {
      Array(pixels[(y * 40 + x) * 3..<(y * 40 + x) * 3 + 3])
    }
    #expect(pixel(10, 10) == [255, 0, 0])
    #expect(pixel(30, 10) == [0, 0, 255])
    #expect(pixel(0, 0) == [255, 255, 255] && pixel(20, 10) == [255, 255, 255])
    // The edge is between the colours.
    let edge = pixel(4, 10)
    #expect(edge[0] == 255 && edge[1] > 0 && edge[1] < 255)
  }

  @Test func everyMarkAndGlyphCanBeDrawn() throws {
    var picture = Picture(width: 300, height: 60)
    for group in -1..<30 {
      picture.add(
        .mark(
          Mark(group: group), x: Double(group) * 9, y: 10, radius: 3,
          color: GroupColors.color(group)))
    }
    let text = String(String.UnicodeScalarView((0x20..<0x17F).compactMap { Unicode.Scalar($0) }))
    picture.add(.text(text + "日本🙂\n\t", x: 2, y: 40, size: 10))
    picture.add(.mark(.disc, x: .nan, y: 1, radius: 3, color: 0))
    picture.add(.mark(.star, x: 1e300, y: -1e300, radius: 3, color: 0))
    picture.add(.line(x1: -1e9, y1: 5, x2: 1e9, y2: 5, color: 0x123456))
    #expect(try decoded(picture.png(scale: 1)).count == 300 * 60 * 3)
    #expect(StrokeFont.width("é", size: 10) == StrokeFont.width("e", size: 10))
    #expect(StrokeFont.strokes("語") == StrokeFont.strokes("字"))
    for scalar in "abcxyzABCXYZ0123456789.,:()%".unicodeScalars {
      #expect(StrokeFont.strokes(scalar) != StrokeFont.strokes("語"), "\(scalar)")
    }
  }

  // MARK: Reading back

  struct Unreadable: Error {}

  /// The pixels of a PNG file as written here: one IDAT, every line with filter 2.
  func decoded(_ file: [UInt8]) throws -> [UInt8] {
    let width = Int(file[18]) << 8 | Int(file[19])
    let length = Int(file[33]) << 24 | Int(file[34]) << 16 | Int(file[35]) << 8 | Int(file[36])
    let data = try inflated(Array(file[41..<41 + length]))
    var pixels: [UInt8] = []
    let line = width * 3
    for start in stride(from: 0, to: data.count, by: line + 1) {
      guard data[start] == 2 else { throw Unreadable() }
      for place in 0..<line {
        let above = pixels.count >= line ? pixels[pixels.count - line] : 0
        pixels.append(data[start + 1 + place] &+ above)
      }
    }
    return pixels
  }

  /// Inflates one block with fixed codes (RFC 1951, by its tables) and checks the sum.
  func inflated(_ bytes: [UInt8]) throws -> [UInt8] {
    var position = 16
    func bit() throws -> Int {
      guard position / 8 < bytes.count - 4 else { throw Unreadable() }
      defer { position += 1 }
      return Int(bytes[position / 8] >> UInt8(position % 8)) & 1
    }
    func number(_ bits: Int) throws -> Int { try (0..<bits).reduce(0) { $0 | (try bit()) << $1 } }
    func code(_ bits: Int, _ start: Int = 0) throws -> Int {
      try (0..<bits).reduce(start) { sum, _ in sum << 1 | (try bit()) }
    }
    guard try number(1) == 1, try number(2) == 1 else { throw Unreadable() }
    let lengths = [
      3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
      163, 195, 227, 258,
    ]
    let distances = [
      1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
      2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ]
    var result: [UInt8] = []
    while true {
      var symbol = try code(7)
      if symbol <= 23 {
        symbol += 256
      } else {
        symbol = try code(1, symbol)
        if symbol <= 191 {
          symbol -= 48
        } else if symbol <= 199 {
          symbol += 88
        } else {
          symbol = try code(1, symbol) - 256
        }
      }
      if symbol == 256 { break }
      if symbol < 256 {
        result.append(UInt8(symbol))
        continue
      }
      let place = symbol - 257
      let extra = place < 8 || place == 28 ? 0 : (place - 4) / 4
      let length = lengths[place] + (try number(extra))
      let distanceCode = try code(5)
      let distance =
        distances[distanceCode] + (try number(distanceCode < 4 ? 0 : (distanceCode - 2) / 2))
      guard distance <= result.count else { throw Unreadable() }
      for _ in 0..<length { result.append(result[result.count - distance]) }
    }
    let sum = Deflate.adler32(result)
    guard Array(bytes.suffix(4)) == PNG.bigEndian(sum) else { throw Unreadable() }
    return result
  }
}
