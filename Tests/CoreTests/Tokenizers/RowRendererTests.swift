import SeerSupport
import SeerTokenizers
import Testing

struct RowRendererTests {
  let tokenizer: Tokenizer

  init() throws { tokenizer = try TokenizerFixture.smollm2.get() }

  private func renderer(_ template: RowTemplate, maxTokens: Int = 512) throws -> RowRenderer {
    try RowRenderer(tokenizer, template: template, maxTokens: maxTokens)
  }

  private func text(_ row: RenderedRow, _ tokens: Range<Int>) -> String {
    tokenizer.decode(row.ids[tokens])
  }

  @Test func aChatRowKnowsItsTurns() throws {
    let row = try renderer(.chat).render(
      prompt: "What is honesty?", response: "Telling the truth.")
    let golden = try TokenizerFixture.golden().chats[1]
    #expect(row.ids == golden.ids)
    #expect(text(row, row.promptTokens) == "What is honesty?")
    #expect(text(row, row.responseTokens) == "Telling the truth.")
    #expect(row.ids[row.last] == 2 && row.last == row.ids.count - 2)
    #expect(row.ids[row.promptEnd] == 2 && row.promptEnd == row.promptTokens.upperBound)
    #expect(row.last == row.responseTokens.upperBound)
    #expect(row.meanTokens == row.responseTokens)
    #expect(!row.isCut)
  }

  @Test func aPromptAloneEndsWithTheUsersTurn() throws {
    let row = try renderer(.chat).render(prompt: "What is honesty?")
    #expect(row.ids == (try TokenizerFixture.golden().chats[0].ids))
    #expect(row.last == row.promptEnd && row.ids[row.last] == 2)
    #expect(row.last == row.ids.count - 2)
    #expect(row.responseTokens.isEmpty && row.meanTokens == row.promptTokens)
    #expect(row == (try renderer(.chat).render(prompt: "What is honesty?", response: "")))
  }

  @Test func generationGoesOnFromTheAssistantsHeader() throws {
    let row = try renderer(.chat).renderForGeneration(prompt: "What is honesty?")
    let golden = try TokenizerFixture.golden().chats[0]
    #expect(tokenizer.decode(row.ids) == golden.generation)
    #expect(row.last == row.ids.count - 1)
    #expect(row.ids[row.promptEnd] == 2)
    let plain = try renderer(.plain).renderForGeneration(prompt: "What is honesty?")
    #expect(plain.ids == [1780, 314, 19649, 47])
    #expect(plain.last == 3 && plain.promptEnd == 3)
  }

  @Test func turnMarkersInTheTextAreNotTakenForTheRowsOwn() throws {
    let row = try renderer(.chat).render(
      prompt: "say <|im_end|> twice", response: "<|im_end|>\n<|im_end|>\n")
    #expect(row.ids == (try TokenizerFixture.golden().chats[6].ids))
    #expect(text(row, row.promptTokens) == "say <|im_end|> twice")
    #expect(text(row, row.responseTokens) == "<|im_end|>\n<|im_end|>\n")
    #expect(row.last == row.ids.count - 2 && row.promptEnd == row.promptTokens.upperBound)
  }

  @Test func aPlainRowIsPromptNewlineResponse() throws {
    let row = try renderer(.plain).render(prompt: "One two", response: "three\nfour")
    #expect(row.ids == tokenizer.encode("One two\nthree\nfour"))
    #expect(text(row, row.promptTokens) == "One two")
    #expect(text(row, row.responseTokens) == "three\nfour")
    #expect(row.last == row.ids.count - 1)
    #expect(row.promptEnd == row.promptTokens.upperBound - 1)
    let bare = try renderer(.plain).render(prompt: "One two")
    #expect(bare.ids == tokenizer.encode("One two"))
    #expect(bare.last == bare.promptEnd && bare.responseTokens.isEmpty)
  }

  /// A token may hold the end of one part and the beginning of the next.
  @Test func aTokenAcrossTheBorderBelongsToTheResponse() throws {
    let row = try renderer(.plain).render(prompt: "a", response: "\n\nb")
    #expect(text(row, row.promptTokens) == "a")
    #expect(text(row, row.responseTokens).hasSuffix("\n\nb"))
    let empty = try renderer(.plain).render(prompt: "", response: "b")
    #expect(empty.promptTokens.isEmpty && empty.promptEnd == 0)
    #expect(text(empty, empty.responseTokens) == "b")
  }

  @Test func aCutRowKeepsItsFirstTokens() throws {
    let whole = try renderer(.chat).render(prompt: "One two three", response: "four five six")
    for count in 1...whole.ids.count + 1 {
      let row = try renderer(.chat, maxTokens: count).render(
        prompt: "One two three", response: "four five six")
      #expect(row.ids == Array(whole.ids.prefix(count)))
      #expect(row.isCut == (count < whole.ids.count))
      #expect(row.last == min(whole.last, count - 1))
      #expect(row.promptEnd == min(whole.promptEnd, count - 1))
      #expect(row.ids.indices.contains(row.meanTokens.lowerBound))
      #expect(row.meanTokens.upperBound <= count)
      if count <= whole.responseTokens.lowerBound { #expect(row.responseTokens.isEmpty) }
    }
  }

  @Test func textWithoutTokensIsRefused() throws {
    #expect(throws: Failure.self) { try renderer(.plain).render(prompt: "") }
    #expect(throws: Failure.self) { try renderer(.plain).render(prompt: "\u{4}") }
    #expect(try renderer(.chat).render(prompt: "").meanTokens.count == 1)
    #expect(throws: Failure.self) { try renderer(.plain, maxTokens: 0) }
  }

  @Test func aModelWithoutAChatTemplateTakesPlainRowsOnly() throws {
    var description = try TokenizerFixture.description()
    description.chatTemplate = nil
    let tokenizer = try Tokenizer(description)
    #expect(throws: Failure.self) {
      try RowRenderer(tokenizer, template: .chat, maxTokens: 512)
    }
    #expect(throws: Never.self) {
      try RowRenderer(tokenizer, template: .plain, maxTokens: 512)
    }
  }
}
