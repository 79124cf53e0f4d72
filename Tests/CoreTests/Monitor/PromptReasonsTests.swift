import LinearAlgebra
import SeerModels
import SeerMonitor
import SeerRuns
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// What the Prompt screen says of a token is what `seer score --why` and `--lens` say.
struct PromptReasonsTests {
  private let fixture: RunFixture
  private let run: Run
  private let adapter: String

  init() throws {
    fixture = try RunFixture(rows: 24)
    try fixture.run(fixture.extraction(.mean))
    run = try Run.open(fixture.folder("run"))
    let language = try LanguageModel(Fixtures.tinyModel)
    var generator = SeededGenerator(seed: 4)
    let lora = Adapter(
      starting: LoRAConfiguration(rank: 4, alpha: 8, blocks: [0, 1]), language.configuration,
      using: &generator)
    // B starts at zero: then the sides would not differ.
    for matrix in lora.parameters {
      for index in 0..<matrix.count where matrix.elements[index] == 0 {
        matrix.elements[index] = 0.02 * generator.normal()
      }
    }
    adapter = fixture.folder("adapter")
    try AdapterFile.write(lora, to: adapter, model: Fixtures.tinyModel)
  }

  private func live() throws -> LivePrompt {
    try LivePrompt(
      model: Fixtures.tinyModel, adapter: adapter, runs: [run], concepts: ["b, c", "a"],
      template: .plain)
  }

  /// The text, and what it takes to ask about it, at every layer.
  private func asked(_ live: LivePrompt, _ context: JobContext) throws -> [Int32] {
    for layer in live.layers { try live.prepare(layer: layer) }
    return try live.read([], draft: "the sky is blue and Gold", layer: 2, context).tokens.map(\.id)
  }

  @Test func whyIsThatOfTheCommand() throws {
    let scorer = try Scorer(
      model: Fixtures.tinyModel, adapter: adapter, run: fixture.folder("run"),
      baseRun: fixture.folder("run"), layer: 2, template: .plain)
    let place = try #require(scorer.monitor.concepts.firstIndex(of: "a"))
    try inJob { context in
      let live = try live()
      let ids = try asked(live, context)
      let token = ids.count - 2
      let readers = try #require(live.readers(of: 1)).compactMap { $0[2] }
      #expect(readers.map(\.concept) == [place, place])
      var seen: [Int] = []
      let why = try PromptReasons(live.language, adapter: adapter).explain(
        ids, token: token, sides: [.tuned, .base], readers, context
      ) { seen.append($0.explanations.count) }
      #expect(seen == [1, 2] && why.sides == [.tuned, .base])
      let theirs = try scorer.explain(
        ScoringInput(prompt: "the sky is blue and Gold"), concept: "a", token: token,
        context: context
      ).tokens[0]
      let base = try #require(theirs.base)
      for (a, b) in zip(why.explanations, [theirs.why, base]) {
        #expect(a.token == b.token && a.concept == b.concept && a.layer == b.layer)
        #expect(abs(a.logit - b.logit) < 1e-4)
        #expect(zip(a.parts, b.parts).allSatisfy { abs($0.value - $1.value) < 1e-4 })
        #expect(a.earlier.count == b.earlier.count)
        #expect(zip(a.earlier, b.earlier).allSatisfy { abs($0 - $1) < 1e-3 })
      }
      #expect(why.explanations[0].parts != why.explanations[1].parts)
    }
  }

  /// Each layer's parts are those that the layer's own monitor finds there.
  @Test func partsAtEveryLayerAreThoseOfEachLayer() throws {
    try inJob { context in
      let live = try live()
      let ids = try asked(live, context)
      let token = ids.count - 1
      let readers = try #require(live.readers(of: 0))
      let reasons = try PromptReasons(live.language, adapter: adapter)
      let found = try reasons.partsByLayer(
        ids, token: token, sides: [.tuned, .base], readers, context)
      #expect(found.layers == live.layers && found.parts.count == 2)
      for (place, layer) in found.layers.enumerated() {
        let there = readers.compactMap { $0[layer] }
        let why = try reasons.explain(ids, token: token, sides: [.tuned, .base], there, context)
        for (side, explanation) in why.explanations.enumerated() {
          let parts = found.parts[side][place]
          #expect(parts.map(\.block) == explanation.parts.map(\.block))
          #expect(parts.map(\.head) == explanation.parts.map(\.head))
          for (a, b) in zip(parts, explanation.parts) { #expect(abs(a.value - b.value) < 1e-4) }
        }
      }
      let head = found.values(2, .attention, head: 1, side: 0)
      #expect(head.map { $0 != nil } == found.layers.map { $0 >= 2 })
      #expect(found.values(0, .embedding, head: nil, side: 1).allSatisfy { $0 != nil })
      #expect(found.values(1, .feedForward, head: nil, side: 7).isEmpty)
    }
  }

  @Test func theLensIsThatOfTheModel() throws {
    try inJob { context in
      let live = try live()
      let ids = try asked(live, context)
      let lens = try PromptReasons(live.language, adapter: adapter).lens(
        ids, token: 3, sides: [.base, .tuned], top: 2, context)
      let theirs = try live.language.lens(ids, 3, top: 2)
      #expect(lens.sides == [.base, .tuned] && lens.layers.count == 2)
      for (ours, guesses) in zip(lens.layers[0], theirs) {
        #expect(ours.map(\.probability) == guesses.map { Float($0.probability) })
        let texts = guesses.map { tokenTexts([$0.id], live.language.tokenizer).joined() }
        #expect(ours.map(\.text) == texts)
      }
      #expect(lens.layers[1] != lens.layers[0])
    }
  }

  @Test func aConceptThatNobodyKnowsHasNoReaders() throws {
    try inJob { context in
      let live = try LivePrompt(
        model: Fixtures.tinyModel, adapter: nil, runs: [run],
        concepts: ["a", "b, c", "unheard of"], template: nil)
      try live.prepare(layer: 1)
      #expect(live.readers(of: 2) == nil && live.readers(of: 9) == nil)
      #expect(live.readers(of: 0)?.map { Array($0.keys) } == [[1]])
    }
  }

  @Test func cancelled() throws {
    let live = try live()
    let ids = try inJob { try asked(live, $0) }
    let readers = try #require(live.readers(of: 0)).compactMap { $0[2] }
    let reasons = try PromptReasons(live.language, adapter: adapter)
    #expect(throws: Cancelled.self) {
      try inJob(cancelled: true) {
        try reasons.explain(ids, token: 2, sides: [.base], readers, $0)
      }
    }
    #expect(throws: Cancelled.self) {
      try inJob(cancelled: true) { try reasons.lens(ids, token: 2, sides: [.base], $0) }
    }
  }
}
