import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

struct ChatTemplateTests {
  @Test func conversationsAreTheReference() throws {
    let golden = try TokenizerFixture.golden()
    let tokenizer = try TokenizerFixture.smollm2.get()
    let template = ChatTemplate(golden.template)
    #expect(golden.chats.count >= 10)
    for chat in golden.chats {
      let messages = chat.messages.map {
        ChatMessage(ChatMessage.Role(rawValue: $0[0]), $0[1])
      }
      let rendered = try template.render(messages)
      #expect(Array(rendered.text.utf8) == Array(chat.text.utf8))
      let generation = try template.text(messages, generationHeader: true)
      #expect(Array(generation.utf8) == Array(chat.generation.utf8))
      #expect(tokenizer.encode(rendered.text, addSpecial: false) == chat.ids)
      let bytes = Array(rendered.text.utf8)
      for (message, range) in zip(messages, rendered.contents) {
        #expect(Array(bytes[range]) == Array(message.content.utf8))
        #expect(bytes[range.upperBound...].starts(with: "<|im_end|>".utf8))
      }
    }
  }

  @Test(arguments: [
    (nil, ChatTemplate.Family.none), (" \n", .none), ("{{ messages }}", .other),
    ("{{ '<|start_header_id|>' + role + '<|end_header_id|>' }}", .llama3),
    ("{{ bos_token }}{{ '[INST] ' + content + ' [/INST]' }}", .mistral),
    ("{{ '<<SYS>>' }}{{ '[INST] ' }}", .other),
    ("{{ '<start_of_turn>' + role }}", .gemma),
    ("{{ '<|user|>' }}{{ '<|assistant|>' }}{{ '<|end|>' }}", .phi3),
    ("{{ '<|user|>' }}{{ '<|assistant|>' }}{{ eos_token }}", .zephyr),
    ("{{ '<|im_start|>' + role + '<|im_sep|>' }}", .other),
    ("{{ '<|im_start|>' + role }}", .chatml),
  ])
  func familiesAreNamed(text: String?, family: ChatTemplate.Family) {
    #expect(ChatTemplate(text).family == family)
  }

  @Test func whatCannotBeRunSaysWhatToDo() throws {
    for (text, found) in [
      (nil, "none in the model"), (" \n", "none in the model"),
      ("\n{{ x", "the end of the template"),
      ("{% include 'x' %}", "`include`"),
    ] {
      let failure = try #require(
        thrownFailure { _ = try ChatTemplate(text).text([ChatMessage(.user, "x")]) })
      failure.expect(place: "chat template", found: found, advice: "--template plain")
      #expect(thrownFailure { try ChatTemplate(text).check() } == failure)
    }
    let empty = try #require(thrownFailure { _ = try ChatTemplate("x").text([]) })
    empty.expect(place: "chat template", found: "without messages")
  }

  @Test func messagesInJSONKeepWhatTemplatesKnow() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}], "name": "Ann"},
       {"role": "assistant", "content": null, "thinking": "hm", "x": null},
       {"content": "b", "role": "tool"}]}
      """, to: "chat.json")
    let messages = try ChatMessage.conversation(ofFile: path)
    #expect(messages.map(\.role.rawValue) == ["user", "assistant", "tool"])
    #expect(messages.map(\.content) == ["", "", "b"])
    let template = ChatTemplate("{% for m in messages %}{{ m | tojson }}\n{% endfor %}")
    #expect(
      try template.text(messages) == """
        {"role": "user", "content": [{"type": "text", "text": "a"}], "name": "Ann"}
        {"thinking": "hm", "role": "assistant", "reasoning_content": "hm"}
        {"role": "tool", "content": "b"}

        """)
  }

  @Test(arguments: [
    ("[]", "no list of messages"), ("{\"a\": 1}", "no list of messages"), ("[3]", "no object"),
    ("[{\"content\": \"x\"}]", "no text `role`"), ("[{\"role\": 3}]", "no text `role`"),
    ("[{\"role\": \"user\"", "end of the text"),
  ])
  func badConversations(text: String, found: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(text, to: "chat.json")
    let failure = try #require(
      thrownFailure { _ = try ChatMessage.conversation(ofFile: path) })
    failure.expect(file: path, found: found)
  }

  @Test func argumentsAreJSONAFileOrText() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("[{\"name\": \"é\"}]", to: "tools.json")
    var options = ChatOptions()
    for written in ["a=false", "b=[1, 2.50]", "c=two words", "d=", "e=x=y", "tools=@" + path] {
      options.arguments.append(try ChatOptions.Argument(written))
    }
    let text = "{{ [a, b, c, d, e, tools] | tojson }}{{ strftime_now('%d %b %Y') }}"
    let template = ChatTemplate(text, options: options)
    #expect(
      try template.text([ChatMessage(.user, "x")])
        == #"[false, [1, 2.5], "two words", "", "x=y", [{"name": "é"}]]26 Jul 2024"#)
    #expect(template.recordedArguments?["c"] == "\"two words\"")
    #expect(template.recordedDate == nil)
    #expect(ChatTemplate("{{ b }}", options: options).recordedArguments == ["b": "[1, 2.50]"])
    #expect(ChatTemplate("x", options: options).recordedArguments == nil)
  }

  @Test(arguments: [
    ("x", Failure.Kind.usage, "`x`"), ("=1", .usage, "`=1`"),
    ("messages=[]", .usage, "`messages`"), ("a=@no-such-file", .missingInput, "opening"),
    ("a=12345678901234567890", .badData, "12345678901234567890"),
  ])
  func badArguments(written: String, kind: Failure.Kind, found: String) throws {
    let failure = try #require(thrownFailure { _ = try ChatOptions.Argument(written) })
    failure.expect(kind, found: found)
  }

  @Test func toolsHaveTheirOwnTemplateWhereTheModelHasTwo() throws {
    let chat = [ChatMessage(.user, "x")]
    var options = ChatOptions()
    options.arguments = [try ChatOptions.Argument("tools=[]")]
    #expect(try ChatTemplate("a", tools: "b").text(chat) == "a")
    #expect(try ChatTemplate("a", tools: "b", options: options).text(chat) == "b")
    options.arguments = [try ChatOptions.Argument("tools=null")]
    #expect(try ChatTemplate("a", tools: "b", options: options).text(chat) == "a")
  }
}
