import Foundation
import SeerSupport

/// How the tokens of a turn become one score of a concept.
package enum SequenceScore: String, NamedChoice {
  /// That of the tokens' mean state.
  case mean
  /// The exponential mean of the tokens' scores at the last one: a token counts half as much as one
  /// ``halfLife`` tokens later.
  case exponential
  /// The largest mean score of ``windowTokens`` tokens that follow each other.
  case window
  /// The last token's.
  case last

  /// In tokens.
  package static let halfLife = 8.0
  /// Tokens; all of a turn that has fewer.
  package static let windowTokens = 8
}

/// A turn's scores for every concept of a monitor, read in every way.
package struct SequenceScores: Equatable, Sendable {
  package var mean: [Float]
  package var exponential: [Float]
  package var window: [Float]
  package var last: [Float]

  package subscript(_ kind: SequenceScore) -> [Float] {
    switch kind {
    case .mean: mean
    case .exponential: exponential
    case .window: window
    case .last: last
    }
  }

  /// - Parameters:
  ///   - mean: the scores of the mean state.
  ///   - tokens: in their order; at least one.
  ///
  /// O(tokens x concepts).
  package init(mean: [Float], tokens: [[Float]]) {
    precondition(!tokens.isEmpty && tokens.allSatisfy { $0.count == mean.count })
    self.mean = mean
    last = tokens[tokens.count - 1]
    let old = Float(exp2(-1 / SequenceScore.halfLife))
    exponential = tokens.dropFirst().reduce(tokens[0]) { sum, scores in
      zip(sum, scores).map { old * $0 + (1 - old) * $1 }
    }
    let width = min(SequenceScore.windowTokens, tokens.count)
    window = mean.indices.map { concept in
      var sum = tokens[..<width].reduce(0) { $0 + Double($1[concept]) }
      var largest = sum
      for end in width..<tokens.count {
        sum += Double(tokens[end][concept]) - Double(tokens[end - width][concept])
        largest = max(largest, sum)
      }
      return Float(largest / Double(width))
    }
  }
}
