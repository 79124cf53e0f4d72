/// The strings of a vocabulary, end to end, with an index from string to id.
///
/// The index is a hash table with linear probing, at most half full; a hash grows byte by byte, so
/// all beginnings of a text are looked up in one go, and so is what two tokens make together.
package struct Vocabulary: Sendable {
  private var bytes: [UInt8] = []
  /// Where each token's string ends; it begins where the one before ends.
  private var ends: [Int32] = []
  /// Token ids, or -1.
  private var slots: [Int32]

  /// The table for up to this many strings; they are added in the order of their ids.
  package init(capacity: Int) {
    var size = 16
    while size < capacity * 2 + 1 { size *= 2 }
    slots = Array(repeating: -1, count: size)
    ends.reserveCapacity(capacity)
  }

  package var count: Int { ends.count }

  /// The string of a token that there is.
  package subscript(id: Int) -> ArraySlice<UInt8> {
    bytes[(id == 0 ? 0 : Int(ends[id - 1]))..<Int(ends[id])]
  }

  /// Adds the next string; the id of an equal one that is there already. Unindexed strings are
  /// never found.
  package mutating func append(_ string: [UInt8], isIndexed: Bool = true) -> Int32? {
    bytes += string
    ends.append(Int32(bytes.count))
    guard isIndexed else { return nil }
    let hash = string.reduce(Hash()) { $0.appending($1) }
    var slot = hash.slot(slots.count)
    while slots[slot] >= 0 {
      if self[Int(slots[slot])] == string[...] { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Int32(ends.count - 1)
    return nil
  }

  /// The id of a string.
  package func id(of string: some Collection<UInt8>) -> Int32? {
    let hash = string.reduce(Hash()) { $0.appending($1) }
    var slot = hash.slot(slots.count)
    while slots[slot] >= 0 {
      if self[Int(slots[slot])].elementsEqual(string) { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// FNV-1a over the bytes so far.
  package struct Hash {
    private var value: UInt64 = 0xCBF2_9CE4_8422_2325

    @inline(__always)
    func appending(_ byte: UInt8) -> Hash {
      var next = self
      next.value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
      return next
    }

    @inline(__always)
    package func slot(_ count: Int) -> Int {
      Int(truncatingIfNeeded: (value ^ value >> 32) &* 0x9E37_79B9_7F4A_7C15 >> 20) & (count &- 1)
    }
  }

  /// A view for hot loops, valid while `body` runs.
  func withView<Result>(_ body: (View) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { bytes in
      ends.withUnsafeBufferPointer { ends in
        slots.withUnsafeBufferPointer { slots in
          body(View(bytes: bytes, ends: ends, slots: slots))
        }
      }
    }
  }

  package struct View {
    fileprivate let bytes: UnsafeBufferPointer<UInt8>
    fileprivate let ends: UnsafeBufferPointer<Int32>
    fileprivate let slots: UnsafeBufferPointer<Int32>

    @inline(__always)
    package func string(_ id: Int32) -> UnsafeBufferPointer<UInt8> {
      let start = id == 0 ? 0 : Int(ends[Int(id) &- 1])
      return UnsafeBufferPointer(rebasing: bytes[start..<Int(ends[Int(id)])])
    }

    /// The token with these bytes, whose hash is known; -1 where there is none.
    @inline(__always)
    package func id(of text: UnsafeBufferPointer<UInt8>, _ hash: Hash) -> Int32 {
      find(hash) { string in equal(string, text) }
    }

    package func id(of text: UnsafeBufferPointer<UInt8>) -> Int32 {
      id(of: text, text.reduce(Hash()) { $0.appending($1) })
    }

    /// The token whose string is these two after each other; -1 where there is none.
    package func id(of left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>)
      -> Int32
    {
      let hash = right.reduce(left.reduce(Hash()) { $0.appending($1) }) { $0.appending($1) }
      return find(hash) { string in
        string.count == left.count &+ right.count
          && equal(UnsafeBufferPointer(rebasing: string[..<left.count]), left)
          && equal(UnsafeBufferPointer(rebasing: string[left.count...]), right)
      }
    }

    @inline(__always)
    private func find(_ hash: Hash, _ isWanted: (UnsafeBufferPointer<UInt8>) -> Bool) -> Int32 {
      var slot = hash.slot(slots.count)
      while slots[slot] >= 0 {
        if isWanted(string(slots[slot])) { return slots[slot] }
        slot = (slot &+ 1) & (slots.count &- 1)
      }
      return -1
    }

    @inline(__always)
    private func equal(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
      guard a.count == b.count else { return false }
      for index in 0..<a.count where a[index] != b[index] { return false }
      return true
    }
  }
}
