/// A text as its UTF-8, with Python's ways of looking at it.
///
/// Swift's `String` takes texts for equal that differ in bytes, and `"\r\n"` for one character; a
/// template means code points.
package struct Text: Hashable, Sendable, ExpressibleByStringLiteral {
  package var bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

  package init(_ string: String) { bytes = Array(string.utf8) }

  package init(stringLiteral value: StaticString) {
    bytes = value.withUTF8Buffer { Array($0) }
  }

  init(_ scalar: Unicode.Scalar) { bytes = Array(UTF8.encode(scalar) ?? .init()) }

  init(_ scalars: some Sequence<Unicode.Scalar>) {
    bytes = []
    for scalar in scalars { bytes.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
  }

  package var string: String { String(decoding: bytes, as: UTF8.self) }

  var isEmpty: Bool { bytes.isEmpty }

  /// The number of code points.
  var count: Int {
    bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  }

  var scalars: [Unicode.Scalar] { Array(string.unicodeScalars) }

  static func + (left: Text, right: Text) -> Text { Text(left.bytes + right.bytes) }

  static func < (left: Text, right: Text) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// The place of the first occurrence at or after a byte; an empty text is everywhere.
  func firstRange(of part: Text, from start: Int = 0) -> Range<Int>? {
    guard start <= bytes.count else { return nil }
    if part.isEmpty { return start..<start }
    return bytes[start...].firstRange(of: part.bytes)
  }

  /// The place of the last occurrence that ends at or before a byte.
  func lastRange(of part: Text, upTo end: Int) -> Range<Int>? {
    var start = end - part.bytes.count
    while start >= 0 {
      if bytes[start..<start + part.bytes.count].elementsEqual(part.bytes) {
        return start..<start + part.bytes.count
      }
      start -= 1
    }
    return nil
  }

  func contains(_ part: Text) -> Bool { firstRange(of: part) != nil }

  func hasPrefix(_ part: Text) -> Bool { bytes.starts(with: part.bytes) }

  func hasSuffix(_ part: Text) -> Bool { bytes.suffix(part.bytes.count).elementsEqual(part.bytes) }

  /// The texts between occurrences of a separator that is not empty, at most `limit` cuts.
  func split(_ separator: Text, limit: Int = .max) -> [Text] {
    var parts: [Text] = []
    var start = 0
    while parts.count < limit, let range = firstRange(of: separator, from: start) {
      parts.append(Text(bytes[start..<range.lowerBound]))
      start = range.upperBound
    }
    return parts + [Text(bytes[start...])]
  }

  /// The same, cut from the end.
  func splitFromEnd(_ separator: Text, limit: Int = .max) -> [Text] {
    var parts: [Text] = []
    var end = bytes.count
    while parts.count < limit, let range = lastRange(of: separator, upTo: end) {
      parts.append(Text(bytes[range.upperBound..<end]))
      end = range.lowerBound
    }
    parts.append(Text(bytes[..<end]))
    return parts.reversed()
  }

  /// The words between runs of white space, at most `limit` cuts.
  func words(limit: Int = .max) -> [Text] {
    let scalars = scalars
    var words: [Text] = []
    var place = 0
    while true {
      place = scalars[place...].firstIndex { !isSpace($0) } ?? scalars.count
      guard place < scalars.count else { return words }
      guard words.count < limit else { return words + [Text(scalars[place...])] }
      let end = scalars[place...].firstIndex(where: isSpace) ?? scalars.count
      words.append(Text(scalars[place..<end]))
      place = end
    }
  }

  /// The same, cut from the end.
  func wordsFromEnd(limit: Int = .max) -> [Text] {
    let scalars = scalars
    var words: [Text] = []
    var end = scalars.count
    while true {
      end = scalars[..<end].lastIndex { !isSpace($0) }.map { $0 + 1 } ?? 0
      guard end > 0 else { return words.reversed() }
      guard words.count < limit else { return [Text(scalars[..<end])] + words.reversed() }
      let start = scalars[..<end].lastIndex(where: isSpace).map { $0 + 1 } ?? 0
      words.append(Text(scalars[start..<end]))
      end = start
    }
  }

  /// Where ``stripped(_:of:)`` takes away.
  struct Ends: OptionSet {
    let rawValue: Int
    static let start = Ends(rawValue: 1)
    static let end = Ends(rawValue: 2)
    static let both: Ends = [.start, .end]
  }

  /// Without white space, or the given characters, at its ends.
  func stripped(_ ends: Ends, of characters: Text? = nil) -> Text {
    let taken = characters.map { Set($0.scalars) }
    func isTaken(_ scalar: Unicode.Scalar) -> Bool { taken?.contains(scalar) ?? isSpace(scalar) }
    var scalars = Substring(string).unicodeScalars
    if ends.contains(.start) {
      while let first = scalars.first, isTaken(first) { scalars.removeFirst() }
    }
    if ends.contains(.end) {
      while let last = scalars.last, isTaken(last) { scalars.removeLast() }
    }
    return Text(Array(Substring(scalars).utf8))
  }

  /// The lines, with or without what ends them.
  func lines(keepingEnds: Bool = false) -> [Text] {
    let scalars = scalars
    var lines: [Text] = []
    var start = 0
    var place = 0
    while place < scalars.count {
      guard Self.lineEnds.contains(scalars[place]) else {
        place += 1
        continue
      }
      let end = place
      place +=
        scalars[place] == "\r" && place + 1 < scalars.count && scalars[place + 1] == "\n" ? 2 : 1
      lines.append(Text(scalars[start..<(keepingEnds ? place : end)]))
      start = place
    }
    if start < scalars.count { lines.append(Text(scalars[start...])) }
    return lines
  }

  private static let lineEnds: Set<Unicode.Scalar> = [
    "\n", "\r", "\u{0B}", "\u{0C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}", "\u{2028}", "\u{2029}",
  ]

  /// With every occurrence of a part, at most `limit`, made another; an empty part is between all
  /// characters.
  func replacing(_ part: Text, with other: Text, limit: Int = .max) -> Text {
    guard part.isEmpty else { return other.joining(split(part, limit: limit)) }
    var result: [UInt8] = []
    var count = 0
    for scalar in scalars {
      if count < limit {
        result += other.bytes
        count += 1
      }
      result += Text(scalar).bytes
    }
    if count < limit { result += other.bytes }
    return Text(result)
  }

  func joining(_ parts: some Sequence<Text>) -> Text {
    var result: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if index > 0 { result += bytes }
      result += part.bytes
    }
    return Text(result)
  }

  func repeated(_ times: Int) -> Text {
    Text(Array(repeatElement(bytes, count: max(0, times)).joined()))
  }
}

/// What Python's `str.isspace` takes for white space.
func isSpace(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 9...13, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
    0x3000:
    true
  default: false
  }
}

// MARK: Case

extension Text {
  var uppercased: Text { Text(string.unicodeScalars.map(\.properties.uppercaseMapping).joined()) }

  var lowercased: Text {
    let scalars = scalars
    return Text(scalars.indices.map { Self.lowercase($0, of: scalars) }.joined())
  }

  /// A character in lower case; a capital sigma at a word's end is written another way.
  private static func lowercase(_ place: Int, of scalars: [Unicode.Scalar]) -> String {
    let scalar = scalars[place]
    guard scalar == "\u{3A3}" else { return scalar.properties.lowercaseMapping }
    let before = scalars[..<place].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(place + 1)...].first { !$0.properties.isCaseIgnorable }
    let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
    return isFinal ? "\u{3C2}" : "\u{3C3}"
  }

  /// The first character in title case, the others in lower case.
  var capitalized: Text {
    guard let first = scalars.first else { return self }
    return Text(first.properties.titlecaseMapping) + Text(scalars.dropFirst()).lowercased
  }

  /// Every character after one without case in title case.
  var titled: Text {
    let scalars = scalars
    var result = ""
    var afterCased = false
    for (place, scalar) in scalars.enumerated() {
      result +=
        afterCased ? Self.lowercase(place, of: scalars) : scalar.properties.titlecaseMapping
      afterCased = scalar.properties.isCased
    }
    return Text(result)
  }

  var swappedCase: Text {
    Text(
      scalars.map {
        $0.properties.isUppercase
          ? $0.properties.lowercaseMapping
          : $0.properties.isLowercase ? $0.properties.uppercaseMapping : String($0)
      }.joined())
  }

  /// Some cased characters, all of them as wanted.
  func isCased(_ isWanted: (Unicode.Scalar.Properties) -> Bool) -> Bool {
    let cased = scalars.map(\.properties).filter {
      $0.isUppercase || $0.isLowercase || $0.generalCategory == .titlecaseLetter
    }
    return !cased.isEmpty && cased.allSatisfy(isWanted)
  }

  /// Words whose first letter alone is upper or title case, and some of them.
  var isTitled: Bool {
    var isTitled = false
    var afterCased = false
    for properties in scalars.map(\.properties) {
      let isUpper = properties.isUppercase || properties.generalCategory == .titlecaseLetter
      if isUpper {
        if afterCased { return false }
        isTitled = true
        afterCased = true
      } else if properties.isLowercase {
        if !afterCased { return false }
        afterCased = true
      } else {
        afterCased = false
      }
    }
    return isTitled
  }
}
