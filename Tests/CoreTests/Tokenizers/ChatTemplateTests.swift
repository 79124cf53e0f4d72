import SeerSupport
import SeerTokenizers
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
      let generation = try template.render(messages, generationHeader: true).text
      #expect(Array(generation.utf8) == Array(chat.generation.utf8))
      #expect(tokenizer.encode(rendered.text, addSpecial: false) == chat.ids)
      let bytes = Array(rendered.text.utf8)
      for (message, turn) in zip(messages, rendered.turns) {
        #expect(Array(bytes[turn.content]) == Array(message.content.utf8))
        #expect(Array(bytes[turn.endOfTurn]) == Array("<|im_end|>".utf8))
      }
    }
  }

  @Test(arguments: [
    (nil, ChatTemplate.Family.none), (" \n", .none), ("{{ messages }}", .unknown),
    ("{{ '<|start_header_id|>' + role + '<|end_header_id|>' }}", .llama3),
    ("{{ bos_token }}{{ '[INST] ' + content + ' [/INST]' }}", .mistral),
    ("{{ '<<SYS>>' }}{{ '[INST] ' }}", .unknown),
    ("{{ '<start_of_turn>' + role }}", .gemma),
    ("{{ '<|user|>' }}{{ '<|assistant|>' }}{{ '<|end|>' }}", .phi3),
    ("{{ '<|user|>' }}{{ '<|assistant|>' }}{{ eos_token }}", .zephyr),
    ("{{ '<|im_start|>' + role + '<|im_sep|>' }}", .unknown),
    ("{{ '<|im_start|>' + role }}", .chatml),
  ])
  func familiesAreRecognised(text: String?, family: ChatTemplate.Family) {
    #expect(ChatTemplate(text).family == family)
  }

  @Test func theDefaultSystemPromptIsReadFromTheTemplate() {
    func system(_ text: String) -> String? { ChatTemplate(text).format?.defaultSystem }
    #expect(system(#"{{ '<|im_start|>system\nBe kind<|im_end|>\n' }}"#) == "Be kind")
    #expect(system("{{ '<|im_start|>system\nBe kind<|im_end|>\n' }}") == "Be kind")
    #expect(system(#"{{ "<|im_start|>system\nDon't \"lie\"<|im_end|>" }}"#) == "Don't \"lie\"")
    #expect(system("{% if x %}<|im_start|>system\nRaw<|im_end|>\n{% endif %}") == "Raw")
    #expect(
      system(
        #"{{ '<|im_start|>system\n' + content + '<|im_end|>' }}{{ '<|im_start|>system\nB<|im_end|>' }}"#
      ) == "B")
    #expect(system(#"{{ '<|im_start|>' + role + '\n' + content + '<|im_end|>' }}"#) == nil)
    #expect(system("<|im_start|>system\n{{ content }}<|im_end|>") == nil)
    #expect(system("'<|im_start|>system") == nil)
  }

  @Test func otherFamiliesSayWhatToDo() {
    for (text, found) in [
      (nil, "none in the model"), ("{{ x }}", "one of no known family"),
      ("<|im_start|><|im_sep|>", "one of no known family"),
    ] {
      do throws(Failure) {
        _ = try ChatTemplate(text).render([ChatMessage(.user, "x")])
        Issue.record("rendered")
      } catch {
        #expect(error.kind == .badData)
        #expect(error.description.contains(found))
        #expect(error.description.contains("--template plain"))
      }
    }
  }
}
