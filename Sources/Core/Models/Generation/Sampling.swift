import Foundation
import LinearAlgebra

/// How the next token is chosen among the model's logits.
///
/// Applied in this order: repetition penalty, temperature, top-k, top-p, min-p, the order and
/// meaning of transformers' generation.
package struct SamplingOptions: Equatable, Sendable {
  /// 0 takes the likeliest token.
  package var temperature: Float
  /// Only this many of the likeliest tokens; 0 for all.
  package var topK: Int
  /// Only the likeliest tokens that together hold this probability (Holtzman et al. 2020); 1 for
  /// all.
  package var topP: Float
  /// Only tokens with at least this share of the likeliest one's probability (Nguyen et al. 2024).
  package var minP: Float
  /// Divides the positive logits of tokens that are in the text already and multiplies the
  /// negative ones (Keskar et al. 2019); 1 changes nothing.
  package var repetitionPenalty: Float
  package var seed: UInt64

  package init(
    temperature: Float = 0, topK: Int = 0, topP: Float = 1, minP: Float = 0,
    repetitionPenalty: Float = 1, seed: UInt64 = 0
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.seed = seed
  }
}

/// Draws tokens; the same seed and logits give the same tokens.
package struct Sampler: Sendable {
  package let options: SamplingOptions
  private var generator: SeededGenerator

  package init(_ options: SamplingOptions) {
    self.options = options
    generator = SeededGenerator(seed: options.seed)
  }

  /// The next token after `text`, from the logits of the whole vocabulary (at least one).
  package mutating func next(_ logits: [Float], after text: [Int32]) -> Int32 {
    let logits = penalised(logits, text)
    guard options.temperature > 0 else { return Int32(largestPlace(logits)) }
    let candidates = candidates(logits)
    let total = candidates.reduce(0) { $0 + $1.weight }
    var left = Double(generator.uniform()) * total
    for candidate in candidates {
      left -= candidate.weight
      if left < 0 { return candidate.id }
    }
    return candidates.first?.id ?? Int32(largestPlace(logits))
  }

  /// The tokens that may be drawn with their probabilities.
  package func probabilities(_ logits: [Float], after text: [Int32]) -> [Int32: Double] {
    let candidates = candidates(penalised(logits, text))
    let total = candidates.reduce(0) { $0 + $1.weight }
    var result: [Int32: Double] = [:]
    for candidate in candidates { result[candidate.id] = candidate.weight / total }
    return result
  }

  private func penalised(_ logits: [Float], _ text: [Int32]) -> [Float] {
    let penalty = options.repetitionPenalty
    guard penalty != 1 else { return logits }
    var logits = logits
    for id in Set(text) where logits.indices.contains(Int(id)) {
      let logit = logits[Int(id)]
      logits[Int(id)] = logit > 0 ? logit / penalty : logit * penalty
    }
    return logits
  }

  private struct Candidate {
    let id: Int32
    /// exp(logit / temperature), the likeliest token's being 1.
    let weight: Double
  }

  private func candidates(_ logits: [Float]) -> [Candidate] {
    guard let largest = logits.max() else { return [] }
    // Beyond exp(-30) even a whole vocabulary weighs less than float32 can tell.
    let least = largest - 30 * options.temperature
    var result: [Candidate] = []
    for (id, logit) in logits.enumerated() where logit >= least {
      result.append(
        Candidate(id: Int32(id), weight: exp(Double((logit - largest) / options.temperature))))
    }
    if options.topK > 0 || options.topP < 1 {
      result.sort { ($0.weight, $1.id) > ($1.weight, $0.id) }
    }
    if options.topK > 0, options.topK < result.count {
      let last = result[options.topK - 1].weight
      result = Array(result.prefix { $0.weight >= last })
    }
    if options.topP < 1 {
      let total = result.reduce(0) { $0 + $1.weight }
      var before = 0.0
      result = Array(
        result.prefix { candidate in
          defer { before += candidate.weight }
          return before < Double(options.topP) * total
        })
    }
    return options.minP > 0 ? result.filter { $0.weight >= Double(options.minP) } : result
  }
}

/// The first place of the largest value; 0 for none.
package func largestPlace(_ values: [Float]) -> Int {
  var best = 0
  for place in values.indices where values[place] > values[best] { best = place }
  return best
}
