import Foundation
import LinearAlgebra

/// Greedy answers to many prompts at once: one token a prompt a step, all of them in one forward
/// pass, so that expanding the weights is paid once for all. A prompt that has its answer makes
/// room for the next one.
package struct BatchDecoder {
  package let model: LanguageModel
  package var adapter: Adapter?
  /// The most tokens of an answer, its stop token included.
  package var tokens: Int
  /// Prompts that are answered at a time; each keeps a KV cache of its own.
  package var width = 16

  package init(model: LanguageModel, adapter: Adapter? = nil, tokens: Int, width: Int = 16) {
    self.model = model
    self.adapter = adapter
    self.tokens = tokens
    self.width = width
  }

  /// A prompt being answered.
  private struct Row {
    let prompt: Int
    let cache: KVCache
    var answer: [Int32]

    package init(prompt: Int, cache: KVCache, answer: [Int32]) {
      self.prompt = prompt
      self.cache = cache
      self.answer = answer
    }
  }

  /// Answers all prompts, and hands over each answer's ids (with the stop token that ended it) as
  /// it is complete.
  ///
  /// - Precondition: no prompt is empty, and each fits the model's context together with `tokens`.
  /// - Parameters:
  ///   - onStep: called after each step with the tokens made so far.
  package func run(
    _ prompts: [[Int32]], checkpoint: () throws -> Void, onStep: (_ tokens: Int) -> Void = { _ in },
    onAnswer: (_ prompt: Int, _ ids: [Int32]) throws -> Void
  ) throws {
    let stops = model.stopTokens
    let state = model.activations(tokens: max(width, model.batchTokens))
    var spare: [KVCache] = []
    var rows: [Row] = []
    var next = 0
    var made = 0
    while next < prompts.count || !rows.isEmpty {
      if rows.count < width, next < prompts.count {
        let new = Array(next..<min(prompts.count, next + width - rows.count))
        next += new.count
        let caches = new.map { _ in
          let cache = spare.popLast() ?? model.cache()
          cache.truncate(to: 0)
          return cache
        }
        let first = try firstTokens(new.map { prompts[$0] }, caches, state, checkpoint)
        for (index, prompt) in new.enumerated() {
          rows.append(Row(prompt: prompt, cache: caches[index], answer: [first[index]]))
        }
        made += new.count
      } else {
        let logits = try model.transformer.forward(
          Batch(rows.map { [$0.answer[$0.answer.count - 1]] }), caches: rows.map(\.cache),
          adapter: adapter, request: ForwardRequest(logitsAt: Array(rows.indices)),
          activations: state, checkpoint: checkpoint
        ).logits
        for index in rows.indices {
          rows[index].answer.append(likeliest(logits, index))
        }
        made += rows.count
      }
      for row in rows where isComplete(row, stops) {
        try onAnswer(row.prompt, row.answer)
        spare.append(row.cache)
      }
      rows.removeAll { isComplete($0, stops) }
      onStep(made)
    }
  }

  private func isComplete(_ row: Row, _ stops: Set<Int32>) -> Bool {
    row.answer.count >= tokens || row.answer.last.map(stops.contains) ?? true
  }

  /// Reads the prompts into their caches, as many at a time as the working memory has room for,
  /// and gives the token that follows each.
  private func firstTokens(
    _ prompts: [[Int32]], _ caches: [KVCache], _ state: Activations, _ checkpoint: () throws -> Void
  ) throws -> [Int32] {
    var first = [Int32](repeating: 0, count: prompts.count)
    var pending = Array(prompts.indices)
    var offsets = [Int](repeating: 0, count: prompts.count)
    while !pending.isEmpty {
      var batch = Batch()
      var taken: [(prompt: Int, last: Int?)] = []
      for prompt in pending {
        let room = state.capacity - batch.tokens.count
        guard room > 0 else { break }
        let piece = prompts[prompt][offsets[prompt]...].prefix(room)
        batch.append(Array(piece), of: prompts[prompt].count)
        offsets[prompt] += piece.count
        let isWhole = offsets[prompt] == prompts[prompt].count
        taken.append((prompt, isWhole ? batch.tokens.count - 1 : nil))
      }
      let places = taken.compactMap(\.last)
      let logits = try model.transformer.forward(
        batch, caches: taken.map { caches[$0.prompt] }, adapter: adapter,
        request: places.isEmpty
          ? ForwardRequest(layers: [model.configuration.blocks])
          : ForwardRequest(logitsAt: places),
        activations: state, checkpoint: checkpoint
      ).logits
      for (index, whole) in taken.filter({ $0.last != nil }).enumerated() {
        first[whole.prompt] = likeliest(logits, index)
      }
      pending.removeAll { offsets[$0] == prompts[$0].count }
    }
    return first
  }

  private func likeliest(_ logits: Matrix?, _ row: Int) -> Int32 {
    guard let logits else { return 0 }
    let values = logits.row(row)
    var best = 0
    for id in 1..<logits.columns where values[id] > values[best] { best = id }
    return Int32(best)
  }
}
