import CKernels

/// The memory of large matrices that are gone, for the next ones of their size.
///
/// The system clears every fresh page, which took 3 % of a training step that makes its buffers
/// anew. ``release()`` gives back what is kept.
enum LargeMemory {
  static let alignment = 64
  /// Smaller ones are the allocator's.
  private static let least = 1 << 20
  private static let shelf = Locked(MemoryShelf())

  /// Sizes within an eighth of each other are one; the pages at the end that nobody touches
  /// take no memory.
  private static func size(_ bytes: Int) -> Int {
    let step = 1 << (Int.bitWidth - 4 - bytes.leadingZeroBitCount)
    return (bytes + step - 1) / step * step
  }

  static func take(_ bytes: Int) -> UnsafeMutableRawPointer {
    guard bytes >= least else { return .allocate(byteCount: bytes, alignment: alignment) }
    let size = size(bytes)
    let (found, unwanted) = shelf.withLock { $0.take(size) }
    free(unwanted)
    return found.flatMap(UnsafeMutableRawPointer.init(bitPattern:))
      ?? .allocate(byteCount: size, alignment: alignment)
  }

  static func give(_ memory: UnsafeMutableRawPointer, _ bytes: Int) {
    guard bytes >= least else { return memory.deallocate() }
    shelf.withLock { $0.give(UInt(bitPattern: memory), size(bytes)) }
  }

  static func release() { free(shelf.withLock { $0.release() }) }

  private static func free(_ addresses: [UInt]) {
    for address in addresses { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
  }
}

/// The allocator under everything else.
public enum Allocator {
  /// For programs that start many threads one after another, as jobs do: what a thread has freed serves
  /// the next, where each would keep its own (a soak of the explorer grew to 320 MB, and now to 113).
  /// Call it before the first thread.
  public static func shareArenas() { sk_share_arenas() }
}

/// Which memory is kept. What is kept together with what is in use never exceeds the most that was
/// in use at a time, so the peak is the same as without keeping any.
package struct MemoryShelf {
  /// Addresses by size.
  private var kept: [Int: [UInt]] = [:]
  package private(set) var bytesKept = 0
  package private(set) var bytesUsed = 0
  package private(set) var most = 0

  package init(bytesKept: Int = 0, bytesUsed: Int = 0, most: Int = 0) {
    self.bytesKept = bytesKept
    self.bytesUsed = bytesUsed
    self.most = most
  }

  /// An address of that size, if one is kept, and those that must go to make room for a fresh one.
  package mutating func take(_ size: Int) -> (found: UInt?, unwanted: [UInt]) {
    bytesUsed += size
    most = max(most, bytesUsed)
    if let found = kept[size]?.popLast() {
      bytesKept -= size
      return (found, [])
    }
    return (nil, removeBeyondMost())
  }

  package mutating func give(_ address: UInt, _ size: Int) {
    bytesUsed -= size
    bytesKept += size
    kept[size, default: []].append(address)
  }

  /// All that is kept.
  package mutating func release() -> [UInt] {
    most = bytesUsed
    return removeBeyondMost()
  }

  private mutating func removeBeyondMost() -> [UInt] {
    var removed: [UInt] = []
    for size in kept.keys.sorted(by: >) {
      while bytesUsed + bytesKept > most, let address = kept[size]?.popLast() {
        bytesKept -= size
        removed.append(address)
      }
    }
    return removed
  }
}
