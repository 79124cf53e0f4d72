/// How the characters of a text are written.
enum TextEncoding: Equatable {
  case utf8
  case utf16(isBigEndian: Bool, marked: Bool)
  case windows1252

  /// What a text is written in, by its mark, its zeros, and whether it is well-formed.
  ///
  /// Fails, naming line and byte, where that is not certain: a text with characters of UTF-8 and
  /// other bytes above 0x7F, bytes that Windows-1252 leaves undefined, and what reads like letters of
  /// another alphabet.
  init(_ file: MappedFile) throws(Failure) {
    let start = file.withBytes { Array($0.prefix(64)) }
    if Self.isUTF32(start) {
      throw Failure(
        .badData, file: file.path, found: "UTF-32 text", wanted: "UTF-8, UTF-16 or Windows-1252",
        advice: "Convert it: iconv -f UTF-32 -t UTF-8 FILE > ROWS.")
    }
    if start.starts(with: [0xFF, 0xFE]) {
      self = .utf16(isBigEndian: false, marked: true)
    } else if start.starts(with: [0xFE, 0xFF]) {
      self = .utf16(isBigEndian: true, marked: true)
    } else if let isBigEndian = Self.unmarkedUTF16(start) {
      self = .utf16(isBigEndian: isBigEndian, marked: false)
    } else if let offset = try Self.firstInvalid(in: file) {
      try file.withBytes { bytes throws(Failure) in
        try Self.checkWindows1252(bytes, firstInvalid: offset, file: file.path)
      }
      self = .windows1252
    } else {
      self = .utf8
    }
  }

  /// By a mark, or by three zeros to each of the first two characters.
  private static func isUTF32(_ start: [UInt8]) -> Bool {
    if start.starts(with: [0xFF, 0xFE, 0, 0]) || start.starts(with: [0, 0, 0xFE, 0xFF]) {
      return true
    }
    let zeros = start.prefix(8).map { $0 == 0 }
    return zeros == [false, true, true, true, false, true, true, true]
      || zeros == [true, true, true, false, true, true, true, false]
  }

  /// The order of bytes of UTF-16 text without a mark: certain where the first four characters are
  /// ASCII with a zero each, as no UTF-8 text begins.
  private static func unmarkedUTF16(_ start: [UInt8]) -> Bool? {
    guard start.count >= 8 else { return nil }
    for isBigEndian in [false, true] {
      let zeros = isBigEndian ? 0 : 1
      if (0..<4).allSatisfy({ start[2 * $0 + zeros] == 0 && 1..<0x80 ~= start[2 * $0 + 1 - zeros] })
      {
        return isBigEndian
      }
    }
    return nil
  }

  /// The offset of the first byte that is not UTF-8; the file goes through memory piece by piece.
  private static func firstInvalid(in file: MappedFile) throws(Failure) -> Int? {
    var start = 0
    while start < file.count {
      var end = min(file.count, start + (8 << 20))
      // Back to where a character begins, so that none is cut; a longer tail is invalid anyway.
      file.withBytes { bytes in
        let least = max(start + 1, end - 3)
        while end < bytes.count, end > least, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      }
      let found = file.withBytes(in: start..<end) { UTF8Bytes.firstInvalid(in: $0) }
      if let found { return start + found }
      file.release(start..<end)
      start = end
    }
    return nil
  }

  /// Fails, naming line and byte, where a file is not UTF-8.
  static func checkUTF8(_ file: MappedFile) throws(Failure) {
    guard let offset = try firstInvalid(in: file) else { return }
    throw file.withBytes { bytes in
      failure(
        bytes, at: offset, file: file.path, "\(named(bytes[offset])), which is not UTF-8",
        wanted: "UTF-8 text", "Save the file as UTF-8.")
    }
  }

  private static func failure(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, file: String, _ found: String,
    wanted: String = "UTF-8, UTF-16 or Windows-1252 text", _ advice: String
  ) -> Failure {
    let line = bytes[..<offset].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    return Failure(
      .badData, file: file, place: "line \(line), byte \(offset)", found: found, wanted: wanted,
      advice: advice)
  }

  private static func named(_ byte: UInt8) -> String {
    "byte 0x" + String(byte, radix: 16, uppercase: true)
  }

  /// Letters of other alphabets stand in words of bytes that Western texts have now and then.
  private static let longestRun = 6

  private static func checkWindows1252(
    _ bytes: UnsafeRawBufferPointer, firstInvalid: Int, file: String
  ) throws(Failure) {
    func failure(_ offset: Int, _ found: String, _ advice: String) -> Failure {
      Self.failure(bytes, at: offset, file: file, found, advice)
    }
    let first = named(bytes[firstInvalid])
    var place = 0
    var run = 0
    while place < bytes.count {
      let byte = bytes[place]
      guard byte >= 0x80 else {
        if byte < 0x20, !(9...13 ~= byte), byte != 0x1A, byte != 0x1B {
          throw failure(
            firstInvalid,
            "\(first), which is not UTF-8, and control bytes beside it",
            "Give a file of text: CSV, TSV or JSON.")
        }
        run = 0
        place += 1
        continue
      }
      let width = UTF8Bytes.width(lead: byte)
      let rest = UnsafeRawBufferPointer(rebasing: bytes[place...].prefix(max(1, width)))
      if width > 1, rest.count == width, UTF8Bytes.firstInvalid(in: rest) == nil {
        throw failure(
          firstInvalid,
          "\(first), which is not UTF-8, in a text with characters of UTF-8",
          "The file is damaged or joined from two encodings: save it as UTF-8.")
      }
      if undefined.contains(byte) {
        throw failure(
          place, "\(named(byte)), which is neither UTF-8 nor Windows-1252",
          "Save the file as UTF-8.")
      }
      run = byte > 0xA0 ? run + 1 : 0
      if run == longestRun {
        throw failure(
          place + 1 - run,
          "\(run) bytes above 0xA0 in a row, which are not UTF-8 and read like another alphabet",
          "Convert the file from its encoding, such as: iconv -f WINDOWS-1251 -t UTF-8 FILE > ROWS."
        )
      }
      place += 1
    }
  }

  private static let undefined: [UInt8] = [0x81, 0x8D, 0x8F, 0x90, 0x9D]

  /// The characters of Windows-1252 from 0x80 to 0x9F; the rest are Unicode's own.
  private static let windows: [UInt32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
    0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
  ]

  var name: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16(let isBigEndian, let marked):
      "UTF-16" + (isBigEndian ? "BE" : "LE") + (marked ? "" : " without a mark")
    case .windows1252: "Windows-1252"
    }
  }

  /// The text in UTF-8, without its mark.
  func converted(_ file: MappedFile) throws(Failure) -> MappedFile {
    switch self {
    case .utf8: return file
    case .windows1252:
      let spool = try SpooledFile(for: file.path)
      try file.withPieces { bytes throws(Failure) in
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
          let code = 0x80..<0xA0 ~= byte ? Self.windows[Int(byte) - 0x80] : UInt32(byte)
          Self.append(code, to: &text)
        }
        try spool.append(text)
      }
      return try spool.finish()
    case .utf16(let isBigEndian, let marked):
      return try Self.utf16(file, isBigEndian, skipping: marked ? 2 : 0)
    }
  }

  private static func utf16(
    _ file: MappedFile, _ isBigEndian: Bool, skipping mark: Int
  ) throws(Failure) -> MappedFile {
    let spool = try SpooledFile(for: file.path)
    var line = 1
    var offset = 0
    var high: UInt32?
    func failure(_ found: String) -> Failure {
      Failure(
        .badData, file: file.path, place: "line \(line), byte \(offset)", found: found,
        wanted: "whole characters of UTF-16", advice: "Save the file as UTF-8.")
    }
    try file.withPieces { bytes throws(Failure) in
      var text: [UInt8] = []
      text.reserveCapacity(bytes.count)
      // Pieces have an even number of bytes, but for the last one.
      for place in stride(from: offset == 0 ? mark : 0, to: bytes.count - 1, by: 2) {
        let (first, second) = (UInt32(bytes[place]), UInt32(bytes[place + 1]))
        let unit = isBigEndian ? first << 8 | second : second << 8 | first
        if let lead = high {
          guard 0xDC00...0xDFFF ~= unit else {
            throw failure("a first surrogate without a second one")
          }
          append(0x10000 + (lead - 0xD800) << 10 + (unit - 0xDC00), to: &text)
          high = nil
        } else if 0xD800...0xDBFF ~= unit {
          high = unit
        } else {
          guard !(0xDC00...0xDFFF ~= unit) else {
            throw failure("a second surrogate without a first one")
          }
          if unit == 0x0A { line += 1 }
          append(unit, to: &text)
        }
      }
      offset += bytes.count
      try spool.append(text)
    }
    guard file.count.isMultiple(of: 2) else { throw failure("an odd number of bytes") }
    guard high == nil else { throw failure("a first surrogate without a second one") }
    return try spool.finish()
  }

  private static func append(_ code: UInt32, to text: inout [UInt8]) {
    switch code {
    case 0..<0x80: text.append(UInt8(code))
    case 0..<0x800:
      text.append(0xC0 | UInt8(code >> 6))
      text.append(0x80 | UInt8(code & 0x3F))
    case 0..<0x10000:
      text.append(0xE0 | UInt8(code >> 12))
      text.append(0x80 | UInt8(code >> 6 & 0x3F))
      text.append(0x80 | UInt8(code & 0x3F))
    default:
      text.append(0xF0 | UInt8(code >> 18))
      text.append(0x80 | UInt8(code >> 12 & 0x3F))
      text.append(0x80 | UInt8(code >> 6 & 0x3F))
      text.append(0x80 | UInt8(code & 0x3F))
    }
  }
}
