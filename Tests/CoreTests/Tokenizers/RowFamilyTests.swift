import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

/// Which tokens speak for a row under each family's template.
struct RowFamilyTests {
  /// A family's template on a SentencePiece tokenizer that knows `<s>`, `</s>` and `<|end|>`.
  func renderer(_ name: String) throws -> RowRenderer {
    let golden = try #require(ChatFamilyTests.golden().first { $0.name == name })
    return try renderer(template: golden.template, bos: golden.bos, eos: golden.eos)
  }

  func renderer(template: String, bos: String = "<s>", eos: String = "</s>") throws -> RowRenderer {
    var description = try TokenizerFile(path: TokenizerFileTests.path("llama2")).description
    description.chatTemplate = template
    description.templateTokens = ["bos_token": bos, "eos_token": eos]
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
  /// What templates may write around turns, and which tokens then end question and answer.
  @Test(arguments: [
    // Every turn ends otherwise where it is the last one: the question's end cannot be told.
    (
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ '.]' if loop.last else '.)' }}{% endfor %}",
      "?", "]"
    ),
    // More after the conversation's end.
    (
      "{% for m in messages %}{{ m.content }}|\n{% endfor %}{% if not add_generation_prompt %}{{ eos_token }}{% endif %}",
      "|", "|"
    ),
    // Two marks, the second of which ends the turn.
    ("{% for m in messages %}{{ m.content }}|{{ eos_token }}\n{% endfor %}", "</s>", "</s>"),
    // No mark after the question's words.
    (
      "{% for m in messages %}{{ '<U>' if m.role == 'user' else '<A>' }}{{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}",
      "?", "</s>"
    ),
    // The question's turn opens the answer.
    (
      "{% for m in messages %}{{ m.content }}<|end|>{% if m.role == 'user' %}\n<|assistant|>\n{% endif %}{% endfor %}",
      "<|end|>", "<|end|>"
    ),
    // Neither speaks of the other.
    ("{% for m in messages %}{{ m.content }}{% endfor %}", "?", "."),
  ])
  func turnsEnd(template: String, promptEnd: String, last: String) throws {
    let renderer = try renderer(template: template)
    let row = try renderer.render(prompt: "Why is the sky blue?", response: "It scatters light.")
    func token(_ index: Int) -> String { renderer.tokenizer.token(row.ids[index]) ?? "" }
    #expect(token(row.promptEnd) == promptEnd)
    #expect(token(row.last) == last)
    #expect(row.promptEnd < row.responseTokens.lowerBound)
  }

  /// Earlier turns change nothing about who speaks: the last question and its answer.
  @Test func aConversationOfManyTurns() throws {
    let renderer = try renderer("qwen3")
    let turns = [
      ChatMessage(.system, "Be brief."), ChatMessage(.user, "One?"),
      ChatMessage(.assistant, "<think>\nfirst\n</think>\n\nOne."), ChatMessage(.user, "Two?"),
      ChatMessage(.assistant, "<think>\nsecond\n</think>\n\nTwo."),
    ]
    let row = try renderer.render(turns: turns)
    func text(_ range: Range<Int>) -> String { renderer.tokenizer.decode(row.ids[range]) }
    #expect(text(row.promptTokens).contains("Two?") && !text(row.promptTokens).contains("One"))
    #expect(text(row.responseTokens).contains("<think>\nsecond\n</think>\n\nTwo."))
    #expect(!text(0..<row.ids.count).contains("first"))
    #expect(row.responseTokens.upperBound <= row.last)
    let asked = try renderer.render(turns: Array(turns.dropLast()))
    #expect(asked.responseTokens.isEmpty && asked.last == asked.promptEnd)
    #expect(asked.ids.prefix(asked.last + 1) == row.ids.prefix(row.promptEnd + 1))
    let opened = try renderer.renderForGeneration(turns: Array(turns.dropLast()))
    #expect(opened.last == opened.ids.count - 1 && opened.promptEnd == row.promptEnd)
    let plain = try RowRenderer(renderer.tokenizer, template: .plain, maxTokens: 512)
    let lines = try plain.render(turns: turns)
    #expect(plain.tokenizer.decode(lines.ids[lines.promptTokens]).contains("Two?"))
    #expect(lines.ids == plain.tokenizer.encode(turns.map(\.content).joined(separator: "\n")))
  }

  @Test func wordsThatCannotBeTold() throws {
    let picky =
      "{% for m in messages %}{% if m.content not in ['a', 'aa'] %}{{ raise_exception('no') }}{% endif %}{{ m.content }}|aa{% endfor %}"
    let failure = try #require(
      thrownFailure { _ = try renderer(template: picky).render(prompt: "a") })
    failure.expect(place: "chat template", found: "message 1", advice: "--template plain")
  }
}
