import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

/// A GGUF file's chat templates: `tokenizer.chat_template`, and others by their names after a dot.
struct GGUFTemplateTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func tokenizer(
    _ templates: [String: String], _ options: ChatOptions = ChatOptions()
  ) throws -> Tokenizer {
    var builder = try TinyLlama.builder()
    builder.set("tokenizer.chat_template", nil)
    for (name, text) in templates { builder.set("tokenizer.chat_template" + name, .string(text)) }
    let path = try folder.write(builder.bytes, to: "model.gguf")
    return try LanguageModel(path, chat: options).tokenizer
  }

  @Test func oneIsForToolsAsInAFolder() throws {
    let templates = ["": "{{ 'plain' if messages }}", ".tool_use": "{{ 'tools' if messages }}"]
    let chat = [ChatMessage(.user, "x")]
    #expect(try tokenizer(templates).chat.text(chat) == "plain")
    for (tools, text) in [("tools=[]", "tools"), ("tools=null", "plain")] {
      let options = ChatOptions(arguments: [try ChatOptions.Argument(tools)])
      #expect(try tokenizer(templates, options).chat.text(chat) == text)
    }
    // Others are for who names them in a file of their own.
    #expect(try tokenizer(["": "{{ 'a' if messages }}", ".rag": "{% x"]).chat.text(chat) == "a")
    // Without one of no name, the only one is it.
    #expect(try tokenizer([".rag": "{{ 'rag' if messages }}"]).chat.text(chat) == "rag")
  }

  @Test func severalWithoutADefaultAreNamed() throws {
    let templates = [".rag": "{{ messages }}", ".tool_use": "{{ messages }}"]
    try #require(thrownFailure { _ = try tokenizer(templates) }).expect(
      file: folder("model.gguf"), place: "chat template", found: "templates named rag, tool_use",
      wanted: "one named default", advice: "--template-file")
  }

  @Test func oneThatIsNoTextIsRefused() throws {
    var builder = try TinyLlama.builder()
    builder.set("tokenizer.chat_template.tool_use", .uint32(1))
    let path = try folder.write(builder.bytes, to: "model.gguf")
    try #require(thrownFailure { _ = try LanguageModel(path) }).expect(
      place: "key tokenizer.chat_template.tool_use", found: "1", wanted: "a string")
  }
}
