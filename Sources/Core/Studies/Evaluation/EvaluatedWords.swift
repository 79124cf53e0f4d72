/// Where the words of a run's rows lie among the tokens that were read, in their place and alone.
package struct EvaluatedWords {
  /// The tokens of each row, in the order of the rows.
  package var rows: [Range<Int>]
  /// Of each row, those of its words read by themselves, as the first of a conversation are.
  package var alone: [[Range<Int>]]

  package init(rows: [Range<Int>], alone: [[Range<Int>]]) {
    precondition(rows.count == alone.count)
    self.rows = rows
    self.alone = alone
  }

  /// Tokens of a stretch that is judged as a short turn.
  static let stretch = 16

  /// Turns, long and short, that a row is judged by: its words, stretches of them, and its words
  /// alone. None where it has no words.
  func turns(_ row: Int) -> [Range<Int>] {
    let tokens = rows[row]
    guard !tokens.isEmpty else { return [] }
    let short = stride(from: tokens.lowerBound, to: tokens.upperBound, by: Self.stretch).map {
      $0..<min(tokens.upperBound, $0 + Self.stretch)
    }
    return [tokens] + (short.count > 1 ? short : []) + alone[row]
  }
}
