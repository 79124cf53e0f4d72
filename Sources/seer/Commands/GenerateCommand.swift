import ArgumentParser
import Core
import Foundation

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Let the model go on from a prompt.",
    discussion: """
      The prompt goes through the model's chat template unless --template plain.

      Example:
        seer generate --model smollm2 --template plain --prompt "The capital of France is" --tokens 8
      """)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(help: "The text to go on from.") var prompt: String
  @Option(help: "How many tokens at the most.") var tokens = 128
  @Option(help: "How the prompt is put to the model.") var template = RowTemplate.chat
  @Option(help: "A chat template in place of the model's own.") var templateFile: String?
  @Option(help: "0 always takes the likeliest token.") var temperature: Float = 0
  @Option(help: "The seed of the random choice.") var seed: UInt64 = 0
  @Flag(help: "Go on after a stop token.") var ignoreStop = false
  @Flag(inversion: .prefixedNo, help: "Keep keys and values of earlier tokens.") var cache = true
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let text: String
    let ids: [Int32]
    let tokens: [String]
  }

  func validate() throws {
    guard tokens > 0 else { throw ValidationError("--tokens: found \(tokens), wanted 1 or more.") }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature: found \(temperature), wanted 0 or more.")
    }
  }

  func run() throws {
    let command = self
    let streams = !json
    let result = try runJob("generate", priority: .typing) { context in
      let model = try LanguageModel(command.model, templateFile: command.templateFile)
      let adapter = try command.adapter.map {
        try AdapterFile.read($0, for: model.configuration)
      }
      let renderer = try RowRenderer(
        model.tokenizer, template: command.template,
        maxTokens: model.configuration.context)
      let row = try renderer.renderForGeneration(prompt: command.prompt)
      guard !row.isCut else {
        throw Failure(
          .usage, place: "--prompt", found: "more tokens than the model's context",
          wanted: "at most \(model.configuration.context)", advice: "Shorten the prompt.")
      }
      let options = GenerationOptions(
        tokens: command.tokens, temperature: command.temperature, seed: command.seed,
        ignoresStop: command.ignoreStop, usesCache: command.cache)
      let generation = try model.generate(
        from: row.ids, adapter: adapter, options, context: context,
        onText: { piece in
          if streams { Report.piece(piece) }
        })
      return Result(
        text: generation.text, ids: generation.ids,
        tokens: generation.ids.map { model.tokenizer.token($0) ?? "" })
    }
    if json { try Report.json(result) } else { Report.line("") }
  }
}
