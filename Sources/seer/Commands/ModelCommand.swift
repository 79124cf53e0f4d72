import ArgumentParser
import Core

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Say what a model file is.",
    discussion: """
      A model is a GGUF file, or the name of one in the cache (smollm2 is the default model,
      fetched once by `make model`).

      Example:
        seer model smollm2
      """)

  @Argument(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let architecture: String
    let layers: Int
    let width: Int
    let heads: Int
    let kvHeads: Int
    let vocabulary: Int
    let parameters: Int
    let context: Int
    let quantization: String
    let template: String
  }

  func run() throws {
    let model = model
    let language = try runJob("model") { _ in try LanguageModel(model) }
    let c = language.configuration
    let result = Result(
      architecture: c.architecture, layers: c.blocks, width: c.width, heads: c.heads,
      kvHeads: c.kvHeads, vocabulary: c.vocabulary, parameters: language.parameters,
      context: c.context, quantization: language.quantization,
      template: language.chatTemplate.family.rawValue)
    if json { return try Report.json(result) }
    Report.line(
      """
      \(language.path)
      architecture   \(result.architecture)
      layers         \(result.layers) blocks (states of layers 0 to \(result.layers))
      width          \(result.width)
      heads          \(result.heads) query, \(result.kvHeads) key and value
      vocabulary     \(result.vocabulary)
      parameters     \(result.parameters)
      context        \(result.context) tokens
      quantization   \(result.quantization)
      template       \(result.template)
      """)
  }
}
