import ArgumentParser
import Foundation
import SeerAnalysis
import SeerFormats
import SeerMonitor
import SeerSupport
import SeerTokenizers

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score every token of a text for every concept of a run.",
    discussion: """
      A token's state at the layer is compared with each concept's direction in the run; the
      scores are calibrated probabilities, and states far from every concept are `unknown`. Runs
      of --position mean describe words best. Without --run it is a recorded one, where the model
      and the adapter are the sample's. Where the run was measured (seer evaluate monitor --record),
      a token is scored with those before it in its turn, which count the less the further back they
      are; --why and --verify are of the token's own state.

      With - for the text, JSON Lines are read from standard input ({"text": "..."}, or "prompt"
      and "response", or "messages", and perhaps an "id"), and a JSON object is written for each as
      soon as it is scored. Lines that cannot be used are reported and skipped, with exit code 65 at the end.

      With --adapter, --base-run RUN scores the model without it, too, by that run's own monitor,
      from the same weights: every token has both.

      --alert CONCEPT=SCORE lists the spans of a text's words that reach the score, --alert
      CONCEPT@1% the turns whose score at most 1 % of held-out turns of other concepts reach. --verify takes the
      concept's direction out of one token and shows what that does to the next token and to later
      scores, beside random directions of the same length, and how the score falls and rises while
      tokens are taken out and put in.

      Example:
        seer score "He was beaten badly."
        seer extract --model smollm2 --concepts samples/concepts.csv --position mean --run words
        seer score --model smollm2 --run words --layer 24 "How do I kill a Python process?"
        seer score --run words --layer 24 --verify --concept violence "He was beaten badly."
        seer score --adapter A --run tuned-words --base-run words --layer 24 "He was beaten badly."
        seer score --run words --layer 24 --why --token 9 --concept violence "He was beaten badly."
        seer score --run words --layer 24 --lens "The capital of France is"
        seer score --alert violence@1% - < texts.jsonl > scores.jsonl
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(
    name: .customLong("run"),
    help: "A run of the model, whose concepts are scored (default: a recorded one).")
  var folder: String?
  @Option(help: "A run of the model without its adapter: scores both side by side.")
  var baseRun: String?
  @Option(help: "The layer; 0 is the input of the first block (default: the run's only one).")
  var layer: Int?
  @OptionGroup var columns: TextColumnArguments
  @Option(help: "How the text is put to the model (default: chat; of a recorded run, as it was).")
  var template: RowTemplate?
  @OptionGroup var chat: ChatArguments
  @Option(help: "What reads a state (default: what was measured to be better, else prototypes).")
  var reader: MonitorReader?
  @OptionGroup var alerts: AlertArguments
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Test whether the model uses what is read.") var verify = false
  @Flag(help: "Explain what wrote a concept into a token: heads, blocks and earlier tokens.")
  var why = false
  @Option(help: "How what earlier tokens gave is found.") var attribution: Attribution?
  @Flag(help: "List what each layer would say next at one token, the last one unless chosen.")
  var lens = false
  @Option(
    help: "The concept to verify or explain; the text's or token's own top where none is given.")
  var concept: String?
  @Option(help: "The token to verify or explain, from 0.") var token: Int?
  @Flag(help: "Print one JSON object.") var json = false
  @Argument(help: "The text, or - to read JSON Lines.") var text: String

  func validate() throws {
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    try checkNumber("token", token, from: 0, to: mostCounted)
    guard verify || why || concept == nil else {
      throw ValidationError("--concept: found no --verify or --why, which it belongs to.")
    }
    guard verify || why || lens || token == nil else {
      throw ValidationError("--token: found no --verify, --why or --lens, which it belongs to.")
    }
    guard why || attribution == nil else {
      throw ValidationError("--attribution: found no --why, which it belongs to.")
    }
    guard baseRun == nil || adapter != nil else {
      throw ValidationError("--base-run: found no --adapter, without which there is one side only.")
    }
    for (option, isOn) in [("verify", verify), ("why", why), ("lens", lens)] where isOn {
      guard text != "-" else {
        throw ValidationError("--\(option): found - for the text, wanted one text.")
      }
    }
  }

  func run() throws {
    let command = self
    // Every token takes a pass of its own.
    try runJob("score", priority: .typing, showsProgress: why && token == nil) { context in
      let scorer = try Scorer(
        model: command.model, adapter: command.adapter, run: command.folder,
        baseRun: command.baseRun, layer: command.layer,
        reader: command.reader, template: command.template ?? (command.folder == nil ? nil : .chat),
        chat: command.chat.options(), precision: command.precision.chosen,
        memory: command.memory.budget)
      for note in scorer.notes { Report.note(note) }
      let rules = try command.alerts.rules(scorer.monitor)
      if command.text == "-" {
        let stream = ScoreStream(
          scorer: scorer, lines: try ConceptLines(command.columns.names), rules: rules)
        try stream.run(STDIN_FILENO, context)
      } else {
        try command.scoreText(scorer, rules, context)
      }
    }
  }

  private func scoreText(
    _ scorer: Scorer, _ rules: [AlertRule], _ context: JobContext
  ) throws {
    let input = ScoringInput(prompt: text)
    guard !why else {
      let attribution = attribution ?? .attnLRP
      let (scored, tokens) = try scorer.explain(
        input, concept: concept, token: token, by: attribution, context: context)
      let why = WhyText(
        scorer: scorer, text: scored, attribution: attribution, explanations: tokens)
      return try show(scored, scorer, rules, why, context)
    }
    try scorer.score([input], checkpoint: context.checkpoint) { _, result in
      try show(try result.get(), scorer, rules, nil, context)
    }
  }

  private func show(
    _ scored: ScoredText, _ scorer: Scorer, _ rules: [AlertRule],
    _ why: WhyText?, _ context: JobContext
  ) throws {
    let alerts = scorer.alerts(scored, rules)
    let verification =
      verify
      ? VerificationText(
        scorer: scorer, text: scored,
        verification: try scorer.verify(
          scored, concept: concept, token: token, context: context)) : nil
    let lens =
      lens
      ? LensText(
        scorer: scorer, lens: try scorer.lens(scored, token: token, context: context)) : nil
    let printer = ScoreText(monitor: scorer.monitor)
    guard json else {
      Report.line(printer.table(scored))
      for alert in alerts { Report.line(printer.line(alert, scored.tokens)) }
      if let verification { Report.line(verification.lines) }
      if let why { Report.line(why.lines) }
      if let lens { Report.line(lens.lines) }
      return
    }
    var text = JSONText()
    text.object { object in
      printer.writeConcepts(&object)
      printer.writeMonitor(&object)
      if let base = scorer.baseMonitor {
        ScoreText(monitor: base).writeMonitor(&object, name: "base_monitor")
      }
      printer.writeTokens(scored.tokens, &object) { place, token in
        why?.write(token: place, &token)
        lens?.write(token: place, &token)
      }
      printer.writeTurns(scored.turns, of: scored.tokens, &object)
      if !rules.isEmpty { printer.writeAlerts(alerts, scored.tokens, &object) }
      verification?.write(&object)
      lens?.write(&object)
    }
    Report.exact(text.text + "\n")
  }
}
