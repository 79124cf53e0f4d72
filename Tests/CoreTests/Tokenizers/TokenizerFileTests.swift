import Foundation
import SeerTokenizers
import TestSupport
import Testing

/// Tokenizers read from tokenizer.json, and what the `tokenizers` library makes of 201 texts with
/// them (Fixtures/TokenizerFiles/make_tokenizers.py).
struct TokenizerFileTests {
  static let folder = Fixtures.folder + "/TokenizerFiles/"
  static let kinds = [
    "llama3", "qwen2", "tekken", "prefixed", "digits", "words", "llama2", "gemma", "unknowns",
    "unigram", "unigram-first", "unigram-bytes",
  ]

  /// The ids, then the decoded text where it is another, then that without special tokens.
  struct Row: Decodable {
    let ids: [Int32]
    let decoded: String?
    let plain: String?

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      ids = try values.decode([Int32].self)
      decoded = values.isAtEnd ? nil : try values.decode(String.self)
      plain = values.isAtEnd ? decoded : try values.decode(String.self)
    }
  }

  static let texts = Result {
    try JSONDecoder().decode(
      [String].self, from: Data(TestSupport.bytes(ofFile: folder + "texts.json")))
  }
  static let golden = Result {
    try JSONDecoder().decode(
      [String: [Row]].self, from: Data(TestSupport.bytes(ofFile: folder + "golden.json")))
  }

  static func path(_ kind: String) -> String { folder + kind + "/tokenizer.json" }

  @Test(arguments: kinds)
  func idsAreTheReference(kind: String) throws {
    let tokenizer = try Tokenizer(try TokenizerFile(path: Self.path(kind)).description)
    let rows = try #require(Self.golden.get()[kind])
    let texts = try Self.texts.get()
    #expect(texts.count > 200 && rows.count == texts.count)
    for (text, row) in zip(texts, rows) {
      let encoding = tokenizer.encoding(of: text)
      #expect(encoding.ids == row.ids, "\(text.debugDescription)")
      #expect(encoding.starts.count == encoding.ids.count)
      #expect(encoding.starts == encoding.starts.sorted(), "\(text.debugDescription)")
    }
  }

  @Test(arguments: kinds)
  func decodedTextIsTheReference(kind: String) throws {
    let tokenizer = try Tokenizer(try TokenizerFile(path: Self.path(kind)).description)
    for (text, row) in zip(try Self.texts.get(), try #require(Self.golden.get()[kind])) {
      // The library writes an added token as it is looked for: with the normalizer's prefix.
      if kind == "llama2", text.contains("norm") { continue }
      // Compared as bytes: `==` on strings takes U+212B and U+00C5 for the same.
      let decoded = row.decoded ?? text
      #expect(Array(tokenizer.decode(row.ids).utf8) == Array(decoded.utf8), "\(decoded)")
      let plain = tokenizer.decode(row.ids, skipSpecial: true)
      #expect(Array(plain.utf8) == Array((row.plain ?? text).utf8), "\(text.debugDescription)")
    }
  }

  /// A GGUF file of the same tokenizers has scores in place of merges.
  @Test(arguments: ["llama2", "gemma"])
  func scoresGiveTheSameTokensAsMerges(kind: String) throws {
    let file = try TokenizerFile(path: Self.path(kind)).description
    var description = file
    description.model = .scoredBytePair
    description.merges = []
    description.scores = file.vocabulary.indices.map { -Double($0) }
    let tokenizer = try Tokenizer(description)
    for (text, row) in zip(try Self.texts.get(), try #require(Self.golden.get()[kind])) {
      #expect(tokenizer.encode(text) == row.ids, "\(text.debugDescription)")
    }
  }
}
