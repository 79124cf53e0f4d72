import LinearAlgebra
import SeerModels
import SeerMonitor
import SeerSupport
import TestModels
import TestSupport
import Testing

/// However a text came to be, its states are those of one fresh pass.
struct ConversationTests {
  let model: LanguageModel
  let adapter: Adapter

  init() throws {
    model = try TinyLlama.model(.q4_1)
    var generator = SeededGenerator(seed: 4)
    adapter = Adapter(
      starting: LoRAConfiguration(rank: 4, alpha: 8, blocks: [0, 1]), model.configuration,
      using: &generator)
    // B starts at zero: then the sides would not differ.
    for matrix in adapter.parameters {
      for index in 0..<matrix.count where matrix.elements[index] == 0 {
        matrix.elements[index] = 0.02 * generator.normal()
      }
    }
  }

  /// Runs a piece of work as a job.
  @discardableResult
  func job<Output>(
    cancelled: Bool = false, _ body: (JobContext) throws -> Output
  ) throws -> Output { try inJob(cancelled: cancelled, body) }

  func fresh(_ ids: [Int32], _ side: Conversation.Side) throws -> [Matrix] {
    guard !ids.isEmpty else { return [] }
    return try model.transformer.forward(
      Batch([ids]), adapter: side == .base ? nil : adapter,
      request: ForwardRequest(
        layers: TinyLlama.allLayers, spans: ids.indices.map { $0..<$0 + 1 }),
      activations: model.activations(tokens: ids.count)
    ).states
  }

  func expectFresh(_ conversation: Conversation) throws {
    for side in conversation.sides {
      #expect(conversation.isCurrent(side))
      for (layer, wanted) in try fresh(conversation.ids, side).enumerated() {
        let found = conversation.states(layer: layer, side: side)
        #expect(found.rows == conversation.ids.count)
        #expect(relativeDistance(found.values, wanted.values) < 1e-5, "\(side) \(layer)")
      }
    }
  }

  @Test func sidesDiffer() throws {
    let conversation = Conversation(model, adapter: adapter)
    let ids = try TinyLlama.prompts()[0].ids
    try job { try conversation.update(to: ids, $0) }
    try expectFresh(conversation)
    let base = conversation.states(layer: 3, side: .base).values
    let tuned = conversation.states(layer: 3, side: .tuned).values
    #expect(relativeDistance(base, tuned) > 1e-3)
    #expect(
      conversation.states(layer: 0, side: .base).values
        == conversation.states(layer: 0, side: .tuned).values)
  }

  /// Random edits, some of them cancelled on their way, in any order.
  @Test(arguments: 0..<6)
  func editsInAnyOrder(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let conversation = Conversation(model, adapter: adapter)
    var ids: [Int32] = []
    for _ in 0..<12 {
      let start = Int(generator.next() % UInt64(ids.count + 1))
      let end = min(ids.count, start + Int(generator.next() % 6))
      let count = Int(generator.next() % (generator.next() % 4 == 0 ? 90 : 5))
      ids.replaceSubrange(
        start..<end, with: (0..<count).map { _ in Int32(generator.next() % 300) + 3 })
      let text = ids
      if generator.next() % 3 == 0 {
        // Cancelled after a few checkpoints: between blocks, between sides.
        var allowed = Int(generator.next() % 7)
        _ = try? conversation.update(to: text) {
          allowed -= 1
          if allowed < 0 { throw Cancelled() }
        }
      } else {
        let known = try job { try conversation.update(to: text, $0) }
        #expect(known <= text.count)
        try expectFresh(conversation)
      }
    }
    let text = ids
    try job { try conversation.update(to: text, $0) }
    try expectFresh(conversation)
  }

  @Test func aCancelledUpdateKeepsWhatItFinished() throws {
    let conversation = Conversation(model)
    let ids = (0..<1200).map { Int32($0 * 31 % 300) + 3 }
    #expect(throws: Cancelled.self) {
      try job(cancelled: true) { context in try conversation.update(to: ids, context) }
    }
    #expect(conversation.count(.base) == 0 && !conversation.isCurrent(.base))
    let known = try job { try conversation.update(to: ids, $0) }
    #expect(known == 0)
    try expectFresh(conversation)
  }

  @Test func onlyWhatFollowsTheCommonPrefixIsRead() throws {
    let conversation = Conversation(model, adapter: adapter)
    let known = try job { context in
      var known = [try conversation.update(to: [5, 6, 7, 8], context)]
      for text in [[5, 6, 7, 8, 9], [5, 6, 9, 9], [5, 6, 9], [5, 6, 9], [9], []] as [[Int32]] {
        known.append(try conversation.update(to: text, context))
      }
      return known
    }
    #expect(known == [0, 4, 2, 3, 3, 0, 0])
  }

  @Test func aSideCanBeLeftBehind() throws {
    let conversation = Conversation(model, adapter: adapter)
    try job { try conversation.update(to: [5, 6, 7], sides: [.base], $0) }
    #expect(conversation.isCurrent(.base) && !conversation.isCurrent(.tuned))
    #expect(conversation.count(.tuned) == 0)
    try job { try conversation.update(to: [5, 6, 7], $0) }
    try expectFresh(conversation)
  }

  @Test func writtenTextIsTheGreedyText() throws {
    for prompt in try TinyLlama.prompts() {
      let conversation = Conversation(model, adapter: adapter)
      let texts = Locked<[String]>([])
      let written = try job { context in
        try conversation.update(to: prompt.ids, context)
        return try conversation.generate(
          by: .base, readers: [.tuned], tokens: 12, sampling: SamplingOptions(), ignoresStop: true,
          context, onToken: { _, text in texts.withLock { $0.append(text) } })
      }
      let plain = try job { context in
        try model.generate(
          from: prompt.ids,
          GenerationOptions(tokens: 12, ignoresStop: true, usesCache: false), context: context)
      }
      #expect(written == plain.ids)
      #expect(texts.withLock { $0.joined() } == plain.text)
      #expect(conversation.ids == prompt.ids + written)
      try expectFresh(conversation)
    }
  }

  @Test func anAnswerCanBeStoppedAndGoneOnWith() throws {
    let ids = try TinyLlama.prompts()[0].ids
    let conversation = Conversation(model, adapter: adapter)
    let whole = try job { context in
      try conversation.update(to: ids, context)
      return try conversation.generate(
        by: .tuned, tokens: 10, sampling: SamplingOptions(), ignoresStop: true, context)
    }
    let again = Conversation(model, adapter: adapter)
    struct Enough: Error {}
    try job { context in
      try again.update(to: ids, context)
      var count = 0
      #expect(throws: Enough.self) {
        try again.generate(
          by: .tuned, tokens: 10, sampling: SamplingOptions(), ignoresStop: true, context,
          onToken: { _, _ in
            count += 1
            if count == 4 { throw Enough() }
          })
      }
      #expect(again.ids == ids + whole.prefix(4))
      _ = try again.generate(
        by: .tuned, tokens: 6, sampling: SamplingOptions(), ignoresStop: true, context)
    }
    #expect(again.ids == ids + whole)
    try job { try again.update(to: again.ids, $0) }
    try expectFresh(again)
  }

  @Test func whatCannotBeRead() throws {
    let conversation = Conversation(model)
    let failure = thrownFailure {
      _ = try job { try conversation.update(to: Array(repeating: 5, count: 2049), $0) }
    }
    #expect(failure?.kind == .usage && failure?.wanted?.contains("2048") == true)
    let stranger = thrownFailure { _ = try job { try conversation.update(to: [400], $0) } }
    #expect(stranger?.kind == .badData)
    let nothing = thrownFailure { _ = try job { try conversation.logits(.base, $0) } }
    #expect(nothing?.found == "no tokens")
  }
}
