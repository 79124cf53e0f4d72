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
        golden.template, tokens: ["bos_token": golden.bos, "eos_token": golden.eos])
      #expect(template.family.rawValue == golden.family, "\(golden.name)")
      for chat in golden.chats {
        let messages = messages(chat)
        guard chat.text.count == 2 else {
          let failure = try #require(
            thrownFailure { _ = try template.text(messages) }, "\(golden.name)")
          failure.expect(place: "chat template, line ", found: "that the template refuses: ")
          continue
        }
        for (text, header) in zip(chat.text, [false, true]) {
          let rendered = try template.render(messages, generationHeader: header)
          #expect(
            Array(rendered.text.utf8) == Array(text.utf8),
            "\(golden.name) \(chat.messages): \(rendered.text.debugDescription)")
          let bytes = Array(rendered.text.utf8)
          // A message's words are its own, perhaps without blanks at their ends; the two Mistral
          // templates that drop an early system message leave its range empty.
          for (message, range) in zip(messages, rendered.contents) {
            let words = String(decoding: bytes[range], as: UTF8.self)
            let blanks = CharacterSet.whitespacesAndNewlines
            #expect(
              words == message.content
                || words == message.content.trimmingCharacters(in: blanks)
                || words == message.content.trimmingCharacters(in: .newlines)
                || words.isEmpty && message.role == .system,
              "\(golden.name): \(words.debugDescription) of \(message)")
          }
        }
      }
    }
  }
}
