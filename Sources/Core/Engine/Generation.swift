import Foundation
import LinearAlgebra

/// How a text is continued.
public struct GenerationOptions: Sendable {
  public var tokens: Int
  /// 0 is greedy.
  public var temperature: Float
  public var seed: UInt64
  /// Goes on after a stop token.
  public var ignoresStop: Bool
  /// Off: the whole text is run again for every token (slow; for checking the cache).
  public var usesCache: Bool

  public init(
    tokens: Int = 128, temperature: Float = 0, seed: UInt64 = 0, ignoresStop: Bool = false,
    usesCache: Bool = true
  ) {
    self.tokens = tokens
    self.temperature = temperature
    self.seed = seed
    self.ignoresStop = ignoresStop
    self.usesCache = usesCache
  }
}

/// A generated continuation.
public struct Generation: Sendable {
  /// Without a stop token's text.
  public var text: String
  public var ids: [Int32]
  /// Seconds for the prompt, and for the tokens after the first.
  public var promptSeconds: Double
  public var seconds: Double
}

extension LanguageModel {
  /// Tokens that end an answer: the model's end of text and its template's end of turn.
  public var stopTokens: Set<Int32> {
    var stops = tokenizer.stops
    if let end = tokenizer.endOfText { stops.insert(end) }
    for marker in ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>", "<|end|>"] {
      if let id = tokenizer.id(of: marker), tokenizer.isSpecial(id) { stops.insert(id) }
    }
    return stops
  }

  /// Continues the given tokens.
  ///
  /// - Parameter onText: called with each piece of text as it becomes certain.
  public func generate(
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
    var generator = SeededGenerator(seed: options.seed)
    var decoder = StreamingDecoder(tokenizer)
    let stops = options.ignoresStop ? [] : stopTokens
    let state = activations(
      tokens: options.usesCache
        ? min(prompt.count, 512) : prompt.count + options.tokens)
    let cache = cache()
    var result = Generation(text: "", ids: [], promptSeconds: 0, seconds: 0)
    var pending = prompt
    var all = prompt
    var started = ContinuousClock.now
    while result.ids.count < options.tokens {
      let logits = try nextLogits(
        options.usesCache ? pending : all, options.usesCache ? cache : nil, adapter, state, context)
      let id = sample(logits, temperature: options.temperature, &generator)
      if result.ids.isEmpty {
        result.promptSeconds = started.duration(to: .now).seconds
        started = .now
      }
      result.ids.append(id)
      if stops.contains(id) { break }
      all.append(id)
      pending = [id]
      let piece = decoder.append(id)
      result.text += piece
      if !piece.isEmpty { onText(piece) }
      context.report(
        Progress(completed: result.ids.count, total: options.tokens, unit: "tokens"))
    }
    let rest = decoder.finish()
    result.text += rest
    if !rest.isEmpty { onText(rest) }
    result.seconds = started.duration(to: .now).seconds
    return result
  }

  /// The logits after the last of `tokens`, which follow the cached ones; long texts go through in
  /// pieces that fit the working memory.
  private func nextLogits(
    _ tokens: [Int32], _ cache: KVCache?, _ adapter: Adapter?, _ state: Activations,
    _ context: JobContext
  ) throws -> Matrix {
    var start = 0
    while true {
      let piece = Array(tokens[start..<min(tokens.count, start + state.capacity)])
      start += piece.count
      let isLast = start == tokens.count
      let result = try transformer.forward(
        Batch([piece]), caches: cache.map { [$0] } ?? [], adapter: adapter,
        request: isLast
          ? ForwardRequest(logitsAt: [piece.count - 1])
          : ForwardRequest(layers: [configuration.blocks]),
        activations: state, checkpoint: context.checkpoint)
      if let logits = result.logits { return logits }
    }
  }

  /// The most likely token, or one drawn from the softmax at a temperature.
  private func sample(
    _ logits: Matrix, temperature: Float, _ generator: inout SeededGenerator
  ) -> Int32 {
    let row = UnsafeBufferPointer(start: logits.elements, count: logits.columns)
    var best = 0
    for index in row.indices where row[index] > row[best] { best = index }
    guard temperature > 0 else { return Int32(best) }
    let largest = row[best]
    let weights = row.map { Double(exp(($0 - largest) / temperature)) }
    var left = Double(generator.uniform()) * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      left -= weight
      if left < 0 { return Int32(index) }
    }
    return Int32(best)
  }
}

extension Duration {
  /// As a number of seconds.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
