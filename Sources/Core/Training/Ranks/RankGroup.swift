import Foundation

/// The processes that compute a training's steps together; each is a rank.
///
/// They only hand bytes to one another. What is summed is summed by each rank itself, in an order that
/// the parts of a step decide (``StepParts``), so that no result depends on how many ranks there are.
/// Every rank calls the same functions in the same order.
package protocol RankGroup: Sendable {
  /// This process, from 0. The first rank reads and writes the training's folder.
  var rank: Int { get }
  var count: Int { get }

  /// Gives every rank's range of a buffer to all. Each has filled its own.
  ///
  /// - Parameter ranges: bytes, one range a rank, end to end from 0.
  func gather(
    _ buffer: UnsafeMutableRawBufferPointer, ranges: [Range<Int>], checkpoint: () throws -> Void
  ) throws

  /// Sends a piece to every rank and receives one from each, in the order of the ranks.
  ///
  /// - Parameters:
  ///   - sizes: bytes to send to each rank.
  ///   - receivedSizes: bytes that come from each.
  func exchange(
    _ sent: UnsafeRawBufferPointer, sizes: [Int], into received: UnsafeMutableRawBufferPointer,
    sizes receivedSizes: [Int], checkpoint: () throws -> Void
  ) throws
}

/// One process on its own.
package struct OneRank: RankGroup {
  package let rank = 0
  package let count = 1

  package init() {}

  package func gather(
    _ buffer: UnsafeMutableRawBufferPointer, ranges: [Range<Int>], checkpoint: () throws -> Void
  ) {}

  package func exchange(
    _ sent: UnsafeRawBufferPointer, sizes: [Int], into received: UnsafeMutableRawBufferPointer,
    sizes receivedSizes: [Int], checkpoint: () throws -> Void
  ) { received.copyMemory(from: sent) }
}

extension RankGroup {
  package var isFirst: Bool { rank == 0 }

  /// Of `count` things in a row those of a rank: each has as many as another, but for one.
  package func share(of rank: Int, among count: Int) -> Range<Int> {
    count * rank / self.count..<count * (rank + 1) / self.count
  }

  package func ownShare(among count: Int) -> Range<Int> { share(of: rank, among: count) }

  /// Gives all ranks' elements to all: `shares` has one range a rank, end to end.
  package func gather<Element: BitwiseCopyable>(
    _ elements: UnsafeMutablePointer<Element>, shares: [Range<Int>], checkpoint: () throws -> Void
  ) throws {
    guard count > 1 else { return }
    let size = MemoryLayout<Element>.stride
    let bytes = UnsafeMutableRawBufferPointer(
      start: elements, count: size * (shares.last?.upperBound ?? 0))
    try gather(
      bytes, ranges: shares.map { size * $0.lowerBound..<size * $0.upperBound },
      checkpoint: checkpoint)
  }

  /// Gives the first rank's elements to all.
  package func spread<Element: BitwiseCopyable>(
    _ elements: UnsafeMutablePointer<Element>, count elementCount: Int,
    checkpoint: () throws -> Void
  ) throws {
    let shares = (0..<count).map { $0 == 0 ? 0..<elementCount : elementCount..<elementCount }
    try gather(elements, shares: shares, checkpoint: checkpoint)
  }

  /// One value of every rank, in the order of the ranks.
  package func all<Element: BitwiseCopyable>(
    _ own: Element, checkpoint: () throws -> Void
  ) throws -> [Element] {
    var values = [Element](repeating: own, count: count)
    let shares = (0..<count).map { $0..<$0 + 1 }
    try values.withUnsafeMutableBufferPointer { values in
      guard let start = values.baseAddress else { return }
      try gather(start, shares: shares, checkpoint: checkpoint)
    }
    return values
  }

  /// The bytes of every rank, in the order of the ranks.
  package func all(_ own: [UInt8], checkpoint: () throws -> Void) throws -> [[UInt8]] {
    guard count > 1 else { return [own] }
    let ends = try all(own.count, checkpoint: checkpoint).reduce(into: [0]) {
      $0.append(($0.last ?? 0) + $1)
    }
    let shares = zip(ends, ends.dropFirst()).map { $0..<$1 }
    var joined = [UInt8](repeating: 0, count: max(1, ends.last ?? 0))
    joined.replaceSubrange(shares[rank], with: own)
    try joined.withUnsafeMutableBufferPointer { joined in
      guard let start = joined.baseAddress else { return }
      try gather(start, shares: shares, checkpoint: checkpoint)
    }
    return shares.map { Array(joined[$0]) }
  }
}
