/// Finds the tokens that are written out in text, such as `<|im_end|>`: the longest one at the
/// leftmost place.
struct SpecialTokens: Sendable {
  /// A trie: the node after (node, byte), packed in one key.
  private var children: [UInt64: Int32] = [:]
  /// The token that ends at each node, or -1.
  private var tokens: [Int32] = [-1]
  private var begins = [Bool](repeating: false, count: 256)

  mutating func insert(_ string: [UInt8], id: Int32) {
    guard let first = string.first else { return }
    begins[Int(first)] = true
    var node: Int32 = 0
    for byte in string {
      let key = Self.key(node, byte)
      if let child = children[key] {
        node = child
      } else {
        node = Int32(tokens.count)
        tokens.append(-1)
        children[key] = node
      }
    }
    tokens[Int(node)] = id
  }

  private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
    UInt64(node) << 8 | UInt64(byte)
  }

  /// The first token at or after `start`, with its byte range.
  func first(
    in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> (id: Int32, range: Range<Int>)? {
    var place = start
    while place < text.count {
      if begins[Int(text[place])], let (id, end) = longest(in: text, at: place) {
        return (id, place..<end)
      }
      place += 1
    }
    return nil
  }

  private func longest(
    in text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (id: Int32, end: Int)? {
    var node: Int32 = 0
    var best: (id: Int32, end: Int)?
    for place in start..<text.count {
      guard let child = children[Self.key(node, text[place])] else { break }
      node = child
      if tokens[Int(node)] >= 0 { best = (tokens[Int(node)], place + 1) }
    }
    return best
  }
}
