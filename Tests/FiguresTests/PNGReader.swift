/// Reads PNG files of 8-bit red, green and blue by the standards' own tables (ISO/IEC 15948,
/// RFC 1950 and 1951) and checks every sum, so that what libpng wrote is not read by libpng.
struct PNGReader {
  struct Unreadable: Error { let reason: String }

  /// The types of all chunks, in order.
  private(set) var chunks: [String] = []
  private(set) var header: [UInt8] = []
  /// Red, green, blue of every pixel, row by row.
  private(set) var pixels: [UInt8] = []
  var width: Int { Self.number(header[0..<4]) }
  var height: Int { Self.number(header[4..<8]) }

  init(_ file: [UInt8]) throws {
    guard file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else {
      throw Unreadable(reason: "no signature")
    }
    var packed: [UInt8] = []
    var place = 8
    while place < file.count {
      let length = Self.number(file[place..<place + 4])
      let body = file[place + 4..<place + 8 + length]
      let type = String(decoding: body.prefix(4), as: UTF8.self)
      guard Self.number(file[body.endIndex..<body.endIndex + 4]) == Self.crc32(body) else {
        throw Unreadable(reason: "the sum of \(type)")
      }
      chunks.append(type)
      if type == "IHDR" { header = Array(body.dropFirst(4)) }
      if type == "IDAT" { packed += body.dropFirst(4) }
      place = body.endIndex + 4
    }
    pixels = try Self.unfiltered(Inflater.zlib(packed), line: width * 3)
    guard pixels.count == width * height * 3 else { throw Unreadable(reason: "pixels missing") }
  }

  private static func unfiltered(_ data: [UInt8], line: Int) throws -> [UInt8] {
    var pixels: [UInt8] = []
    for start in stride(from: 0, to: data.count, by: line + 1) {
      for place in 0..<line {
        let left = place < 3 ? 0 : Int(pixels[pixels.count - 3])
        let above = start == 0 ? 0 : Int(pixels[pixels.count - line])
        let corner = place < 3 || start == 0 ? 0 : Int(pixels[pixels.count - line - 3])
        let guess: Int
        switch data[start] {
        case 0: guess = 0
        case 1: guess = left
        case 2: guess = above
        case 3: guess = (left + above) / 2
        case 4:
          let slope = left + above - corner
          let (a, b, c) = (abs(slope - left), abs(slope - above), abs(slope - corner))
          guess = a <= b && a <= c ? left : b <= c ? above : corner
        default: throw Unreadable(reason: "filter \(data[start])")
        }
        pixels.append(data[start + 1 + place] &+ UInt8(guess))
      }
    }
    return pixels
  }

  static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  static func crc32(_ bytes: some Sequence<UInt8>) -> Int {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
    return Int(~crc)
  }
}

/// DEFLATE's three kinds of blocks, bit by bit.
private struct Inflater {
  private let bytes: [UInt8]
  private var position = 16
  private var result: [UInt8] = []

  static func zlib(_ bytes: [UInt8]) throws -> [UInt8] {
    var inflater = Inflater(bytes: bytes)
    while try !inflater.block() {}
    var (a, b) = (1, 0)
    for byte in inflater.result {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    guard PNGReader.number(bytes.suffix(4)) == b << 16 | a else {
      throw PNGReader.Unreadable(reason: "the sum of the pixels")
    }
    return inflater.result
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func bits(_ count: Int) throws -> Int {
    var value = 0
    for index in 0..<count {
      guard position / 8 < bytes.count - 4 else {
        throw PNGReader.Unreadable(reason: "the end of the data")
      }
      value |= Int(bytes[position / 8] >> UInt8(position % 8) & 1) << index
      position += 1
    }
    return value
  }

  /// Symbols by the length and bits of their codes.
  private typealias Codes = [Int: Int]

  private static func codes(_ lengths: [Int]) -> Codes {
    var result: Codes = [:]
    var next = 0
    for length in 1...15 {
      for (symbol, own) in lengths.enumerated() where own == length {
        result[length << 16 | next] = symbol
        next += 1
      }
      next <<= 1
    }
    return result
  }

  private mutating func symbol(_ codes: Codes) throws -> Int {
    var code = 0
    for length in 1...15 {
      code = code << 1 | (try bits(1))
      if let symbol = codes[length << 16 | code] { return symbol }
    }
    throw PNGReader.Unreadable(reason: "a code that stands for nothing")
  }

  /// True after the last block.
  private mutating func block() throws -> Bool {
    let isLast = try bits(1) == 1
    switch try bits(2) {
    case 0:
      position = (position + 7) / 8 * 8
      let count = try bits(16)
      position += 16
      for _ in 0..<count { result.append(UInt8(try bits(8))) }
    case 1:
      let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
      try body(Self.codes(lengths), Self.codes(Array(repeating: 5, count: 30)))
    case 2:
      let (literals, distances, count) = (try bits(5) + 257, try bits(5) + 1, try bits(4) + 4)
      var own = [Int](repeating: 0, count: 19)
      let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
      for place in order.prefix(count) { own[place] = try bits(3) }
      let codes = Self.codes(own)
      var lengths: [Int] = []
      while lengths.count < literals + distances {
        switch try symbol(codes) {
        case 16:
          lengths += Array(repeating: lengths.last ?? 0, count: try bits(2) + 3)
        case 17: lengths += Array(repeating: 0, count: try bits(3) + 3)
        case 18: lengths += Array(repeating: 0, count: try bits(7) + 11)
        case let length: lengths.append(length)
        }
      }
      try body(
        Self.codes(Array(lengths[..<literals])), Self.codes(Array(lengths[literals...])))
    default: throw PNGReader.Unreadable(reason: "a block of no kind")
    }
    return isLast
  }

  private static let lengths = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let distances = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]

  private mutating func body(_ literals: Codes, _ distances: Codes) throws {
    while true {
      let literal = try symbol(literals)
      if literal == 256 { return }
      if literal < 256 {
        result.append(UInt8(literal))
        continue
      }
      let place = literal - 257
      let length = Self.lengths[place] + (try bits(place < 8 || place == 28 ? 0 : (place - 4) / 4))
      let code = try symbol(distances)
      let distance = Self.distances[code] + (try bits(code < 4 ? 0 : (code - 2) / 2))
      guard distance <= result.count else {
        throw PNGReader.Unreadable(reason: "a repeat of what was not there")
      }
      for _ in 0..<length { result.append(result[result.count - distance]) }
    }
  }
}
