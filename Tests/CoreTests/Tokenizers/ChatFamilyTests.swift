import Foundation
import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

/// Every family's published templates against transformers
/// (Fixtures/ChatTemplates/make_templates.py).
struct ChatFamilyTests {
  struct Golden: Decodable {
    struct Chat: Decodable {
      let messages: [[String]]
      /// Without and with the opening of an answer; none where the template refuses the messages.
      let text: [String]
    }
    let name: String
    let family: String
    let template: String
    let bos: String
    let eos: String
    let chats: [Chat]
  }

  static func golden() throws -> [Golden] {
    try JSONDecoder().decode(
      [Golden].self,
      from: Data(TestSupport.bytes(ofFile: Fixtures.folder + "/ChatTemplates/templates.json")))
  }

  func messages(_ chat: Golden.Chat) -> [ChatMessage] {
    chat.messages.map {
      ChatMessage(ChatMessage.Role(rawValue: $0[0]), $0[1])
    }
  }

  @Test func conversationsAreTheReference() throws {
    let all = try Self.golden()
    #expect(Set(all.map(\.family)).count == 6)
    for golden in all {
      let template = ChatTemplate(
        golden.template, beginningOfText: golden.bos, endOfText: golden.eos)
      #expect(template.family.rawValue == golden.family, "\(golden.name)")
      for chat in golden.chats {
        let messages = messages(chat)
        guard chat.text.count == 2 else {
          let failure = try #require(
            thrownFailure { _ = try template.render(messages) }, "\(golden.name)")
          failure.expect(place: "chat template", found: "a system message")
          continue
        }
        for (text, header) in zip(chat.text, [false, true]) {
          let rendered = try template.render(messages, generationHeader: header)
          #expect(
            Array(rendered.text.utf8) == Array(text.utf8),
            "\(golden.name) \(chat.messages): \(rendered.text.debugDescription)")
          let bytes = Array(rendered.text.utf8)
          for turn in rendered.turns {
            let content = String(decoding: bytes[turn.content], as: UTF8.self)
            #expect(
              messages.contains {
                $0.role == turn.role && (content.isEmpty || $0.content.contains(content))
              })
            let end = String(decoding: bytes[turn.endOfTurn], as: UTF8.self)
            let ends = [
              "<|im_end|>", "<|eot_id|>", "<end_of_turn>", "</s>", "<|end|>", "[/INST]", " [/INST]",
            ]
            #expect(ends.contains(end), "\(golden.name): \(end)")
          }
        }
      }
    }
  }

  @Test func aFormOfTheUsersOwn() throws {
    let template = ChatTemplate(
      """
      {"start": "<s>", "user": {"before": "U: ", "end": "|", "after": "\\n"},
       "assistant": {"before": "A: ", "end": "|"}, "generation": "A: "}
      """)
    #expect(template.family == .unknown)
    let chat = [ChatMessage(.user, "hi"), ChatMessage(.assistant, "ho")]
    #expect(try template.render(chat).text == "<s>U: hi|\nA: ho|")
    #expect(try template.render([chat[0]], generationHeader: true).text == "<s>U: hi|\nA: ")
    let refused = thrownFailure { _ = try template.render([ChatMessage(.system, "x")]) }
    #expect(refused?.found == "a system message")
  }

  @Test(arguments: [
    ("{}", "no `user`"), ("{\"user\": 3, \"assistant\": {}, \"generation\": \"\"}", "`user` of"),
    ("[1]", "another type"), ("{\"user\": {}, ", "no JSON object"),
  ])
  func aBadForm(text: String, found: String) throws {
    let failure = try #require(
      thrownFailure { _ = try ChatFormat(json: Array(text.utf8), file: "t.json") })
    failure.expect(file: "t.json", place: "chat template", found: found)
  }
}
