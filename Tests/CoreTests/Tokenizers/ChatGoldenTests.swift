import Foundation
import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

/// Templates in published style against transformers' `apply_chat_template`, with systems, tools,
/// documents, reasoning and blanks (Fixtures/Templates/make_chats.py).
struct ChatGoldenTests {
  /// A template by its name: a file of its own, or one of the families'.
  static func template(
    _ name: String, _ golden: JSON, options: ChatOptions
  ) throws -> ChatTemplate {
    var tokens: [String: String] = [:]
    for (name, key) in [("bos_token", "bos"), ("eos_token", "eos")] {
      if let token = golden[key]?.string { tokens[name] = token }
    }
    let path = Fixtures.folder + "/Templates/published/\(name).jinja"
    let text =
      FileManager.default.fileExists(atPath: path)
      ? try String(contentsOfFile: path, encoding: .utf8)
      : try #require(ChatFamilyTests.golden().first { $0.name == name }?.template)
    return ChatTemplate(text, tokens: tokens, options: options)
  }

  @Test func conversationsAreTheReference() throws {
    let golden = try JSON(path: Fixtures.folder + "/Templates/chats.json")
    var chats: [(messages: [ChatMessage], options: ChatOptions)] = []
    for chat in try #require(golden["chats"]).elements {
      var messages: [ChatMessage] = []
      for message in try #require(chat["messages"]).elements {
        messages.append(try ChatMessage(message))
      }
      var options = ChatOptions()
      for argument in try #require(chat["arguments"]).members {
        let name = String(decoding: argument.name, as: UTF8.self)
        options.arguments.append(
          try ChatOptions.Argument("\(name)=\(argument.value.written)"))
      }
      chats.append((messages, options))
    }
    var compared = 0
    for entry in try #require(golden["templates"]).elements {
      let name = try #require(entry["name"]?.string)
      let texts = try #require(entry["texts"]).elements
      for (place, (texts, chat)) in zip(texts, chats).enumerated() {
        let template = try Self.template(name, entry, options: chat.options)
        var bare: [UInt8] = []
        for (wanted, header) in zip(texts.elements, [false, true]) {
          let text = Result { () throws(Failure) in
            try template.text(chat.messages, generationHeader: header)
          }
          guard var bytes = wanted.bytes else {
            #expect(throws: Failure.self, "\(name) \(place)") { try text.get() }
            continue
          }
          if header {
            bytes = (bytes.first == UInt8(ascii: "+") ? bare : []) + bytes.dropFirst()
          } else {
            bare = bytes
          }
          switch text {
          case .success(let text):
            #expect(
              Array(text.utf8) == bytes,
              "\(name) \(place): \(text.debugDescription), not \(String(decoding: bytes, as: UTF8.self).debugDescription)"
            )
          case .failure(let failure): Issue.record("\(name) \(place): \(failure)")
          }
          compared += 1
        }
      }
    }
    #expect(compared > 1400)
  }
}
