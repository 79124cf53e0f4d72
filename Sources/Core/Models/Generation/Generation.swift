import Foundation
import LinearAlgebra
import SeerSupport
import SeerTokenizers

/// How a text is continued.
package struct GenerationOptions: Sendable {
  package var tokens: Int
  package var sampling: SamplingOptions
  /// Goes on after a stop token.
  package var ignoresStop: Bool
  /// Off: the whole text is run again for every token (slow; for checking the cache).
  package var usesCache: Bool
  /// The layer whose state of each generated token is kept.
  package var layer: Int?
  /// What is added to every token's states.
  package var steering: [Intervention] = []

  package init(
    tokens: Int = 128, sampling: SamplingOptions = SamplingOptions(), ignoresStop: Bool = false,
    usesCache: Bool = true, layer: Int? = nil
  ) {
    self.tokens = tokens
    self.sampling = sampling
    self.ignoresStop = ignoresStop
    self.usesCache = usesCache
    self.layer = layer
  }
}

/// A generated continuation.
package struct Generation: Sendable {
  /// Without a stop token's text.
  package var text: String
  package var ids: [Int32]
  /// The asked layer's states of the generated tokens, (ids, width).
  package var states: Matrix?
  /// Seconds for the prompt, and for the tokens after the first.
  package var promptSeconds: Double
  package var seconds: Double
}

extension LanguageModel {
  /// Tokens that end an answer: the model's end of text and its template's end of turn.
  package var stopTokens: Set<Int32> {
    var stops = tokenizer.stops
    if let end = tokenizer.endOfText { stops.insert(end) }
    for marker in ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>", "<|end|>"] {
      if let id = tokenizer.id(of: marker), tokenizer.isSpecial(id) { stops.insert(id) }
    }
    return stops
  }

  /// This model, with the weights that fit kept in memory while it goes on from a prompt.
  package func planned(
    prompt: Int, tokens: Int, _ memory: MemoryBudget
  ) throws(Failure) -> LanguageModel {
    var costs = costs(tokens: max(1, min(prompt, Self.promptTokens)), measuring: false)
    costs.cacheBytes = KVCache.bytes(tokens: prompt + tokens, configuration)
    return following(try memory.plan(costs, leastTokens: costs.tokens))
  }

  /// Tokens of a prompt that pass at a time.
  private static let promptTokens = 512

  /// Continues the given tokens.
  ///
  /// - Parameter onText: called with each piece of text as it becomes certain.
  package func generate(
    from prompt: [Int32], adapter: Adapter? = nil, _ options: GenerationOptions,
    context: JobContext,
    onText: (String) -> Void = { _ in }
  ) throws -> Generation {
    try check(prompt)
    guard !prompt.isEmpty else {
      throw Failure(.usage, place: "--prompt", found: "no tokens", wanted: "a text to go on from")
    }
    guard prompt.count + options.tokens <= configuration.context else {
      throw Failure(
        .usage, place: "--tokens", found: "\(prompt.count) prompt + \(options.tokens) new tokens",
        wanted: "at most \(configuration.context), the model's context",
        advice: "Shorten the prompt or ask for fewer tokens.")
    }
    var sampler = Sampler(options.sampling)
    var decoder = StreamingDecoder(tokenizer)
    let stops = options.ignoresStop ? [] : stopTokens
    let state = activations(
      tokens: options.usesCache
        ? min(prompt.count, Self.promptTokens) : prompt.count + options.tokens)
    let cache = options.usesCache ? cache() : nil
    var states: [Float] = []
    var result = Generation(text: "", ids: [], promptSeconds: 0, seconds: 0)
    var pending = prompt
    var all = prompt
    var started = ContinuousClock.now
    while result.ids.count < options.tokens {
      let passed = try last(
        of: cache == nil ? all : pending, cache, adapter, state, options, wantsLogits: true, context
      )
      // The prompt's last token is not one of the generated.
      if !result.ids.isEmpty { states += passed.state }
      let id = sampler.next(passed.logits, after: all)
      if result.ids.isEmpty {
        result.promptSeconds = started.duration(to: .now).seconds
        started = .now
      }
      result.ids.append(id)
      all.append(id)
      pending = [id]
      if stops.contains(id) { break }
      let piece = decoder.append(id)
      result.text += piece
      if !piece.isEmpty { onText(piece) }
      context.report(
        JobProgress(completed: result.ids.count, total: options.tokens, unit: "tokens"))
    }
    let rest = decoder.finish()
    result.text += rest
    if !rest.isEmpty { onText(rest) }
    if options.layer != nil {
      states += try last(
        of: cache == nil ? all : pending, cache, adapter, state, options, wantsLogits: false,
        context
      ).state
      result.states = Matrix(
        rows: result.ids.count, columns: configuration.width, values: states)
    }
    result.seconds = started.duration(to: .now).seconds
    return result
  }

  /// The state and the logits after the last of `tokens`, which follow the cached ones; long texts
  /// go through in pieces that fit the working memory.
  private func last(
    of tokens: [Int32], _ cache: KVCache?, _ adapter: Adapter?, _ state: Activations,
    _ options: GenerationOptions, wantsLogits: Bool, _ context: JobContext
  ) throws -> (state: [Float], logits: [Float]) {
    var start = 0
    let whole = (cache?.count ?? 0) + tokens.count
    while true {
      let piece = Array(tokens[start..<min(tokens.count, start + state.capacity)])
      start += piece.count
      let isLast = start == tokens.count
      let place = piece.count - 1
      var batch = Batch()
      batch.append(piece, of: whole)
      let result = try transformer.forward(
        batch, caches: cache.map { [$0] } ?? [], adapter: adapter,
        request: isLast
          ? ForwardRequest(
            layers: options.layer.map { [$0] } ?? [], spans: [place..<place + 1],
            logitsAt: wantsLogits ? [place] : [], interventions: options.steering)
          : ForwardRequest(
            layers: [configuration.blocks], interventions: options.steering),
        activations: state, checkpoint: context.checkpoint)
      if isLast { return (result.states.first?.values ?? [], result.logits?.values ?? []) }
    }
  }
}

extension Duration {
  /// As a number of seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
