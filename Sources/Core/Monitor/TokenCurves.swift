import LinearAlgebra
import SeerModels
import SeerSupport

/// How a concept's score for some tokens together falls while tokens are taken out of the text,
/// and rises while they are put in, in the order of their own scores (Petsiuk et al. 2018): if the
/// token scores are right, faster than in random order.
package struct TokenCurves: Equatable, Sendable {
  /// The shares of the tokens taken out, from 0, and put in, up to 1.
  package var deleted: [Double] = []
  package var inserted: [Double] = []
  /// The score at each of those shares.
  package var deletion: [Double] = []
  package var insertion: [Double] = []
  /// The mean over random orders (seeded).
  package var randomDeletion: [Double] = []
  package var randomInsertion: [Double] = []
}

extension Scorer {
  /// - Parameters:
  ///   - tokens: those that are taken out and put in, and scored together by their mean state.
  ///   - scores: of all tokens of the text.
  package func curves(
    _ ids: [Int32], tokens: Range<Int>, scores: [ConceptScores], concept: Int, points: Int = 8,
    orders: Int = 3, context: JobContext
  ) throws -> TokenCurves {
    guard tokens.count > 1 else { return TokenCurves() }
    let byScore = tokens.sorted {
      (scores[$0].scores[concept], $1) > (scores[$1].scores[concept], $0)
    }
    var generator = SeededGenerator(seed: 0)
    let random = (0..<orders).map { _ in
      generator.permutation(tokens.count).map { $0 + tokens.lowerBound }
    }
    // Something must be left, and something put in.
    let steps = min(points, tokens.count - 1)
    let counts = (1...steps).map { $0 * tokens.count / (steps + 1) }.filter { $0 > 0 }
    var rows: [[Int]] = [Array(tokens)]
    for order in [byScore] + random {
      for count in counts { rows.append(Array(order.dropFirst(count))) }
      for count in counts { rows.append(Array(order.prefix(count))) }
    }
    let values = try score(ids, keeping: rows, of: tokens, concept: concept, context)
    var curves = TokenCurves()
    let shares = counts.map { Double($0) / Double(tokens.count) }
    curves.deleted = [0] + shares
    curves.inserted = shares + [1]
    func part(_ order: Int, inserted: Bool) -> [Double] {
      let start = 1 + (2 * order + (inserted ? 1 : 0)) * counts.count
      return Array(values[start..<start + counts.count])
    }
    func mean(inserted: Bool) -> [Double] {
      let parts = random.indices.map { part($0 + 1, inserted: inserted) }
      return counts.indices.map { place in
        parts.reduce(0) { $0 + $1[place] } / Double(max(1, parts.count))
      }
    }
    curves.deletion = [values[0]] + part(0, inserted: false)
    curves.randomDeletion = [values[0]] + mean(inserted: false)
    curves.insertion = part(0, inserted: true) + [values[0]]
    curves.randomInsertion = mean(inserted: true) + [values[0]]
    return curves
  }

  /// The concept's score of the kept tokens together, for each choice of them.
  private func score(
    _ ids: [Int32], keeping choices: [[Int]], of tokens: Range<Int>, concept: Int,
    _ context: JobContext
  ) throws -> [Double] {
    let rows = max(1, language.batchTokens / ids.count)
    let activations = language.activations(tokens: min(rows, choices.count) * ids.count)
    var values: [Double] = []
    for first in stride(from: 0, to: choices.count, by: rows) {
      var batch = Batch()
      var spans: [Range<Int>] = []
      for choice in choices[first..<min(choices.count, first + rows)] {
        let kept = choice.sorted().map { ids[$0] }
        let words = withoutFirst(tokens.lowerBound..<tokens.lowerBound + kept.count)
        let start = batch.tokens.count
        batch.append(ids[..<tokens.lowerBound] + kept + ids[tokens.upperBound...])
        spans.append(start + words.lowerBound..<start + words.upperBound)
      }
      let result = try language.transformer.forward(
        batch, adapter: adapter, request: ForwardRequest(layers: [monitor.layer], spans: spans),
        activations: activations, checkpoint: context.checkpoint)
      values += monitor.score(result.states[0], of: .turn).map { Double($0.scores[concept]) }
    }
    return values
  }
}
