import ArgumentParser
import SeerFormats
import SeerModels
import SeerSupport

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Show a text's tokens.",
    discussion: """
      Special tokens written in the text are recognised.

      Example:
        seer tokenize --model smollm2 "The capital of France is"
      """)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Argument(help: "The text.") var text: String
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let ids: [Int32]
    let tokens: [String]
  }

  func run() throws {
    let (model, text) = (model, text)
    let result = try runJob("tokenize") { _ in
      let tokenizer = try LanguageModel(model).tokenizer
      let ids = tokenizer.encode(text)
      return Result(ids: ids, tokens: ids.map { tokenizer.token($0) ?? "" })
    }
    if json { return try Report.json(result) }
    for (id, token) in zip(result.ids, result.tokens) { Report.line("\(id)\t\(token)") }
  }
}
