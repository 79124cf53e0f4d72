import ArgumentParser
import Foundation
import SeerFormats
import SeerModels
import SeerMonitor
import SeerRuns
import SeerStudies
import SeerSupport
import SeerTokenizers

struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Talk with the model, turn by turn.",
    discussion: """
      A line is a turn; the end of the input, or /quit, ends the chat, and /reset begins a new one.
      Each turn is scored as by seer score, by the run given or by a recorded one, where the model
      and the adapter are the sample's. Works in a pipe, too.

      Example:
        seer chat --model smollm2 --system "Answer in one sentence."
        printf 'Is honesty hard?\\nWhy?\\n' | seer chat --run words --layer 24 --json
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(name: .customLong("run"), help: "A run of the model, whose concepts are scored.")
  var folder: String?
  @Option(help: "The layer whose states are scored (default: the run's only one).")
  var layer: Int?
  @Option(help: "What reads a state (default: what was measured to be better, else prototypes).")
  var reader: MonitorReader?
  @Flag(inversion: .prefixedNo, help: "Score the turns.") var scores = true
  @OptionGroup var alerts: AlertArguments
  @OptionGroup var chat: ChatArguments
  @Option(help: "Replaces the template's own system prompt.") var system: String?
  @Option(help: "How many tokens an answer has at the most.") var tokens = 256
  @OptionGroup var sampling: SamplingArguments
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Print the whole chat as one JSON object at its end.") var json = false

  func validate() throws {
    try checkNumber("tokens", tokens, from: 1, to: mostCounted)
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    guard scores || alerts.alert.isEmpty else {
      throw ValidationError("--alert: found --no-scores, without which there is nothing to alert.")
    }
  }

  func run() throws {
    let command = self
    try runJob("chat", priority: .typing) { context in
      var chat = try command.open()
      var source = LineSource(STDIN_FILENO)
      let isTerminal = isatty(STDIN_FILENO) != 0
      while true {
        if isTerminal { Report.prompt() }
        guard let bytes = try source.next(bytes: 1, checkpoint: context.checkpoint).first else {
          break
        }
        let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
        switch line {
        case "": continue
        case "/quit": return command.finish(chat)
        case "/reset": chat.log = ChatLog(system: command.system)
        default: try command.answer(line, &chat, context)
        }
      }
      command.finish(chat)
    }
  }

  /// One said by someone, with its scores.
  private struct Turn {
    let role: ChatMessage.Role
    let text: String
    let together: ConceptScores?
    let tokens: [ScoredToken]
    var alerts: [Alert] = []
  }

  private struct Chat {
    let conversation: Conversation
    let monitor: Monitor?
    var rules: [AlertRule] = []
    var log: ChatLog
    var turns: [Turn] = []
    var side: Conversation.Side { conversation.sides.last ?? .base }
  }

  /// What scores the turns; nil where nobody asked and no run of the model's words was recorded.
  private func scorer() throws -> Scorer? {
    guard scores else { return nil }
    var run = folder
    if run == nil, layer == nil, alerts.alert.isEmpty {
      run = RunLocator.words(
        modelSHA256: try LanguageModel(model).sha256(),
        adapterSHA256: try adapter.map { try AdapterFile.sha256(of: $0) })
      if run == nil { return nil }
    }
    return try Scorer(
      model: model, adapter: adapter, run: run, layer: layer, reader: reader, template: .chat,
      chat: chat.options(), precision: precision.chosen, memory: memory.budget)
  }

  private func open() throws -> Chat {
    if let scorer = try scorer() {
      for note in scorer.notes { Report.note(note) }
      return Chat(
        conversation: Conversation(scorer.language, adapter: scorer.adapter),
        monitor: scorer.monitor, rules: try alerts.rules(scorer.monitor),
        log: ChatLog(system: system))
    }
    let language = try LanguageModel(
      model, chat: chat.options(), precision: precision.chosen
    ).planned(prompt: tokens, tokens: tokens, memory.budget)
    let adapter = try adapter.map { try AdapterFile.read($0, for: language.configuration) }
    return Chat(
      conversation: Conversation(language, adapter: adapter), monitor: nil,
      log: ChatLog(system: system))
  }

  private func answer(_ line: String, _ chat: inout Chat, _ context: JobContext) throws {
    let conversation = chat.conversation
    let language = conversation.language
    chat.log.messages.append(ChatMessage(.user, line))
    let (ids, said) = try chat.log.tokens(for: language)
    guard ids.count + tokens <= language.configuration.context else {
      throw Failure(
        .usage, place: "the chat", found: "\(ids.count) tokens and \(tokens) for the answer",
        wanted: "at most \(language.configuration.context), the model's context",
        advice: "Begin a new chat with /reset, or ask for fewer --tokens.")
    }
    try conversation.update(to: ids, sides: [chat.side], context)
    show(turn(.user, line, said, chat), chat.monitor, &chat.turns)
    var text = ""
    let written = try conversation.generate(
      by: chat.side, tokens: tokens, sampling: sampling.options, context,
      onToken: { _, piece in
        text += piece
        if !json { Report.stream(piece) }
      })
    if !json { Report.line("") }
    let stops = written.last.map { language.stopTokens.contains($0) } == true ? 1 : 0
    let answer = ids.count..<ids.count + written.count - stops
    chat.log.messages.append(ChatMessage(.assistant, text))
    show(turn(.assistant, text, answer, chat), chat.monitor, &chat.turns)
  }

  private func turn(
    _ role: ChatMessage.Role, _ text: String, _ tokens: Range<Int>, _ chat: Chat
  ) -> Turn {
    guard let monitor = chat.monitor else {
      return Turn(role: role, text: text, together: nil, tokens: [])
    }
    let conversation = chat.conversation
    let ids = Array(conversation.ids[tokens])
    let scores = conversation.scores(monitor, side: chat.side, turn: tokens)
    let texts = tokenTexts(ids, conversation.language.tokenizer)
    let together = conversation.score(monitor, side: chat.side, together: tokens)
    return Turn(
      role: role, text: text, together: together,
      tokens: zip(ids, zip(texts, scores)).map {
        ScoredToken(id: $0, text: $1.0, scores: $1.1)
      },
      alerts: together.map { together in
        chat.rules.flatMap { monitor.alerts($0, scores, from: 0, together: together) }
      } ?? [])
  }

  private func show(_ turn: Turn, _ monitor: Monitor?, _ turns: inout [Turn]) {
    turns.append(turn)
    guard !json, let monitor, let scores = turn.together else { return }
    let alike = zip(monitor.concepts, scores.scores).sorted { $0.1 > $1.1 }.prefix(3).map {
      "\(VisibleText.line($0)) \(Report.rounded(Double($1), 2))"
    }
    Report.line(
      "  [\(turn.role.rawValue): \(VisibleText.line(monitor.top(scores))); \(alike.joined(separator: ", "))]"
    )
    let printer = ScoreText(monitor: monitor)
    for alert in turn.alerts { Report.line("  " + printer.line(alert, turn.tokens)) }
  }

  private func finish(_ chat: Chat) {
    guard json else { return }
    var text = JSONText()
    text.object { object in
      let printer = chat.monitor.map { ScoreText(monitor: $0) }
      printer?.writeConcepts(&object)
      printer?.writeMonitor(&object)
      object.name("turns")
      object.array { list in
        for turn in chat.turns {
          list.object { entry in
            entry.name("role")
            entry.string(turn.role.rawValue)
            entry.name("text")
            entry.string(turn.text)
            guard let printer else { return }
            if let together = turn.together {
              printer.writeScores(together, &entry)
              printer.writeSequence(
                SequenceScores(
                  mean: together.scores, tokens: turn.tokens.map(\.scores.scores)), &entry)
            }
            if !chat.rules.isEmpty { printer.writeAlerts(turn.alerts, turn.tokens, &entry) }
            printer.writeTokens(turn.tokens, &entry)
          }
        }
      }
    }
    Report.exact(text.text + "\n")
  }
}

extension Report {
  /// Asks for a line, where someone sits at a terminal.
  static func prompt() { try? FileHandle.standardError.write(contentsOf: Data("> ".utf8)) }
}
