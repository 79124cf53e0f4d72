import SeerAnalysis
import SeerRuns
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Runs over conversations and columns of other names.
struct ConversationRunTests {
  let fixture: RunFixture

  init() throws { fixture = try RunFixture(rows: 3) }

  static let text = #"""
    {"chat": [{"role": "user", "content": "the sky"}, {"role": "assistant", "content": "blue"}, {"role": "user", "content": "the sea"}, {"role": "assistant", "content": "12"}], "kind": "a"}
    {"chat": [{"role": "user", "content": "the sky"}, {"role": "assistant", "content": "Gold"}], "kind": "b"}
    {"chat": [{"role": "user", "content": "the sky"}, {"role": "assistant", "content": "blue"}, {"role": "user", "content": "the sea"}], "kind": "b"}
    """#

  func extraction(_ messages: AnswerChoice, template: RowTemplate = .chat) throws -> Extraction {
    var extraction = fixture.extraction(template: template)
    extraction.concepts = try fixture.folder.write(Self.text, to: "chats.jsonl")
    extraction.columns = ConceptColumns(prompt: "chat", value: "kind", messages: messages)
    return extraction
  }

  @Test(arguments: RowTemplate.allCases)
  func theModelReadsWholeConversations(template: RowTemplate) throws {
    try fixture.run(try extraction(.last, template: template))
    let run = try Run.open(fixture.folder("run"))
    #expect(run.manifest.columns == ["prompt": "chat", "value": "kind"])
    #expect(
      run.rows.map(\.text) == [
        "user: the sky\nassistant: blue\nuser: the sea\nassistant: 12", "the sky\nGold",
        "user: the sky\nassistant: blue\nuser: the sea",
      ])
    // What rows are grouped by.
    #expect(
      run.rows.map(\.prompt) == [
        "user: the sky\nassistant: blue\nuser: the sea", "the sky",
        "user: the sky\nassistant: blue\nuser: the sea",
      ])
    let model = try TinyLlama.model()
    let renderer = try RowRenderer(model.tokenizer, template: template, maxTokens: 512)
    let turns = [
      ChatMessage(.user, "the sky"), ChatMessage(.assistant, "blue"), ChatMessage(.user, "the sea"),
      ChatMessage(.assistant, "12"),
    ]
    let whole = try renderer.render(turns: turns)
    let asked = try renderer.render(turns: Array(turns.dropLast()))
    let plain = try renderer.render(prompt: "the sky", response: "Gold")
    #expect(run.rows.map(\.tokens) == [whole, plain, asked].map(\.ids.count))
    #expect(whole.ids.starts(with: asked.ids))
    #expect(model.tokenizer.decode(whole.ids[whole.responseTokens]).contains("12"))
    #expect(asked.responseTokens.isEmpty)
    #expect(model.tokenizer.decode(asked.ids[asked.promptTokens]).hasSuffix("the sea"))
    #expect(whole.promptTokens == asked.promptTokens || template == .plain)
    if template == .chat { #expect(whole.promptEnd == asked.last) }
    let states = try model.states(whole.ids)
    let layer = TinyLlama.allLayers.last ?? 0
    let stored = try run.states(layer: layer)
    for column in 0..<stored.columns {
      #expect(abs(stored[0, column] - Float(states[layer][whole.last][column])) < 1e-3)
    }
  }

  @Test func allAnswersAreRows() throws {
    try fixture.run(try extraction(.all))
    let run = try Run.open(fixture.folder("run"))
    #expect(run.rows.map(\.concept) == ["a", "a", "b", "b"])
    #expect(run.rows[0].text == "the sky\nblue")
    #expect(run.manifest.columns?["messages"] == "all-answers")
    let failure = try #require(fixture.failure(try extraction(.last)))
    #expect(failure.found.contains("columns or messages"))
  }
}
