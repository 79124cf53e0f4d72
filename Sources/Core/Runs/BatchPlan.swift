import SeerModels

/// Which rows pass together: consecutive ones, as many as a batch has room for; a longer row passes by
/// itself.
///
/// What passes together decides in which order products are summed, so the plan of an extraction is
/// part of its recipe: it follows from the rows' lengths alone, never from what memory there is.
package struct BatchPlan: Equatable, Sendable {
  /// The rows of each batch, in their order.
  package let batches: [Range<Int>]

  /// - Parameters:
  ///   - lengths: each row's tokens.
  ///   - tokens: that a batch has room for.
  package init(lengths: [Int], tokens: Int = Batch.usualTokens) {
    var batches: [Range<Int>] = []
    var first = 0
    var used = 0
    for (row, length) in lengths.enumerated() {
      if row > first, used + length > tokens {
        batches.append(first..<row)
        (first, used) = (row, 0)
      }
      used += length
    }
    if first < lengths.count { batches.append(first..<lengths.count) }
    self.batches = batches
  }

  /// The batches that a shard takes; nil takes all.
  package func batches(of shard: Shard?) -> [Range<Int>] {
    guard let shard else { return batches }
    return stride(from: shard.number - 1, to: batches.count, by: shard.count).map { batches[$0] }
  }
}
