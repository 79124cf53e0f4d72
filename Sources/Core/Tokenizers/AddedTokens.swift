import SeerSupport

/// A token that is recognised where it is written out in text, such as `<|im_end|>`.
struct AddedToken: Equatable, Sendable {
  var id: Int32
  var content: [UInt8]
  /// Not part of ordinary text: found only where special tokens are asked for.
  var isSpecial = false
  /// Takes the white space before it along.
  var leftStrip = false
  var rightStrip = false
  /// Only where no word's character stands right before or after.
  var singleWord = false
  /// Looked for in the normalized text.
  var isNormalized = false
}

/// Finds added tokens in text: the longest one at the leftmost place.
struct AddedTokens: Sendable {
  private var tokens: [AddedToken] = []
  /// A trie: the node after (node, byte), packed in one key.
  private var children: [UInt64: Int32] = [:]
  /// The token that ends at each node, or -1.
  private var ends: [Int32] = [-1]
  private var begins = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { tokens.isEmpty }

  mutating func insert(_ token: AddedToken) {
    guard let first = token.content.first else { return }
    begins[Int(first)] = true
    var node: Int32 = 0
    for byte in token.content {
      let key = Self.key(node, byte)
      if let child = children[key] {
        node = child
      } else {
        node = Int32(ends.count)
        ends.append(-1)
        children[key] = node
      }
    }
    ends[Int(node)] = Int32(tokens.count)
    tokens.append(token)
  }

  private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
    UInt64(node) << 8 | UInt64(byte)
  }

  /// The first token at or after `start`, with its byte range; special ones only if asked for.
  func first(
    in text: UnsafeBufferPointer<UInt8>, from start: Int, special: Bool
  ) -> (id: Int32, range: Range<Int>)? {
    var place = start
    while place < text.count {
      guard begins[Int(text[place])], let (token, end) = longest(in: text, at: place) else {
        place += 1
        continue
      }
      if !special && token.isSpecial || token.singleWord && !standsAlone(place..<end, in: text) {
        place = end
        continue
      }
      let from = token.leftStrip ? Self.spacesStart(in: text, before: place, from: start) : place
      let to = token.rightStrip ? Self.spacesEnd(in: text, after: end) : end
      return (token.id, from..<to)
    }
    return nil
  }

  private func longest(
    in text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (token: AddedToken, end: Int)? {
    var node: Int32 = 0
    var best: (index: Int, end: Int)?
    for place in start..<text.count {
      guard let child = children[Self.key(node, text[place])] else { break }
      node = child
      if ends[Int(node)] >= 0 { best = (Int(ends[Int(node)]), place + 1) }
    }
    return best.map { (tokens[$0.index], $0.end) }
  }

  private func standsAlone(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    let before = Self.scalar(in: text, before: range.lowerBound)
    let after = Self.scalar(in: text, at: range.upperBound)
    return ![before, after].contains { $0.map { Self.isWord($0.scalar) } ?? false }
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: true
    default: scalar.properties.isAlphabetic || scalar.properties.isJoinControl
    }
  }

  private static func spacesStart(
    in text: UnsafeBufferPointer<UInt8>, before place: Int, from start: Int
  ) -> Int {
    var place = place
    while place > start, let (scalar, width) = scalar(in: text, before: place),
      Normalizer.isSpace(scalar)
    {
      place -= width
    }
    return max(place, start)
  }

  private static func spacesEnd(in text: UnsafeBufferPointer<UInt8>, after place: Int) -> Int {
    var place = place
    while let (scalar, width) = scalar(in: text, at: place), Normalizer.isSpace(scalar) {
      place += width
    }
    return place
  }

  /// The character of valid UTF-8 that begins at a place.
  static func scalar(
    in text: UnsafeBufferPointer<UInt8>, at place: Int
  ) -> (scalar: Unicode.Scalar, width: Int)? {
    guard place < text.count else { return nil }
    let width = max(1, min(UTF8Bytes.width(lead: text[place]), text.count - place))
    var value = UInt32(text[place])
    if width > 1 {
      value &= UInt32(0x7F) >> UInt32(width)
      for offset in 1..<width { value = value << 6 | UInt32(text[place + offset] & 0x3F) }
    }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", width)
  }

  private static func scalar(
    in text: UnsafeBufferPointer<UInt8>, before place: Int
  ) -> (scalar: Unicode.Scalar, width: Int)? {
    var start = place - 1
    while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    return start < 0 ? nil : scalar(in: text, at: start)
  }
}
