import ArgumentParser
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Say what a model is; without one, list the models on this machine.",
    discussion: """
      A model is a GGUF file (of a split one, any part), a Hugging Face folder, the name of one
      in the cache (smollm2 is the default model, fetched once by `make model`), or its name in
      another program's folder: hf:org/name, ollama:name:tag, llama.cpp:file.gguf,
      lmstudio:publisher/model/file.gguf. Nothing is downloaded. Everything in it
      that cannot be run is named with its place, and the exit code is 65. Memory and time are those
      of a run over so many tokens; the time is what products of matrices alone take on this machine.

      Example:
        seer model smollm2
        seer model
      """.reflowed)

  @Argument(help: "A GGUF file, a Hugging Face folder or a model's name; none lists what is here.")
  var model: String?
  @Option(help: "The tokens that memory and time are told for.") var tokens = 512
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

  func validate() throws {
    try checkNumber("tokens", tokens, from: 1, to: mostCounted)
  }

  func run() throws {
    guard let model else { return try ModelList.print(json: json) }
    let language = try runJob("model") { _ in
      do {
        return try LanguageModel(model)
      } catch {
        throw everything(wrongWith: model, error)
      }
    }
    let c = language.configuration
    let result = Result(
      architecture: c.architecture, layers: c.blocks, width: c.width, heads: c.heads,
      kvHeads: c.kvHeads, vocabulary: c.vocabulary, parameters: language.parameters,
      context: c.context, quantization: language.quantization,
      template: language.tokenizer.chat.family.rawValue)
    if json { return try Report.json(result) }
    let costs = language.costs(tokens: tokens)
    func megabytes(_ bytes: Int) -> String { Report.rounded(Double(bytes) / 1e6, 1) + " MB" }
    let copies =
      costs.copiedBytes > 0
      ? "; \(megabytes(costs.copiedBytes)) of them copied into memory, in another order" : ""
    let usable = self.usable(language.tokenizer.chat)
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
      template       \(result.template), \(usable)
      runs           yes
      weights        \(megabytes(costs.weightBytes)), mapped as stored\(copies)
      \(tokens) tokens
        one batch    \(megabytes(costs.batchBytes))
        generation   \(megabytes(costs.cacheBytes)) of keys and values
        at least     \(Report.rounded(costs.seconds ?? 0, 2)) s at this machine's \
      \(Report.rounded((costs.rate ?? 0) / 1e9, 0)) GFLOP/s
      """)
  }

  /// What can be done with the chat template.
  private func usable(_ chat: ChatTemplate) -> String {
    guard chat.family != .none else { return "--template plain only" }
    do throws(Failure) {
      try chat.check()
      return "run as the model's own"
    } catch {
      return "which cannot be run (found \(error.found)): --template plain, or a --template-file"
    }
  }

  /// Names all that is wrong but the last, which is left to be thrown; or the first where no more can
  /// be found out.
  private func everything(wrongWith model: String, _ first: any Error) -> any Error {
    guard let problems = try? ModelInspection(model).problems, problems.count > 1,
      let last = problems.last
    else { return first }
    Report.note("\(model): \(problems.count) things that this build cannot run:")
    for problem in problems.dropLast() { Report.note(problem.description) }
    return last
  }
}
