import ArgumentParser
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Show a text's tokens, or what the chat template makes of a conversation.",
    discussion: """
      Special tokens written in the text are recognised. With --template chat the model's template
      writes the conversation of --messages (a JSON list of role and content) or of --prompt and
      --response; without an answer at its end, the opening of one follows only with --generate.

      Example:
        seer tokenize --model smollm2 "The capital of France is"
        seer tokenize --template chat --prompt "What is honesty?" --response "Telling the truth."
        seer tokenize --template chat --messages chat.json --template-arg enable_thinking=false
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "How the text is put to the model; chat writes a conversation.")
  var template: RowTemplate?
  @OptionGroup var chat: ChatArguments
  @Option(help: "A conversation: a JSON file, a list of messages with role and content.")
  var messages: String?
  @Option(help: "What the user says, in place of --messages.") var prompt: String?
  @Option(help: "What the assistant answers.") var response: String?
  @Flag(help: "Add the opening of the assistant's answer.") var generate = false
  @Argument(help: "The text.") var text: String?
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let ids: [Int32]
    let tokens: [String]
  }

  struct ChatResult: Encodable {
    struct Positions: Encodable {
      let last: Int
      let promptEnd: Int

      enum CodingKeys: String, CodingKey {
        case last
        case promptEnd = "prompt-end"
      }
    }
    let text: String
    let ids: [Int32]
    let tokens: [String]
    let positions: Positions
  }

  func validate() throws {
    guard template == .chat else {
      guard text != nil else { throw ValidationError("Give a text.") }
      for (name, isGiven) in [
        ("messages", messages != nil), ("prompt", prompt != nil), ("response", response != nil),
        ("generate", generate), ("template-file", chat.templateFile != nil),
        ("template-arg", !chat.templateArg.isEmpty), ("date", chat.date != nil),
      ] where isGiven {
        throw ValidationError("--\(name): found no --template chat, which it belongs to.")
      }
      return
    }
    guard text == nil, (messages == nil) != (prompt == nil) else {
      throw ValidationError("--template chat: give either --messages or --prompt, and no text.")
    }
    guard response == nil || prompt != nil else {
      throw ValidationError("--response: found no --prompt, which it answers.")
    }
  }

  func run() throws {
    if template == .chat { return try runChat() }
    let (model, text) = (model, text ?? "")
    let result = try runJob("tokenize") { _ in
      let tokenizer = try LanguageModel(model).tokenizer
      let ids = tokenizer.encode(text)
      return Result(ids: ids, tokens: ids.map { tokenizer.token($0) ?? "" })
    }
    if json { return try Report.json(result) }
    for (id, token) in zip(result.ids, result.tokens) { Report.line("\(id)\t\(token)") }
  }

  private func runChat() throws {
    let command = self
    let result = try runJob("tokenize") { _ in
      let turns = try command.turns()
      let tokenizer = try LanguageModel(command.model, chat: command.chat.options()).tokenizer
      let renderer = try RowRenderer(tokenizer, template: .chat, maxTokens: .max)
      let row =
        command.generate
        ? try renderer.renderForGeneration(turns: turns) : try renderer.render(turns: turns)
      return ChatResult(
        text: try tokenizer.chat.text(turns, generationHeader: command.generate), ids: row.ids,
        tokens: row.ids.map { tokenizer.token($0) ?? "" },
        positions: ChatResult.Positions(last: row.last, promptEnd: row.promptEnd))
    }
    if json { return try Report.json(result) }
    for (place, (id, token)) in zip(result.ids, result.tokens).enumerated() {
      let names = [
        place == result.positions.promptEnd ? "prompt-end" : nil,
        place == result.positions.last ? "last" : nil,
      ]
      Report.line("\(id)\t\(token)\t\(names.compactMap { $0 }.joined(separator: ", "))")
    }
  }

  private func turns() throws -> [ChatMessage] {
    if let messages { return try ChatMessage.conversation(ofFile: messages) }
    return [ChatMessage(.user, prompt ?? "")]
      + (response.map { [ChatMessage(.assistant, $0)] } ?? [])
  }
}
