import ArgumentParser
import Core
import Foundation

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score every token of a text for every concept of a run.",
    discussion: """
      A token's state at the layer is compared with each concept's direction in the run; the
      scores are calibrated probabilities, and states far from every concept are `unknown`. Runs
      of --position mean describe words best.

      With - for the text, JSON Lines are read from standard input ({"text": "..."}, or "prompt"
      and "response", and perhaps an "id"), and a JSON object is written for each as soon as it is
      scored. Lines that cannot be used are reported and skipped, with exit code 65 at the end.

      Example:
        seer extract --model smollm2 --concepts samples/concepts.csv --position mean --run words
        seer score --model smollm2 --run words --layer 24 "How do I kill a Python process?"
        seer score --model smollm2 --run words --layer 24 - < texts.jsonl > scores.jsonl
      """)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(name: .customLong("run"), help: "A run of the model, whose concepts are scored.")
  var folder: String
  @Option(help: "The layer; 0 is the input of the first block.") var layer: Int
  @Option(help: "How the text is put to the model.") var template = RowTemplate.chat
  @Flag(help: "Print one JSON object.") var json = false
  @Argument(help: "The text, or - to read JSON Lines.") var text: String

  func run() throws {
    let command = self
    try runJob("score", priority: .typing) { context in
      let scorer = try Scorer(
        model: command.model, adapter: command.adapter, run: command.folder, layer: command.layer,
        template: command.template)
      for note in scorer.notes { Report.note(note) }
      if command.text == "-" {
        try ScoreStream(scorer: scorer).run(STDIN_FILENO, context)
      } else {
        try command.scoreText(scorer, context)
      }
    }
  }

  private func scoreText(_ scorer: Scorer, _ context: JobContext) throws {
    try scorer.score([ScoringInput(prompt: text)], context: context) { _, result in
      let scored = try result.get()
      let printer = ScoreText(monitor: scorer.monitor)
      guard json else { return Report.line(printer.table(scored)) }
      var text = JSONText()
      text.object { object in
        printer.writeConcepts(&object)
        printer.writeMonitor(&object)
        printer.writeTokens(scored.tokens, &object)
        printer.writeTurns(scored.turns, &object)
      }
      Report.line(text.text)
    }
  }
}
