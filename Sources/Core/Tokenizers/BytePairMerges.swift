/// What two tokens merge to: a rank and a product as one number, rank in the upper half;
/// ``BytePairMerges/none`` where they do not.
package protocol MergeLookup {
  func merge(_ left: Int32, _ right: Int32) -> UInt64
}

/// The merges of a byte-pair encoding (Sennrich et al. 2016) on token ids.
///
/// A merge is looked up by its two ids and gives rank and product as one number, rank first: the
/// smallest number is the merge to do next.
package struct BytePairMerges: Sendable {
  /// What a lookup gives where two tokens do not merge.
  static let none = UInt64.max

  fileprivate struct Slot {
    var pair = BytePairMerges.none
    var merge = BytePairMerges.none
  }
  /// Open addressing with linear probing, at most half full.
  private var slots: [Slot]
  private let shift: UInt64

  init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 + 1 { bits += 1 }
    slots = Array(repeating: Slot(), count: 1 << bits)
    shift = 64 - bits
  }

  /// Adds a merge; false where the pair has one already.
  mutating func insert(left: Int32, right: Int32, product: Int32, rank: Int) -> Bool {
    let pair = Self.pair(left, right)
    var index = Int(Self.mix(pair) >> shift)
    while slots[index].pair != Self.none {
      if slots[index].pair == pair { return false }
      index = (index + 1) & (slots.count - 1)
    }
    slots[index] = Slot(
      pair: pair, merge: UInt64(rank) << 32 | UInt64(UInt32(bitPattern: product)))
    return true
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private static func mix(_ pair: UInt64) -> UInt64 {
    let x = (pair ^ (pair >> 29)) &* 0x9E37_79B9_7F4A_7C15
    return (x ^ (x >> 32)) &* 0xD6E8_FEB8_6659_FD93
  }

  /// A view for hot loops, valid while `body` runs.
  package func withLookup<Result>(_ body: (Lookup) -> Result) -> Result {
    slots.withUnsafeBufferPointer { body(Lookup(slots: $0, shift: shift)) }
  }

  package struct Lookup: MergeLookup {
    fileprivate let slots: UnsafeBufferPointer<Slot>
    fileprivate let shift: UInt64

    @inline(__always)
    package func merge(_ left: Int32, _ right: Int32) -> UInt64 {
      let pair = BytePairMerges.pair(left, right)
      var index = Int(truncatingIfNeeded: BytePairMerges.mix(pair) >> shift)
      // Empty slots hold `none` on both sides and end the search.
      while true {
        let slot = slots[index]
        if slot.pair == pair || slot.pair == BytePairMerges.none { return slot.merge }
        index = (index &+ 1) & (slots.count &- 1)
      }
    }
  }
}
