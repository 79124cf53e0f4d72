import SeerAnalysis
import SeerSupport
import TestSupport
import Testing

/// Conversations in concept files.
struct ConversationRowsTests {
  func rows(
    _ line: String, _ messages: AnswerChoice = .last, requiresConcepts: Bool = false
  ) throws -> [ConceptSet.Row] {
    try conceptSet(
      line, named: "c.jsonl", columns: ConceptColumns(messages: messages),
      requiresConcepts: requiresConcepts
    ).rows
  }

  static let system = ChatMessage(.system, "Be brief.")
  static let three = [
    ChatMessage(.user, "Hi"), ChatMessage(.assistant, "Hello"), ChatMessage(.user, "Why?"),
  ]

  /// One prompt and its answer is a plain row, however it is written.
  @Test(arguments: [
    #"{"prompt": "Hi", "response": "Hello"}"#,
    #"{"prompt": [{"role": "user", "content": "Hi"}], "response": "Hello"}"#,
    #"{"prompt": "Hi", "response": [{"role": "assistant", "content": "Hello"}]}"#,
    #"{"prompt": "Hi", "response": [{"content": [{"type": "text", "text": "Hel"}, "lo"], "role": "assistant"}]}"#,
    #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "tool_calls": []}]}"#,
    #"{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello", "weight": 1}]}"#,
    #"{"prompt": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}"#,
    #"{"prompt": "Hi", "prompt_id": "7", "messages": null, "response": "Hello"}"#,
  ])
  func onePromptAndItsAnswer(line: String) throws {
    #expect(try rows(line) == [.init(prompt: "Hi", response: "Hello")])
    #expect(try rows(line, .all) == [.init(prompt: "Hi", response: "Hello")])
  }

  static let long = #"""
    {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Why?"},
    {"role": "assistant", "content": "So."}], "value": "x", "split": "test"}
    """#

  @Test func theLastAnswerOrAll() throws {
    let whole = ConceptSet.Row(
      prompt: "Why?", response: "So.", concept: "x", split: .test,
      turns: [Self.system] + Self.three)
    #expect(try rows(Self.long) == [whole])
    #expect(whole.messages == [Self.system] + Self.three + [ChatMessage(.assistant, "So.")])
    #expect(whole.foldKey == "system: Be brief.\nuser: Hi\nassistant: Hello\nuser: Why?")
    #expect(whole.text == whole.foldKey + "\nassistant: So.")
    #expect(
      try rows(Self.long, .all) == [
        ConceptSet.Row(
          prompt: "Hi", response: "Hello", concept: "x", split: .test,
          turns: [Self.system, Self.three[0]]), whole,
      ])
  }

  @Test func aConversationThatEndsWithTheUserHasNoResponse() throws {
    let line = #"""
      {"conversations": [{"from": "user", "value": "Hi"}, {"from": "model", "value": "Hello"},
      {"from": "human", "value": "Why?"}]}
      """#
    #expect(try rows(line) == [.init(prompt: "Why?", turns: Self.three)])
    #expect(try rows(line, .all) == [.init(prompt: "Hi", response: "Hello")])
  }

  @Test(arguments: [
    #"{"prompt": "Why?", "chosen": "Good.", "rejected": "Bad."}"#,
    #"{"prompt": [{"role": "user", "content": "Why?"}], "chosen": [{"role": "assistant", "content": "Good."}], "rejected": [{"role": "assistant", "content": "Bad."}]}"#,
    #"{"prompt": "Why?", "chosen": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Good."}], "rejected": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Bad."}]}"#,
    #"{"chosen": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Good."}], "rejected": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Bad."}], "messages": [{"role": "user", "content": "Why?"}]}"#,
  ])
  func aPairIsTwoRows(line: String) throws {
    let pair = try rows(line, requiresConcepts: true)
    #expect(
      pair == [
        .init(prompt: "Why?", response: "Good.", concept: "chosen"),
        .init(prompt: "Why?", response: "Bad.", concept: "rejected"),
      ])
    let labelled = try rows(
      line.replacing("{\"prompt\"", with: "{\"value\": \"x\", \"prompt\"").replacing(
        "{\"chosen\"", with: "{\"value\": \"x\", \"chosen\""), requiresConcepts: true)
    #expect(labelled.map(\.concept) == ["x", "x"])
  }

  @Test func aColumnOfConversationsMayBeNamed() throws {
    let set = try conceptSet(
      #"{"chat": [{"role": "user", "content": "Hi"}], "prompt": "no", "label": 1}"#,
      named: "c.jsonl", columns: ConceptColumns(prompt: "chat", value: "label"))
    #expect(set.rows == [.init(prompt: "Hi", concept: "1")])
  }

  @Test func conversationsByColumn() throws {
    let set = try conceptSet(
      #"{"messages": [[{"role": "user", "content": "Hi"}], [{"role": "user", "content": "Ho"}]], "value": ["x", "y"]}"#,
      named: "c.json")
    #expect(set.rows == [.init(prompt: "Hi", concept: "x"), .init(prompt: "Ho", concept: "y")])
    let lone = try conceptSet(
      #"{"messages": [{"role": "user", "content": "Hi"}]}"#, named: "c.json",
      requiresConcepts: false)
    #expect(lone.rows == [.init(prompt: "Hi")])
  }

  @Test(arguments: [
    (#"{"messages": []}"#, "column `messages`: found an empty list"),
    (#"{"messages": "Hi"}"#, "column `messages`: found text, wanted a list of messages"),
    (#"{"messages": {"role": "user"}}"#, "found an object"),
    (#"{"messages": [["user", "Hi"]]}"#, "found a list of other things than messages"),
    (#"{"messages": [{"content": "Hi"}]}"#, "found message 0 without `role`"),
    (#"{"messages": [{"role": "user"}]}"#, "found message 0 without `content`"),
    (#"{"messages": [{"role": "user", "content": null}]}"#, "found message 0 without `content`"),
    (#"{"messages": [{"role": 1, "content": "Hi"}]}"#, "found no text as `role` of message 0"),
    (#"{"messages": [{"role": "user", "content": {"a": 1}}]}"#, "found an object as the content"),
    (#"{"messages": [{"role": "user", "content": 3}]}"#, "found a number as the content"),
    (
      #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}"#,
      "found a part of the type `image_url` in message 0"
    ),
    (
      #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "", "tool_calls": [{"id": 1}]}]}"#,
      "found `tool_calls` in message 1"
    ),
    (
      #"{"messages": [{"role": "user", "content": "Hi", "images": ["a.png"]}]}"#,
      "found `images` in message 0"
    ),
    (
      #"{"messages": [{"role": "system", "content": "Hi"}]}"#,
      "found a conversation without a message of the user"
    ),
    (
      #"{"chosen": "Good.", "rejected": "Bad."}"#,
      "column `chosen`: found an answer without its prompt"
    ),
    (
      #"{"prompt": "Who?", "response": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]}"#,
      "column `response`: found a conversation that does not have the row's `prompt` in it"
    ),
  ])
  func whatIsNoConversationIsRefused(line: String, expected: String) {
    let found = message { () throws(Failure) in
      _ = try conceptSet(
        "{\"prompt\": \"first\"}\n" + line, named: "c.jsonl", requiresConcepts: false)
    }
    #expect(found.contains("badData: c.jsonl, line 2"), "\(found)")
    #expect(found.contains(expected), "\(found)")
  }

  /// As `to_csv` writes them, and JSON in JSON.
  @Test(arguments: [
    ("prompt\n\"[{'role': 'user', 'content': 'Hi'}]\"\n[1] is no list of messages\n", "c.csv"),
    (#"{"prompt": "[{\"from\": \"human\", \"value\": \"Hi\"}]"}"#, "c.jsonl"),
  ])
  func messagesWrittenAsTextAreTold(text: String, name: String) throws {
    let set = try conceptSet(text, named: name, requiresConcepts: false)
    #expect(set.notes.count == 1)
    #expect(set.notes[0].contains("1 row holds a list of messages written as text, first on line"))
  }

  @Test func aSystemPromptBesideTheConversationIsTold() throws {
    let set = try conceptSet(
      #"{"system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}]}"#,
      named: "c.jsonl", requiresConcepts: false)
    #expect(set.notes.count == 1 && set.notes[0].contains("the column `system` was not read"))
  }
}
