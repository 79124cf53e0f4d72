import ArgumentParser
import Foundation
import SeerFormats
import SeerModels
import SeerMonitor
import SeerSupport
import SeerTokenizers

/// How tokens are drawn, as the commands that generate take it.
struct SamplingArguments: ParsableArguments {
  @Option(help: "0 always takes the likeliest token.") var temperature: Float = 0
  @Option(help: "Draw among this many of the likeliest tokens; 0: all.") var topK = 0
  @Option(help: "Draw among the likeliest tokens that hold this probability.") var topP: Float = 1
  @Option(help: "Leave out tokens below this share of the likeliest one's probability.")
  var minP: Float = 0
  @Option(help: "Above 1, makes tokens of the text so far less likely.")
  var repetitionPenalty: Float = 1
  @Option(help: "The seed of the random choice.") var seed: UInt64 = 0

  func validate() throws {
    try checkNumber("temperature", temperature, from: 0, to: 1e6)
    try checkNumber("top-k", topK, from: 0, to: mostCounted)
    guard topP > 0, topP <= 1 else {
      throw ValidationError("--top-p: found \(topP), wanted above 0, at most 1.")
    }
    try checkNumber("min-p", minP, from: 0, to: 1)
    try checkNumber("repetition-penalty", repetitionPenalty, from: 1e-6, to: 1e6)
  }

  var options: SamplingOptions {
    SamplingOptions(
      temperature: temperature, topK: topK, topP: topP, minP: minP,
      repetitionPenalty: repetitionPenalty, seed: seed)
  }
}

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Let the model go on from a prompt.",
    discussion: """
      The prompt goes through the model's chat template unless --template plain. With --run and
      --layer every generated token is scored as by seer score, and --steer adds a concept's
      direction while the model writes.

      Example:
        seer generate --model smollm2 --template plain --prompt "The capital of France is" --tokens 8
        seer generate --prompt "How was your day?" --run words --layer 12 --steer honesty=0.2
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(name: .customLong("run"), help: "A run of the model, whose concepts are scored.")
  var folder: String?
  @Option(help: "The layer whose states are scored.") var layer: Int?
  @Option(help: "The text to go on from.") var prompt: String
  @Option(help: "How many tokens at the most.") var tokens = 128
  @Option(help: "How the prompt is put to the model.") var template = RowTemplate.chat
  @OptionGroup var chat: ChatArguments
  @OptionGroup var sampling: SamplingArguments
  @OptionGroup var steering: SteeringArguments
  @OptionGroup var precision: PrecisionArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Go on after a stop token.") var ignoreStop = false
  @Flag(inversion: .prefixedNo, help: "Keep keys and values of earlier tokens.") var cache = true
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let text: String
    let ids: [Int32]
    let tokens: [String]
  }

  func validate() throws {
    try checkNumber("tokens", tokens, from: 1, to: mostCounted)
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    guard (folder == nil) == (layer == nil) else {
      throw ValidationError("--run and --layer: found one of them, wanted both or none.")
    }
  }

  func run() throws {
    let command = self
    try runJob("generate", priority: .typing) { context in
      if let run = command.folder, let layer = command.layer {
        let scorer = try Scorer(
          model: command.model, adapter: command.adapter, run: run, layer: layer,
          template: command.template, chat: command.chat.options(),
          precision: command.precision.chosen, memory: command.memory.budget)
        for note in scorer.notes { Report.note(note) }
        let generation = try command.generate(
          scorer.language, scorer.adapter, scorer.monitor, context)
        command.printScored(generation, scorer)
      } else {
        let model = try LanguageModel(
          command.model, chat: command.chat.options(), precision: command.precision.chosen)
        let adapter = try command.adapter.map {
          try AdapterFile.read($0, for: model.configuration)
        }
        let generation = try command.generate(model, adapter, nil, context)
        guard command.json else { return Report.line("") }
        try Report.json(
          Result(
            text: generation.text, ids: generation.ids,
            tokens: generation.ids.map { model.tokenizer.token($0) ?? "" }))
      }
    }
  }

  private func generate(
    _ model: LanguageModel, _ adapter: Adapter?, _ monitor: Monitor?, _ context: JobContext
  ) throws -> Generation {
    let renderer = try RowRenderer(
      model.tokenizer, template: template, maxTokens: model.configuration.context)
    let row = try renderer.renderForGeneration(prompt: prompt)
    guard !row.isCut else {
      throw Failure(
        .usage, place: "--prompt", found: "more tokens than the model's context",
        wanted: "at most \(model.configuration.context)", advice: "Shorten the prompt.")
    }
    // A scorer's model keeps to a plan already.
    let model =
      monitor == nil
      ? try model.planned(prompt: row.ids.count, tokens: tokens, memory.budget) : model
    var options = GenerationOptions(
      tokens: tokens, sampling: sampling.options, ignoresStop: ignoreStop, usesCache: cache,
      layer: layer)
    options.steering = try steering.interventions(model.configuration, monitor)
    return try model.generate(
      from: row.ids, adapter: adapter, options, context: context,
      onText: { piece in
        if !json { Report.stream(piece) }
      })
  }

  private func printScored(_ generation: Generation, _ scorer: Scorer) {
    let printer = ScoreText(monitor: scorer.monitor)
    // What the model writes is one turn.
    let scores =
      generation.states.map { states in
        scorer.monitor.score(states, starts: [Int](repeating: 0, count: states.rows))
      } ?? []
    let texts = tokenTexts(generation.ids, scorer.language.tokenizer)
    let tokens = zip(generation.ids, zip(texts, scores)).map {
      ScoredToken(id: $0, text: $1.0, scores: $1.1)
    }
    guard json else {
      return Report.line((["", ""] + tokens.map { printer.line($0) }).joined(separator: "\n"))
    }
    var text = JSONText()
    text.object { object in
      printer.writeConcepts(&object)
      object.name("ids")
      object.array { list in for id in generation.ids { list.integer(Int(id)) } }
      printer.writeMonitor(&object)
      object.name("text")
      object.string(generation.text)
      printer.writeTokens(tokens, &object)
    }
    Report.exact(text.text + "\n")
  }
}
