import LinearAlgebra
import SeerModels

/// The gradients of this process's parts of a step, and their sum over the parts of all ranks.
package struct PartGradients {
  package let parts: StepParts
  /// The same for every rank once ``sum(checkpoint:)`` has returned.
  package let total: Adapter
  private let buffers: [Adapter]

  /// Numbers that are exchanged at a time.
  private static let chunk = 1 << 22

  /// Zeros. A process on its own with one part has one buffer, which is the sum.
  package init(_ parts: StepParts, like adapter: LoRAConfiguration, _ c: ModelConfiguration) {
    self.parts = parts
    let total = Adapter(zeros: adapter, c)
    self.total = total
    buffers =
      parts.count == 1 && parts.ranks.count == 1
      ? [total] : parts.own.map { _ in Adapter(zeros: adapter, c) }
  }

  package subscript(part: Int) -> Adapter { buffers[part - parts.own.lowerBound] }

  package func clear() { for buffer in buffers { buffer.clear() } }

  /// Adds the parts in their order, whoever has computed them: each rank gets one slice of every part,
  /// adds it, and gives the sum to all.
  package func sum(checkpoint: () throws -> Void) throws {
    if let only = buffers.first, only === total { return }
    let ranks = parts.ranks
    let target = FlatParameters(total)
    let own = buffers.map { FlatParameters($0) }
    let most = min(Self.chunk, target.count)
    let widest = (most + ranks.count - 1) / ranks.count
    // Slice after slice, each of all own parts; part after part, each the own slice.
    let sent = MatrixBuilder(unfilled: max(1, own.count), columns: most)
    let received = MatrixBuilder(unfilled: parts.count, columns: widest)
    let joined = MatrixBuilder(unfilled: 1, columns: most)
    for first in stride(from: 0, to: target.count, by: Self.chunk) {
      try checkpoint()
      let count = min(Self.chunk, target.count - first)
      let shares = (0..<ranks.count).map { ranks.share(of: $0, among: count) }
      let mine = shares[ranks.rank]
      var place = sent.elements
      for share in shares {
        for part in own {
          part.read(first + share.lowerBound, share.count, into: place)
          place += share.count
        }
      }
      let size = MemoryLayout<Float>.size
      try ranks.exchange(
        UnsafeRawBufferPointer(start: sent.elements, count: own.count * count * size),
        sizes: shares.map { own.count * $0.count * size },
        into: UnsafeMutableRawBufferPointer(
          start: received.elements, count: parts.count * mine.count * size),
        sizes: (0..<ranks.count).map {
          ranks.share(of: $0, among: parts.count).count * mine.count * size
        }, checkpoint: checkpoint)
      let sum = joined.elements + mine.lowerBound
      sum.update(from: received.elements, count: mine.count)
      for part in 1..<max(1, parts.count) {
        let addend = received.elements + part * mine.count
        for index in 0..<mine.count { sum[index] += addend[index] }
      }
      try ranks.gather(joined.elements, shares: shares, checkpoint: checkpoint)
      target.write(first, count, from: joined.elements)
    }
  }
}

/// An adapter's numbers end to end, in the order of ``Adapter/parameters``.
private struct FlatParameters {
  private let matrices: [MutableMatrix]
  /// The first number of each matrix, and after the last how many there are.
  private let starts: [Int]

  init(_ adapter: Adapter) {
    matrices = adapter.parameters
    starts = matrices.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
  }

  var count: Int { starts[matrices.count] }

  func read(_ first: Int, _ count: Int, into target: UnsafeMutablePointer<Float>) {
    eachPiece(first, count) { piece, offset, length in
      (target + offset).update(from: piece, count: length)
    }
  }

  func write(_ first: Int, _ count: Int, from source: UnsafeMutablePointer<Float>) {
    eachPiece(first, count) { piece, offset, length in
      piece.update(from: source + offset, count: length)
    }
  }

  /// The matrices' pieces of a range, and where in it they begin.
  private func eachPiece(
    _ first: Int, _ count: Int,
    _ body: (_ piece: UnsafeMutablePointer<Float>, _ offset: Int, _ length: Int) -> Void
  ) {
    for (index, matrix) in matrices.enumerated() {
      let lower = max(first, starts[index])
      let upper = min(first + count, starts[index + 1])
      guard lower < upper else { continue }
      body(matrix.elements + (lower - starts[index]), lower - first, upper - lower)
    }
  }
}
