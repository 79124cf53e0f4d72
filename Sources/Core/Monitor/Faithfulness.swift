import Foundation
import LinearAlgebra
import SeerModels
import SeerSupport

/// What happens to the rest of the model when a concept's direction is taken out of one token's
/// state: whether the model uses what the monitor reads.
package struct Ablation: Sendable {
  /// A next token whose probability changed.
  package struct Change: Equatable, Sendable {
    package var id: Int32
    package var before: Double
    package var after: Double
  }

  /// A distance with the same of random directions of the same length.
  package struct Effect: Equatable, Sendable {
    package var removed: Double
    package var random: [Double]

    package var randomMean: Double { random.reduce(0, +) / Double(max(1, random.count)) }
    /// How often a random direction did at least as much, counting the concept's own: a p-value.
    package var share: Double {
      Double(1 + random.filter { abs($0) >= abs(removed) }.count) / Double(1 + random.count)
    }
  }

  /// The place of the token.
  package var token: Int
  package var concept: Int
  /// The length of what was taken off, relative to the state's.
  package var length: Double
  /// KL(before || after) of the token's next-token distribution, in nats.
  package var divergence: Effect
  /// The next tokens that changed most, largest first.
  package var changes: [Change]
  /// The layer at which later tokens were scored.
  package var laterLayer: Int
  /// The mean change of the later tokens' score for the concept; nil for the last token.
  package var later: Effect?
}

extension Monitor {
  /// What must be added to a state to take a concept's direction out of it: its cosine with the
  /// direction is 0 then.
  package func removal(of concept: Int, from state: [Float]) -> [Float] {
    let direction = direction(concept)
    let norm = Float(sqrt(state.reduce(0.0) { $0 + Double($1) * Double($1) }))
    var along: Float = 0
    for (place, value) in state.enumerated() {
      along += (value - norm * directions.mean[place]) * direction[place]
    }
    return direction.map { -along * $0 }
  }
}

extension Scorer {
  /// Takes a concept's direction out of one token at the monitor's layer, and, for comparison,
  /// `count` random directions (seeded) of the same length. O(count) passes over the text.
  package func ablate(
    _ ids: [Int32], token: Int, concept: Int, later: Monitor, count: Int = 20,
    context: JobContext
  ) throws -> Ablation {
    try language.check(ids)
    precondition(ids.indices.contains(token) && monitor.concepts.indices.contains(concept))
    let state = try self.state(ids, token, context)
    let removal = monitor.removal(of: concept, from: state)
    let length = sqrt(removal.reduce(0.0) { $0 + Double($1) * Double($1) })
    var generator = SeededGenerator(seed: 0)
    let random = (0..<count).map { _ in
      let draw = removal.map { _ in generator.normal() }
      let norm = sqrt(draw.reduce(0.0) { $0 + Double($1) * Double($1) })
      return draw.map { Float(Double($0) * length / max(norm, 1e-30)) }
    }
    let outcomes = try outcomes(
      ids, token, [nil, removal] + random.map { $0 }, concept: concept, later: later, context)
    let before = outcomes[0].probabilities
    let divergences = outcomes.dropFirst().map { divergence(before, $0.probabilities) }
    let after = outcomes[1].probabilities
    let changes = before.indices.sorted {
      abs(after[$0] - before[$0]) > abs(after[$1] - before[$1])
    }
    .prefix(8).map {
      Ablation.Change(id: Int32($0), before: before[$0], after: after[$0])
    }
    var laterEffect: Ablation.Effect?
    if let score = outcomes[0].later {
      let shifts = outcomes.dropFirst().map { ($0.later ?? score) - score }
      laterEffect = Ablation.Effect(removed: shifts[0], random: Array(shifts.dropFirst()))
    }
    let norm = sqrt(state.reduce(0.0) { $0 + Double($1) * Double($1) })
    return Ablation(
      token: token, concept: concept, length: length / max(norm, 1e-30),
      divergence: Ablation.Effect(
        removed: divergences[0], random: Array(divergences.dropFirst())),
      changes: changes, laterLayer: later.layer, later: laterEffect)
  }

  private func state(_ ids: [Int32], _ token: Int, _ context: JobContext) throws -> [Float] {
    try language.transformer.forward(
      Batch([ids]), adapter: adapter,
      request: ForwardRequest(layers: [monitor.layer], spans: [token..<token + 1]),
      activations: language.activations(tokens: ids.count), checkpoint: context.checkpoint
    ).states[0].values
  }

  private struct Outcome {
    /// Of the next token.
    var probabilities: [Double]
    /// The mean score of the concept over later tokens.
    var later: Double?
  }

  /// The text with each of the vectors added at the token; nil adds nothing.
  private func outcomes(
    _ ids: [Int32], _ token: Int, _ vectors: [[Float]?], concept: Int, later: Monitor,
    _ context: JobContext
  ) throws -> [Outcome] {
    let rows = max(1, min(vectors.count, language.batchTokens / ids.count))
    let activations = language.activations(tokens: rows * ids.count)
    // The same concept where another layer's monitor has it elsewhere.
    let name = monitor.concepts[concept]
    let laterConcept = later.concepts.firstIndex { $0.utf8.elementsEqual(name.utf8) }
    let after = ids.count - token - 1
    var outcomes: [Outcome] = []
    for first in stride(from: 0, to: vectors.count, by: rows) {
      let part = vectors[first..<min(vectors.count, first + rows)]
      let batch = Batch(part.map { _ in ids })
      var request = ForwardRequest(
        layers: [later.layer],
        spans: batch.rows.flatMap { row in
          (row.start + token + 1..<row.start + ids.count).map { $0..<$0 + 1 }
        }, logitsAt: batch.rows.map { $0.start + token })
      for (row, vector) in zip(batch.rows, part) {
        guard let vector else { continue }
        request.interventions.append(
          Intervention(
            layer: monitor.layer, vector: vector,
            tokens: row.start + token..<row.start + token + 1))
      }
      let result = try language.transformer.forward(
        batch, adapter: adapter, request: request, activations: activations,
        checkpoint: context.checkpoint)
      guard let logits = result.logits else { continue }
      let scores = after > 0 ? later.score(result.states[0]) : []
      for row in batch.rows.indices {
        var outcome = Outcome(probabilities: probabilities(logits.values(row: row)))
        if after > 0, let laterConcept {
          let own = scores[row * after..<(row + 1) * after]
          outcome.later =
            own.reduce(0) { $0 + Double($1.scores[laterConcept]) } / Double(after)
        }
        outcomes.append(outcome)
      }
    }
    return outcomes
  }

  private func probabilities(_ logits: [Float]) -> [Double] {
    let largest = logits.max() ?? 0
    let weights = logits.map { exp(Double($0 - largest)) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  private func divergence(_ p: [Double], _ q: [Double]) -> Double {
    var sum = 0.0
    for place in p.indices where p[place] > 0 {
      sum += p[place] * log(p[place] / max(q[place], 1e-300))
    }
    return max(0, sum)
  }
}
