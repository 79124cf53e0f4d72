import Foundation
import LinearAlgebra
import SeerApp
import SeerModels
import SeerMonitor
import SeerProjection
import SeerRuns
import SeerSupport
import SeerTokenizers

/// The chat with its model, which one job at a time has, and the jobs under way.
final class PromptWork: ScreenJobs, Sendable {
  private let live = Locked<LivePrompt?>(nil)
  private let reasons = Locked<PromptReasons?>(nil)
  private let jobs = Locked<(reading: JobID?, answer: JobID?, reasons: [JobID])>((nil, nil, []))

  /// Makes the chat and returns what is to be told of it.
  func open(_ make: @Sendable () throws -> sending LivePrompt) throws -> PromptOpening {
    try live.withLock { live in
      let opened = try make()
      let opening = PromptOpening(
        hasTemplate: opened.hasChatTemplate, notes: opened.templateNotes,
        wordLayers: opened.wordLayers)
      live = opened
      return opening
    }
  }

  /// Lends what explains the chat's tokens to a job. Such jobs let others go first while they have
  /// it, and none of those others wants it: they are all of one kind, and the engine takes the oldest
  /// of a kind.
  func withReasons<Result: Sendable>(
    adapter: String?, _ body: @Sendable (PromptReasons) throws -> Result
  ) throws -> Result {
    try reasons.withLock { reasons in
      if let reasons { return try body(reasons) }
      let made = try PromptReasons(try withChat { $0.language }, adapter: adapter)
      reasons = made
      return try body(made)
    }
  }

  /// Lends the chat to a job. The engine runs one job at a time, and those that let others go first
  /// while they have the chat (``LivePrompt/read(_:draft:layer:_:)``, `answer`) are of the most
  /// urgent kind: no job waits here for one that waits for its turn.
  func withChat<Result: Sendable>(
    _ body: @Sendable (LivePrompt) throws -> Result
  ) throws -> Result {
    try live.withLock { live in
      guard let live else { throw Problem("The model is not open.") }
      return try body(live)
    }
  }

  var readingJob: JobID? {
    get { jobs.withLock { $0.reading } }
    set { jobs.withLock { $0.reading = newValue } }
  }
  var answerJob: JobID? {
    get { jobs.withLock { $0.answer } }
    set { jobs.withLock { $0.answer = newValue } }
  }
  var reasonJobs: [JobID] {
    get { jobs.withLock { $0.reasons } }
    set { jobs.withLock { $0.reasons = newValue } }
  }
}

/// What the Prompt screen has done.
extension Session {
  private var promptWork: PromptWork { jobs(PromptWork.self) }

  package func run(_ effect: PromptEffect) {
    guard let promptSource = workspace.prompt, let prompt = state.prompt else { return }
    switch effect {
    case .open: open(promptSource, prompt)
    case .prepare(let index, let isUrgent):
      let layer = prompt.layers[index]
      engine.submit(
        "monitor of layer \(layer)", priority: isUrgent ? .typing : .map,
        onEvent: { [outbox] (event: JobEvent<[LivePrompt.LayerCalibration]>) in
          guard case .finished(let result) = event else { return }
          outbox.post(.prompt(.prepared(layer: index, result.mapError { Problem($0) })))
        },
        body: { [promptWork] _ in try promptWork.withChat { try $0.prepare(layer: layer) } })
    case .read(let text): read(text, promptSource, prompt)
    case .cancelReading: if let job = promptWork.readingJob { engine.cancel(job) }
    case .answer(let number): answer(number, prompt)
    case .stopAnswer: if let job = promptWork.answerJob { engine.cancel(job) }
    case .explain(let number, let question): explain(number, question, promptSource, prompt)
    case .findParts(let number, let question): findParts(number, question, promptSource, prompt)
    case .look(let number, let question): look(number, question, promptSource, prompt)
    case .cancelReasons:
      for job in promptWork.reasonJobs { engine.cancel(job) }
      promptWork.reasonJobs = []
    case .trace(let index): trace(index, prompt)
    case .export: handle(.prompt(.exported(export(prompt))))
    }
  }

  private func open(_ source: PromptSource, _ prompt: PromptState) {
    let concepts = prompt.concepts.map(\.name)
    engine.submit(
      "opening \(source.model)", priority: .typing,
      onEvent: { [outbox] (event: JobEvent<PromptOpening>) in
        guard case .finished(let result) = event else { return }
        outbox.post(.prompt(.opened(result.mapError { Problem($0) })))
      },
      body: { [promptWork] _ in
        try promptWork.open {
          try LivePrompt(
            model: source.model, adapter: source.adapter, runs: source.runs, words: source.words,
            concepts: concepts, template: nil, chat: source.chat, precision: source.precision,
            memory: source.memory)
        }
      })
  }

  private func read(
    _ text: PromptState.ReadText, _ source: PromptSource, _ prompt: PromptState
  ) {
    let layer = prompt.layers[text.layer]
    let chat = text.chat.map(\.message)
    // A text on its own is read as the run's were, whose states it is compared with.
    let template: RowTemplate =
      text.chat.isEmpty ? source.template : text.usesTemplate ? .chat : .plain
    promptWork.readingJob =
      engine.submit(
        "reading the prompt", priority: .typing,
        onEvent: { [outbox] (event: JobEvent<PromptReading>) in
          guard case .finished(let result) = event else { return }
          outbox.post(.prompt(.read(text, result.mapError { Problem($0) })))
        },
        body: { [promptWork] context in
          try promptWork.withChat {
            $0.template = template
            return try $0.read(chat, draft: text.draft, layer: layer, context)
          }
        }
      ).id
  }

  private func answer(_ number: Int, _ prompt: PromptState) {
    let layer = prompt.layerNumber
    let chat = prompt.chat.map(\.message)
    let side = prompt.answerSide
    let template: RowTemplate = prompt.usesTemplate ? .chat : .plain
    let sampling = prompt.sampling
    let steering =
      prompt.steering == nil
      ? nil : LivePrompt.Steering(concept: prompt.concept, strength: prompt.strength)
    promptWork.answerJob =
      engine.submit(
        "answering", priority: .typing,
        onEvent: { [outbox] (event: JobEvent<LivePrompt.Answer>) in
          guard case .finished(let result) = event else { return }
          outbox.post(.prompt(.answered(number: number, result.mapError { Problem($0) })))
        },
        body: { [promptWork, outbox] context in
          try promptWork.withChat { live in
            var tokens = 0
            var started = ContinuousClock.now
            live.template = template
            return try live.answer(
              chat, by: side, tokens: PromptState.longestAnswer, sampling: sampling,
              steering: steering, layer: layer, context
            ) { text, reading in
              // The prompt's own time is not the speed of writing.
              if tokens == 0 { started = .now }
              let seconds = started.duration(to: .now).seconds
              outbox.post(
                .prompt(
                  .answering(
                    number: number, text: text, reading,
                    tokensPerSecond: seconds > 0 ? Double(tokens) / seconds : 0)))
              tokens += 1
            }
          }
        }
      ).id
  }

  /// A job for the panels beside the grid, which stands back behind whatever is typed.
  private func lookUp<Answer: Sendable>(
    _ title: String, _ event: @escaping @Sendable (Result<Answer, Problem>) -> PromptEvent,
    _ body: @escaping @Sendable (JobContext) throws -> Answer
  ) {
    let job = engine.submit(
      title, priority: .figures,
      onEvent: { [outbox] (progress: JobEvent<Answer>) in
        guard case .finished(let result) = progress else { return }
        outbox.post(.prompt(event(result.mapError { Problem($0) })))
      }, body: body)
    promptWork.reasonJobs.append(job.id)
  }

  /// The sides in the order in which they are answered.
  private func sides(_ question: PromptReasonState.Question, _ prompt: PromptState)
    -> [Conversation.Side]
  {
    [question.side] + prompt.sides.filter { $0 != question.side }
  }

  private static let unknownConcept = Problem("A run of this layer does not know the concept.")

  private func explain(
    _ number: Int, _ question: PromptReasonState.Question, _ source: PromptSource,
    _ prompt: PromptState
  ) {
    guard let ids = prompt.reading?.tokens.map(\.id), let concept = question.concept,
      let layer = question.layer.map({ prompt.layers[$0] })
    else { return }
    let sides = sides(question, prompt)
    lookUp(
      "what wrote a score",
      { .explained(number: number, $0, isWhole: true) },
      { [promptWork, outbox] context in
        let readers = try promptWork.withChat { $0.readers(of: concept) }?.compactMap { $0[layer] }
        guard let readers, !readers.isEmpty else { throw Self.unknownConcept }
        return try promptWork.withReasons(adapter: source.adapter) {
          try $0.explain(ids, token: question.token, sides: sides, readers, context) { why in
            outbox.post(.prompt(.explained(number: number, .success(why), isWhole: false)))
          }
        }
      })
  }

  private func findParts(
    _ number: Int, _ question: PromptReasonState.Question, _ source: PromptSource,
    _ prompt: PromptState
  ) {
    guard let ids = prompt.reading?.tokens.map(\.id), let concept = question.concept else { return }
    let sides = sides(question, prompt)
    lookUp(
      "what the parts gave at every layer", { .foundParts(number: number, $0) },
      { [promptWork] context in
        guard let readers = try promptWork.withChat({ $0.readers(of: concept) }) else {
          throw Self.unknownConcept
        }
        return try promptWork.withReasons(adapter: source.adapter) {
          try $0.partsByLayer(ids, token: question.token, sides: sides, readers, context)
        }
      })
  }

  private func look(
    _ number: Int, _ question: PromptReasonState.Question, _ source: PromptSource,
    _ prompt: PromptState
  ) {
    guard let ids = prompt.reading?.tokens.map(\.id) else { return }
    let sides = sides(question, prompt)
    lookUp(
      "what comes next", { .looked(number: number, $0) },
      { [promptWork] context in
        try promptWork.withReasons(adapter: source.adapter) {
          try $0.lens(ids, token: question.token, sides: sides, context)
        }
      })
  }

  private func trace(_ index: Int, _ prompt: PromptState) {
    let layer = prompt.layers[index]
    let side = prompt.answerSide
    let map =
      state.explore.chart.maps.indices.contains(index) ? state.explore.chart.maps[index].map : nil
    let source = side == .tuned ? tuned ?? workspace.run : workspace.run
    engine.submit(
      "the prompt on the map of layer \(layer)", priority: .map,
      onEvent: { [outbox] (event: JobEvent<Trajectory>) in
        guard case .finished(let result) = event else { return }
        outbox.post(.prompt(.traced(result.mapError { Problem($0) })))
      },
      body: { [promptWork] context in
        let states = try source.states(layer)
        let tokens = try promptWork.withChat { $0.states(layer: layer, side: side) }
        return try Trajectory.make(
          states, tokens: tokens, layer: index, reference: map?.points, context: context)
      })
  }

  private func export(_ prompt: PromptState) -> Result<[String], Problem> {
    guard let reading = prompt.reading, !reading.tokens.isEmpty else {
      return .failure(Problem("There is nothing to save yet."))
    }
    let transcript = Transcript(prompt, reading)
    let texts = ["json": transcript.json, "md": transcript.markdown, "html": transcript.html]
    let stem = Self.freeStem("seer-chat", endings: Array(texts.keys))
    do throws(Failure) {
      for (ending, text) in texts { try OutputFile.write(text, to: "\(stem).\(ending)") }
      return .success(["json", "md", "html"].map { "\(stem).\($0)" })
    } catch {
      return .failure(Problem(error))
    }
  }
}

extension Session {
  /// A file name that, with none of the endings, is taken in the current folder.
  private static func freeStem(_ stem: String, endings: [String]) -> String {
    var free = stem
    var number = 1
    while number < 1000,
      endings.contains(where: { FileManager.default.fileExists(atPath: "\(free).\($0)") })
    {
      number += 1
      free = "\(stem)-\(number)"
    }
    return free
  }
}

extension Trajectory {
  /// The tokens' states on the principal components of the run's rows: where the rows lie, as
  /// Explore shows them, and where the tokens do.
  package static func make(
    _ states: Matrix, tokens: Matrix, layer: Int, reference: [SIMD2<Float>]?, context: JobContext
  ) throws -> Trajectory {
    guard states.rows > 1, states.columns == tokens.columns, states.columns > 1 else {
      throw Problem("This run has too few rows for a map.")
    }
    let places = try ComponentPlaces(
      states, others: tokens, reference: reference, checkpoint: context.checkpoint)
    return Trajectory(layer: layer, rows: places.rows, tokens: places.others)
  }
}

extension Transcript {
  package init(_ prompt: PromptState, _ reading: PromptReading) {
    let names = prompt.concepts.map(\.name)
    let side = prompt.answerSide
    let scores = reading.scores(side, layer: prompt.layerNumber) ?? []
    func scored(_ score: ConceptScores?) -> Transcript.Scores? {
      score.map { score in
        Transcript.Scores(
          top: score.isUnknown ? Monitor.unknown : names[score.best],
          scores: zip(names, score.scores).map { Transcript.Scores.Entry(concept: $0, score: $1) })
      }
    }
    var messages: [Transcript.Message] = []
    var all = prompt.chat
    if !prompt.editor.isEmpty {
      all.append(PromptState.Message(message: ChatMessage(.user, prompt.editor.text), side: nil))
    }
    let sideIndex = side == .tuned && prompt.hasTuned ? 1 : 0
    for (turn, message) in all.enumerated() {
      let tokens = reading.tokens.indices.filter { reading.tokens[$0].turn == turn }
      let rolledUp =
        reading.turns.indices.contains(turn) && reading.turns[turn].indices.contains(sideIndex)
        ? reading.turns[turn][sideIndex] : nil
      messages.append(
        Transcript.Message(
          role: message.message.role.rawValue,
          writer: message.side.map { $0 == .tuned ? "tuned" : "base" },
          steering: message.steering, text: message.message.content, scores: scored(rolledUp),
          tokens: tokens.map {
            Transcript.Token(
              text: reading.tokens[$0].text,
              scores: scored(scores.indices.contains($0) ? scores[$0] : nil))
          }))
    }
    self.init(
      model: prompt.model, adapter: prompt.adapter, scoredBy: prompt.sideName,
      layer: prompt.layerNumber, concepts: names, messages: messages)
  }
}
