import Foundation
import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

/// SmolLM2's tokenizer and what the reference implementation makes of many texts with it
/// (Fixtures/Tokenizers/golden.py).
enum TokenizerFixture {
  struct Golden: Decodable {
    var template: String
    var texts: [Text]
    var chats: [Chat]
  }

  struct Text: Decodable {
    var text: String
    /// By pre-tokenizer.
    var ids: [String: [Int32]]
    var decoded: String
    var plain: String
  }

  struct Chat: Decodable {
    /// Role and content of each message.
    var messages: [[String]]
    var text: String
    var generation: String
    var ids: [Int32]
  }

  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/Tokenizers")

  static func golden() throws -> Golden {
    try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: folder.appendingPathComponent("golden.json")))
  }

  /// More texts in the same form, for checks that are too large to commit.
  static func extra() throws -> [Text] {
    guard let path = ProcessInfo.processInfo.environment["SEER_TOKENIZER_GOLDEN"] else { return [] }
    return try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: URL(fileURLWithPath: path))
    ).texts
  }

  static func description() throws -> TokenizerDescription {
    let data = try Data(contentsOf: folder.appendingPathComponent("smollm2-vocabulary.txt"))
    var description = TokenizerDescription()
    try description.use(preTokenizer: "smollm")
    for line in data.split(separator: 0x0A).map({ [UInt8]($0) }) {
      if line.contains(0x20) { description.merges.append(line) }
      description.vocabulary.append(line.filter { $0 != 0x20 })
    }
    description.types = description.vocabulary.indices.map { $0 < 17 ? 3 : 1 }
    description.beginningOfText = 1
    description.endOfText = 2
    description.padding = 2
    description.unknown = 0
    description.chatTemplate = try golden().template
    return description
  }

  static let smollm2 = Result { try Tokenizer(description()) }

  /// A made-up tokenizer of a few merges: `a b`, `b c`, `ab c`, with `<x>` and `<xy>` as control
  /// tokens and `<u>` as a user-defined one.
  static func small() -> TokenizerDescription {
    var description = TokenizerDescription()
    let tokens = ["<x>", "<xy>", "<u>", "a", "b", "c", "Ġ", "ab", "bc", "abc", "Ã", "©"]
    description.vocabulary = tokens.map { Array($0.utf8) }
    description.types = [3, 3, 4] + Array(repeating: 1, count: tokens.count - 3)
    description.merges = ["a b", "b c", "ab c"].map { Array($0.utf8) }
    try? description.use(preTokenizer: "gpt-2")
    return description
  }
}

/// The failure that building a tokenizer ends in.
func failure(of description: TokenizerDescription) -> Failure? {
  do {
    _ = try Tokenizer(description)
    return nil
  } catch {
    return error
  }
}
