import SeerModels

/// The parts of a step, and which of them this process computes.
///
/// Parts belong to the recipe, ranks do not: each part is run by itself, with dropout of its own, and
/// gradients and terms are added in the order of the parts. One part is the step as a whole.
package struct StepParts: Sendable {
  package let count: Int
  package let ranks: any RankGroup

  package init(_ count: Int = 1, ranks: any RankGroup = OneRank()) {
    self.count = count
    self.ranks = ranks
  }

  /// Parts of this process; empty where there are more ranks than parts.
  package var own: Range<Int> { ranks.ownShare(among: count) }

  /// A part's rows, of a step's `rows`. Those of a unit, such as a pair, stay together.
  package func rows(of part: Int, among rows: Int, by unit: Int = 1) -> Range<Int> {
    firstRow(of: part, among: rows, by: unit)..<firstRow(of: part + 1, among: rows, by: unit)
  }

  private func firstRow(of part: Int, among rows: Int, by unit: Int) -> Int {
    let units = (rows + unit - 1) / unit
    return min(rows, units * part / count * unit)
  }

  /// The rows of the ranks' parts, one range a rank.
  func shares(of rows: Int, by unit: Int = 1) -> [Range<Int>] {
    (0..<ranks.count).map { rank in
      let parts = ranks.share(of: rank, among: count)
      return firstRow(
        of: parts.lowerBound, among: rows, by: unit)..<firstRow(
          of: parts.upperBound, among: rows, by: unit)
    }
  }

  /// The sum over all parts, in their order, of what each own part has.
  func sum<Value: AdditiveArithmetic & BitwiseCopyable>(
    _ own: [Value], checkpoint: () throws -> Void
  ) throws -> Value {
    var values = [Value](repeating: .zero, count: count)
    values.replaceSubrange(self.own, with: own)
    try values.withUnsafeMutableBufferPointer { values in
      guard let start = values.baseAddress else { return }
      let shares = (0..<ranks.count).map { ranks.share(of: $0, among: count) }
      try ranks.gather(start, shares: shares, checkpoint: checkpoint)
    }
    return values.reduce(.zero, +)
  }
}

/// The dropout of one tuned pass.
package struct PassDropout: Sendable {
  package let rate: Float
  package let key: UInt64

  package init(rate: Float, key: UInt64) {
    self.rate = rate
    self.key = key
  }

  /// Each part's masks are its own; the first part's are the pass's.
  func of(part: Int) -> Dropout {
    Dropout(rate: rate, key: key &+ UInt64(part) &* 0x9FB2_1C65_1E98_DF25)
  }
}
