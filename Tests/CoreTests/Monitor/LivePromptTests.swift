import SeerModels
import SeerMonitor
import SeerRuns
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// A chat with the tiny model, in plain text: it has no chat template.
@Suite struct LivePromptTests {
  private let fixture: RunFixture
  private let run: Run

  init() throws {
    fixture = try RunFixture(rows: 24)
    try fixture.run(fixture.extraction())
    run = try Run.open(fixture.folder("run"))
  }

  private func live(_ concepts: [String]) throws -> LivePrompt {
    try LivePrompt(
      model: Fixtures.tinyModel, adapter: nil, runs: [run], concepts: concepts, template: .plain)
  }

  /// Other arguments of the template than the run's are told, and obeyed.
  @Test func theTemplatesArguments() throws {
    let file = try fixture.folder.write(
      "{{ style }}{% for m in messages %}<{{ m.content }}>{% endfor %}", to: "own.jinja")
    var extraction = fixture.extraction(to: "chat", template: .chat)
    extraction.chat = ChatOptions(file: file, arguments: [try .init("style=the sky")])
    try fixture.run(extraction)
    let run = try Run.open(fixture.folder("chat"))
    func live(_ chat: ChatOptions) throws -> LivePrompt {
      try LivePrompt(
        model: Fixtures.tinyModel, adapter: nil, runs: [run], concepts: ["a"], template: .chat,
        chat: chat)
    }
    #expect(try !live(extraction.chat).notes.contains { $0.contains("was extracted with") })
    var other = ChatOptions(file: file, arguments: [try .init("style=12")])
    let prompt = try live(other)
    let layer = try #require(prompt.layers.last)
    let tokens = try inJob { try prompt.read([], draft: "Hi", layer: layer, $0).tokens }
    #expect(tokens.map(\.text).joined() == "12<Hi")
    let note = try #require(prompt.notes.first { $0.contains("was extracted with") })
    #expect(
      note.contains("--template-arg style=\"the sky\"; texts are now written with --template-file")
        && note.hasSuffix("--template-arg style=12."))
    other = ChatOptions()
    #expect(
      try live(other).notes.contains {
        $0.hasSuffix("written with the model's own template as it is.")
      })
    // What a run keeps is as good as what was given, but for the file.
    var kept = try ChatOptions(run.manifest.chat)
    kept.file = file
    #expect(try live(kept).notes == live(extraction.chat).notes)
  }

  /// A run that was made more exactly than it is used is told, and the other way.
  @Test(.enabled(if: Precision.fast.here == .fast)) func precision() throws {
    var extraction = fixture.extraction(to: "fast")
    extraction.precision = .fast
    try fixture.run(extraction)
    let runs = try [run, Run.open(fixture.folder("fast"))]
    for (run, own) in zip(runs, [Precision.exact, .fast]) {
      for precision in Precision.allCases {
        let notes = try LivePrompt(
          model: Fixtures.tinyModel, adapter: nil, runs: [run], concepts: ["a"], template: .plain,
          precision: precision
        ).notes.filter { $0.contains("--precision") }
        #expect(
          notes
            == (precision == own
              ? []
              : [
                "\(run.folder) was extracted with --precision \(own); texts are now read with "
                  + "--precision \(precision)."
              ]))
      }
    }
  }

  @Test func scoresAreTheMonitorsInTheOrderAsked() throws {
    let live = try live(["b, c", "unheard of", "a"])
    let layer = try #require(live.layers.last)
    #expect(live.sides == [.base])
    let (reading, again) = try inJob { context in
      try live.prepare(layer: layer)
      let first = try live.read([], draft: "the sky", layer: layer, context)
      return (first, try live.read([], draft: "the sky and sea", layer: layer, context))
    }
    #expect(reading.tokens.map(\.text).joined().hasSuffix("the sky"))
    let scores = try #require(reading.scores(.base, layer: layer))
    #expect(scores.count == reading.tokens.count)
    for score in scores {
      #expect(score.scores.count == 3 && score.scores[1] == 0)
      #expect(abs(score.scores.reduce(0, +) - 1) < 1e-5)
      #expect(score.scores[score.best] == score.scores.max())
    }
    let monitor = try Monitor(run: run, layer: layer)
    let states = live.states(layer: layer, side: .base)
    let direct = monitor.score(states)
    let later = try #require(again.scores(.base, layer: layer))
    #expect(monitor.concepts == ["a", "b, c"])
    for (ours, theirs) in zip(later, direct) {
      #expect(abs(ours.scores[2] - theirs.scores[0]) < 1e-5)
      #expect(abs(ours.scores[0] - theirs.scores[1]) < 1e-5)
    }
    #expect(again.turns.count == 1 && again.turns[0][0] != nil)
    #expect(reading.scores(.base, layer: 0) == nil, "its monitor was not asked for")
  }

  /// Where there is a run of words, it scores the layers that it has.
  @Test func runsOfWordsScoreTheirLayers() throws {
    var extraction = fixture.extraction(to: "words", .mean)
    extraction.layers = [2]
    try fixture.run(extraction)
    let words = try Run.open(fixture.folder("words"))
    let live = try LivePrompt(
      model: Fixtures.tinyModel, adapter: nil, runs: [run], words: [words],
      concepts: ["a", "b, c"], template: .plain)
    #expect(live.wordLayers == [2] && live.layers == [0, 1, 2, 3])
    for (layer, own) in [(1, run), (2, words)] {
      let reading = try inJob { context in
        try live.prepare(layer: layer)
        return try live.read([], draft: "the sky", layer: layer, context)
      }
      let wanted = try Monitor(run: own, layer: layer).score(
        live.states(layer: layer, side: .base))
      #expect(try #require(reading.scores(.base, layer: layer)) == wanted)
    }
    // One side's words say nothing of the other's.
    let two = try LivePrompt(
      model: Fixtures.tinyModel, adapter: nil, runs: [run], words: [words, words],
      concepts: ["a", "b, c"], template: .plain)
    #expect(two.wordLayers.isEmpty && two.layers == [0, 1, 2, 3])
  }

  /// A turn on the screen has the score that `seer score` and `seer chat` print for it.
  @Test func turnsAreScoredAsByTheCommands() throws {
    let live = try live(["a", "b, c"])
    let layer = try #require(live.layers.last)
    let scorer = try Scorer(
      model: Fixtures.tinyModel, adapter: nil, run: fixture.folder("run"), layer: layer,
      template: .plain)
    for text in ["the blue sky and sea", "sea", "Gold user"] {
      let (turn, scored) = try inJob { context in
        try live.prepare(layer: layer)
        let reading = try live.read([], draft: text, layer: layer, context)
        var scored: ScoredText?
        try scorer.score(
          [ScoringInput(prompt: text, response: nil)], checkpoint: context.checkpoint
        ) {
          scored = try $1.get()
        }
        return (reading.turns[0][0], scored?.turns.first)
      }
      let (ours, theirs) = (try #require(turn), try #require(scored?.scores))
      #expect(ours.best == theirs.best && abs(ours.cosine - theirs.cosine) < 1e-4, "\(text)")
      #expect(zip(ours.scores, theirs.scores).allSatisfy { abs($0 - $1) < 1e-4 }, "\(text)")
    }
  }

  /// What is typed letter by letter, deleted and sent has the scores of a text read at once.
  @Test func typingGivesTheScoresOfTheWhole() throws {
    let halves = try AveragedRun(fixture, halfLife: 3)
    let typed = try LivePrompt(
      model: Fixtures.tinyModel, adapter: nil, runs: [halves.run], concepts: ["a", "b, c"],
      template: .plain)
    let chat = [ChatMessage(.user, "sea and Gold"), ChatMessage(.assistant, "the sky")]
    let drafts = [
      "t", "th", "the", "the b", "the blue sky", "the blue se", "blue sea", "", "a sea",
    ]
    for (messages, draft) in drafts.map({ (chat, $0) }) + [([], "sea and Gold\nthe sky\na sea")] {
      let fresh = try LivePrompt(
        model: Fixtures.tinyModel, adapter: nil, runs: [halves.run], concepts: ["a", "b, c"],
        template: .plain)
      let (ours, theirs) = try inJob { context in
        for live in [typed, fresh] { try live.prepare(layer: halves.layer) }
        return (
          try typed.read(messages, draft: draft, layer: halves.layer, context),
          try fresh.read(messages, draft: draft, layer: halves.layer, context)
        )
      }
      #expect(ours.tokens == theirs.tokens)
      let scores = try [ours, theirs].map {
        try #require($0.scores(.base, layer: halves.layer)).map(\.scores)
      }
      #expect(scores[0].count == ours.tokens.count)
      #expect(largestDistance(scores[0], scores[1]) < 1e-4, "\(draft)")
      // By their definition, from the states of the text and the turns that the reading shows.
      let wanted = try halves.scores(
        fresh.states(layer: halves.layer, side: .base), turns: ours.tokens.map(\.turn))
      #expect(largestDistance(scores[0], wanted) < 1e-4, "\(draft)")
    }
  }

  /// Edits in the middle give what a fresh reading gives.
  @Test func editsAreReadAfresh() throws {
    let edited = try live(["a", "b, c"])
    let fresh = try live(["a", "b, c"])
    let layer = try #require(edited.layers.last)
    let (a, b) = try inJob { context in
      for live in [edited, fresh] { try live.prepare(layer: layer) }
      _ = try edited.read([], draft: "the blue sky", layer: layer, context)
      let a = try edited.read([], draft: "the red sky", layer: layer, context)
      return (a, try fresh.read([], draft: "the red sky", layer: layer, context))
    }
    #expect(a.tokens == b.tokens)
    for (x, y) in zip(
      try #require(a.scores(.base, layer: layer)), try #require(b.scores(.base, layer: layer)))
    {
      #expect(zip(x.scores, y.scores).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  @Test func answersAreScoredTokenByToken() throws {
    let live = try live(["a", "b, c"])
    let layer = try #require(live.layers.last)
    let (text, counts, turn) = try inJob { context in
      try live.prepare(layer: layer)
      var counts: [Int] = []
      var turn = 0
      let answer = try live.answer(
        [ChatMessage(.user, "the sky")], by: .base, tokens: 5, sampling: SamplingOptions(),
        layer: layer, context
      ) { _, reading in
        counts.append(reading.tokens.count)
        turn = reading.tokens.last?.turn ?? -1
        #expect(reading.scores(.base, layer: layer)?.count == reading.tokens.count)
      }
      return (answer.text, counts, turn)
    }
    #expect(!counts.isEmpty && counts == counts.sorted() && turn == 1)
    #expect(!text.isEmpty || counts.count == 1)
  }

  /// A steered answer differs; what is read afterwards is the text alone again.
  @Test func steeringEndsWithTheAnswer() throws {
    let live = try live(["a", "b, c"])
    let layer = live.layers[live.layers.count / 2]
    let chat = [ChatMessage(.user, "the sky")]
    let (texts, before, after) = try inJob { context in
      try live.prepare(layer: layer)
      let before = try live.read(chat, draft: nil, layer: layer, context)
      var texts: [String] = []
      for strength: Float in [0, 4, 0] {
        let answer = try live.answer(
          chat, by: .base, tokens: 8, sampling: SamplingOptions(),
          steering: LivePrompt.Steering(concept: 0, strength: strength), layer: layer, context
        ) { _, _ in }
        texts.append(answer.text)
      }
      return (texts, before, try live.read(chat, draft: nil, layer: layer, context))
    }
    #expect(texts[0] != texts[1] && texts[0] == texts[2])
    let scores = try [before, after].map { try #require($0.scores(.base, layer: layer)) }
    #expect(scores[0].count == scores[1].count)
    for (first, second) in zip(scores[0], scores[1]) {
      #expect(zip(first.scores, second.scores).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func conceptsThatNobodyListedAreRefused() throws {
    let live = try live(["a"])
    #expect(throws: Failure.self) {
      try live.prepare(layer: try #require(live.layers.last))
    }
  }
}
