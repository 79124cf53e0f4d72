/// Merges the symbols of one word until no merge is left: always the best-ranked pair, the
/// leftmost of equals.
///
/// Short words by scanning for the best pair, O(n²) with the smallest constant; long ones with a
/// linked list and a heap, O(n log n), so a megabyte without a space is no problem. One merger
/// serves one thread and keeps its memory from word to word.
package struct BytePairMerger {
  /// The tokens of the word.
  package private(set) var symbols: [Int32] = []
  /// The byte of the text at which each symbol begins.
  package private(set) var starts: [Int] = []
  /// The merge of each symbol with the one after it.
  private var merges: [UInt64] = []
  private var heap = MinimumHeap()
  private var next: [Int32] = []
  private var previous: [Int32] = []

  package init() {}

  package mutating func removeAll() {
    symbols.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
  }

  package mutating func append(_ symbol: Int32, start: Int) {
    symbols.append(symbol)
    starts.append(start)
  }

  /// Words of text are short: `longWord` only bounds what scanning may cost.
  package mutating func merge(with lookup: some MergeLookup, longWord: Int = 64) {
    guard symbols.count > 1 else { return }
    merges.removeAll(keepingCapacity: true)
    for index in 0..<symbols.count - 1 {
      merges.append(lookup.merge(symbols[index], symbols[index + 1]))
    }
    merges.append(BytePairMerges.none)
    let count =
      symbols.count < longWord ? mergeByScanning(lookup) : mergeWithHeap(lookup)
    symbols.removeLast(symbols.count - count)
    starts.removeLast(starts.count - count)
  }

  private mutating func mergeByScanning(_ lookup: some MergeLookup) -> Int {
    var count = symbols.count
    symbols.withUnsafeMutableBufferPointer { symbols in
      starts.withUnsafeMutableBufferPointer { starts in
        merges.withUnsafeMutableBufferPointer { merges in
          while count > 1 {
            var best = BytePairMerges.none
            var place = 0
            // Of equal ranks the leftmost, whatever the products.
            for index in 0..<count &- 1 where merges[index] >> 32 < best >> 32 {
              best = merges[index]
              place = index
            }
            guard best != BytePairMerges.none else { break }
            symbols[place] = Int32(truncatingIfNeeded: best)
            count &-= 1
            for index in place &+ 1..<max(place &+ 1, count) {
              symbols[index] = symbols[index &+ 1]
              starts[index] = starts[index &+ 1]
              merges[index] = merges[index &+ 1]
            }
            merges[place] =
              place &+ 1 < count
              ? lookup.merge(symbols[place], symbols[place &+ 1]) : BytePairMerges.none
            if place > 0 {
              merges[place &- 1] = lookup.merge(symbols[place &- 1], symbols[place])
            }
          }
        }
      }
    }
    return count
  }

  private mutating func mergeWithHeap(_ lookup: some MergeLookup) -> Int {
    let count = symbols.count
    next = (0..<Int32(count)).map { $0 + 1 }
    previous = (0..<Int32(count)).map { $0 - 1 }
    heap.removeAll()
    for (place, merge) in merges.enumerated() where merge != BytePairMerges.none {
      heap.push(Self.entry(merge, place))
    }
    symbols.withUnsafeMutableBufferPointer { symbols in
      merges.withUnsafeMutableBufferPointer { merges in
        next.withUnsafeMutableBufferPointer { next in
          previous.withUnsafeMutableBufferPointer { previous in
            while let entry = heap.pop() {
              let place = Int(entry & 0xFFFF_FFFF)
              // An entry whose symbols have since merged with others is out of date.
              guard merges[place] != BytePairMerges.none, merges[place] >> 32 == entry >> 32
              else { continue }
              let absorbed = Int(next[place])
              symbols[place] = Int32(truncatingIfNeeded: merges[place])
              merges[absorbed] = BytePairMerges.none
              let after = Int(next[absorbed])
              next[place] = Int32(after)
              if after < count {
                previous[after] = Int32(place)
                merges[place] = lookup.merge(symbols[place], symbols[after])
                if merges[place] != BytePairMerges.none {
                  heap.push(Self.entry(merges[place], place))
                }
              } else {
                merges[place] = BytePairMerges.none
              }
              let before = Int(previous[place])
              if before >= 0 {
                merges[before] = lookup.merge(symbols[before], symbols[place])
                if merges[before] != BytePairMerges.none {
                  heap.push(Self.entry(merges[before], before))
                }
              }
            }
          }
        }
      }
    }
    var kept = 0
    var place = 0
    while place < count {
      symbols[kept] = symbols[place]
      starts[kept] = starts[place]
      kept += 1
      place = Int(next[place])
    }
    return kept
  }

  /// Rank, then place: the order in which merges are done.
  private static func entry(_ merge: UInt64, _ place: Int) -> UInt64 {
    merge & 0xFFFF_FFFF_0000_0000 | UInt64(place)
  }
}

/// A binary heap of numbers, smallest first.
struct MinimumHeap {
  private var items: [UInt64] = []

  mutating func removeAll() { items.removeAll(keepingCapacity: true) }

  mutating func push(_ item: UInt64) {
    items.append(item)
    items.withUnsafeMutableBufferPointer { items in
      var index = items.count &- 1
      while index > 0 {
        let parent = (index &- 1) / 2
        guard items[parent] > item else { break }
        items[index] = items[parent]
        index = parent
      }
      items[index] = item
    }
  }

  mutating func pop() -> UInt64? {
    guard let last = items.popLast() else { return nil }
    guard let smallest = items.first else { return last }
    items.withUnsafeMutableBufferPointer { items in
      var index = 0
      while true {
        var child = 2 &* index &+ 1
        guard child < items.count else { break }
        if child &+ 1 < items.count, items[child &+ 1] < items[child] { child &+= 1 }
        guard items[child] < last else { break }
        items[index] = items[child]
        index = child
      }
      items[index] = last
    }
    return smallest
  }
}
