import Foundation
import SeerTokenizers
import Testing

/// Which tokens speak for a row under each family's template.
struct RowFamilyTests {
  /// A family's template on a SentencePiece tokenizer that knows `<s>`, `</s>` and `<|end|>`.
  func renderer(_ name: String) throws -> RowRenderer {
    let golden = try #require(ChatFamilyTests.golden().first { $0.name == name })
    var description = try TokenizerFile(path: TokenizerFileTests.path("llama2")).description
    description.chatTemplate = golden.template
    for (id, string) in description.vocabulary.enumerated() {
      if string == Array(golden.bos.utf8) { description.beginningOfText = id }
      if string == Array(golden.eos.utf8) { description.endOfText = id }
    }
    return try RowRenderer(try Tokenizer(description), template: .chat, maxTokens: 512)
  }

  @Test(arguments: [
    ("mistral-v0.1", "]", "</s>"), ("mistral-v0.3", "]", "</s>"), ("zephyr", "</s>", "</s>"),
    ("phi3", "<|end|>", "<|end|>"), ("gemma3", ">", ">"), ("llama3", ">", ">"),
    ("qwen2.5", ">", ">"),
  ])
  func lastAndPromptEnd(name: String, promptEnd: String, last: String) throws {
    let renderer = try renderer(name)
    let row = try renderer.render(prompt: "What is honesty?", response: "Telling the truth.")
    func token(_ index: Int) -> String { renderer.tokenizer.token(row.ids[index]) ?? "" }
    #expect(token(row.promptEnd) == promptEnd)
    #expect(token(row.last) == last)
    #expect(row.promptEnd < row.responseTokens.lowerBound)
    #expect(row.responseTokens.upperBound <= row.last)
    func text(_ range: Range<Int>) -> String { renderer.tokenizer.decode(row.ids[range]) }
    #expect(text(row.promptTokens).contains("What is honesty?"))
    #expect(text(row.responseTokens).contains("Telling the truth."))
    // The bare prompt: the opening of the answer comes last.
    let asked = try renderer.renderForGeneration(prompt: "Why?")
    #expect(asked.last == asked.ids.count - 1 && asked.promptEnd <= asked.last)
    // The template writes the beginning-of-text token once, if at all.
    let start = try #require(renderer.tokenizer.id(of: "<s>"))
    #expect(row.ids.filter { $0 == start }.count <= 1)
  }
}
