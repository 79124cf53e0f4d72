/// The merges of SentencePiece's byte-pair encoding, which has no list of them: two tokens merge
/// where their strings together are a token's, the best-scored one first.
package struct ScoredMerges: Sendable {
  /// The place of each token among the scores, 0 the best; `Int32.max` for tokens that no merge
  /// makes.
  private let ranks: [Int32]

  /// - isMade: whether merges can make a token; others (control tokens, single bytes) never come
  ///   out of one.
  init(scores: [Float], isMade: (Int) -> Bool) {
    var order = scores.indices.filter(isMade)
    order.sort { scores[$0] > scores[$1] }
    var ranks = [Int32](repeating: .max, count: scores.count)
    var rank: Int32 = 0
    for (place, id) in order.enumerated() {
      if place > 0, scores[order[place - 1]] > scores[id] { rank = Int32(place) }
      ranks[id] = rank
    }
    self.ranks = ranks
  }

  /// A view for hot loops, valid while `body` runs.
  func withLookup<Result>(
    _ vocabulary: Vocabulary.View, _ body: (Lookup) -> Result
  ) -> Result {
    ranks.withUnsafeBufferPointer { body(Lookup(vocabulary: vocabulary, ranks: $0)) }
  }

  package struct Lookup: MergeLookup {
    fileprivate let vocabulary: Vocabulary.View
    fileprivate let ranks: UnsafeBufferPointer<Int32>

    package func merge(_ left: Int32, _ right: Int32) -> UInt64 {
      let product = vocabulary.id(of: vocabulary.string(left), vocabulary.string(right))
      guard product >= 0, ranks[Int(product)] != .max else { return BytePairMerges.none }
      return UInt64(UInt32(ranks[Int(product)])) << 32 | UInt64(UInt32(product))
    }
  }
}
