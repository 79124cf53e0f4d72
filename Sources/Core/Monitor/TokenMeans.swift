import Foundation
import LinearAlgebra

/// How a token's logits are averaged with those of the tokens before it in its turn: a token counts
/// half as much as one ``halfLife`` tokens later.
///
/// With a = 2^(-1 / halfLife), the mean at the turn's token i, from 0, is the sum of a^(i - j) z(j) over
/// j = 0...i, divided by the sum of a^(i - j): the mean before it, m, and (z(i) - m) (1 - a) / (1 - a^(i + 1))
/// more. A single word is often read wrongly, and what a text is about seldom changes from one word to the next.
package struct LogitSmoothing: Equatable, Sendable {
  /// In tokens; 0: a token's logits are its own alone.
  package var halfLife: Double

  package init(halfLife: Double) { self.halfLife = halfLife }

  /// Half-lives that are tried.
  package static let halfLives: [Double] = [0, 1, 2, 4, 8]

  /// How much a token weighs in the mean that ends with it.
  ///
  /// - Parameter place: how many tokens of the mean come before it.
  func share(_ place: Int) -> Float {
    guard halfLife > 0 else { return 1 }
    let decay = exp2(-1 / halfLife)
    return Float((1 - decay) / (1 - pow(decay, Double(place + 1))))
  }
}

/// The averaged logits of a text's tokens as far as they were read: what those of later tokens go on
/// from.
package struct TokenMeans: Sendable {
  /// Where what each token is read with begins (``turnStarts(_:of:)``).
  private var starts: [Int] = []
  /// Token by token, a value a concept.
  private var values: [Float] = []

  package init() {}

  package var count: Int { starts.count }

  /// How many of the first tokens are read with what such starts say.
  package func prefix(of starts: [Int]) -> Int {
    zip(self.starts, starts).prefix { $0 == $1 }.count
  }

  /// Forgets all but the first tokens.
  package mutating func keep(first count: Int) {
    guard count < starts.count else { return }
    values.removeLast(values.count / starts.count * (starts.count - count))
    starts.removeLast(starts.count - count)
  }

  /// Averages the logits of tokens that follow those known, in place.
  ///
  /// - Parameters:
  ///   - logits: (tokens, concepts).
  ///   - starts: one a token.
  mutating func average(
    _ logits: borrowing MatrixBuilder, starts: [Int], by smoothing: LogitSmoothing
  ) {
    precondition(starts.count == logits.rows)
    let concepts = logits.columns
    for (row, start) in starts.enumerated() {
      let (own, token) = (logits.row(row), self.starts.count)
      if smoothing.halfLife > 0, token > 0, self.starts[token - 1] == start {
        let share = smoothing.share(token - start)
        for concept in 0..<concepts {
          let before = values[(token - 1) * concepts + concept]
          own[concept] = before + share * (own[concept] - before)
        }
      }
      values += UnsafeBufferPointer(start: own, count: concepts)
      self.starts.append(start)
    }
  }
}

/// Where what each token of a text is read with begins: at the first token of its turn, and at itself
/// where it is the text's first (``withoutFirst(_:)``) or of no turn, such as a template's own.
///
/// - Parameter turns: in order; a token of two belongs to the later.
package func turnStarts(_ turns: [Range<Int>], of count: Int) -> [Int] {
  var starts = Array(0..<count)
  for turn in turns {
    let words = withoutFirst(turn)
    for token in words.clamped(to: 0..<count) { starts[token] = words.lowerBound }
  }
  return starts
}
