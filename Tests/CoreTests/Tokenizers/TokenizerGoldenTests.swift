import Foundation
import LinearAlgebra
import SeerTokenizers
import Testing

struct TokenizerGoldenTests {
  @Test(arguments: ["smollm", "gpt-2", "default"])
  func idsAreTheReference(preTokenizer: String) throws {
    var description = try TokenizerFixture.description()
    try description.use(preTokenizer: preTokenizer)
    let tokenizer = try Tokenizer(description)
    let texts = try TokenizerFixture.golden().texts
    #expect(texts.count >= 60)
    for entry in try texts + TokenizerFixture.extra() {
      #expect(
        tokenizer.encode(entry.text) == entry.ids[preTokenizer], "\(entry.text.debugDescription)")
    }
  }

  struct Cuts: Decodable {
    struct Named: Decodable {
      let normalizer: String?
      /// The bytes of each text's pieces.
      let cuts: [[Int]]
    }

    let texts: [String]
    let names: [String: Named]
  }

  static let cutNames = [
    "llama-bpe", "falcon3", "dbrx", "glm4", "chatglm-bpe", "qwen2", "stablelm2", "tekken",
    "gpt-4o", "qwen35", "olmo", "exaone4", "refact", "command-r",
  ]

  /// Where texts are cut before any merge (Fixtures/Tokenizers/make_pretokenizers.py).
  @Test(arguments: cutNames)
  func textsAreCutAsTheReferenceCutsThem(name: String) throws {
    let data = try Data(
      contentsOf: TokenizerFixture.folder.appendingPathComponent("pretokenizers.json"))
    // Names have underscores of their own.
    let golden = try JSONDecoder().decode(Cuts.self, from: data)
    #expect(golden.names.keys.sorted() == Self.cutNames.sorted())
    let theirs = try #require(golden.names[name])
    var description = TokenizerDescription()
    try description.use(preTokenizer: name)
    #expect(description.normalizers.isEmpty == (theirs.normalizer == nil))
    try #require(theirs.cuts.count == golden.texts.count && golden.texts.count > 120)
    let matcher = Pattern.Matcher()
    for (text, cuts) in zip(golden.texts, theirs.cuts) {
      var normalized = Array(text.utf8).withUnsafeBufferPointer { NormalizedText($0, base: 0) }
      for normalizer in description.normalizers { normalizer.apply(to: &normalized, with: matcher) }
      let pieces = description.preTokenizer.split(&normalized, with: matcher)
      #expect(pieces.map(\.count) == cuts, "\(text.debugDescription)")
    }
  }

  @Test func decodedTextIsTheReference() throws {
    let tokenizer = try TokenizerFixture.smollm2.get()
    for entry in try TokenizerFixture.golden().texts + TokenizerFixture.extra() {
      let ids = try #require(entry.ids["smollm"])
      // Compared as bytes: `==` on strings takes U+212B and U+00C5 for the same.
      #expect(Array(tokenizer.decode(ids).utf8) == Array(entry.decoded.utf8))
      #expect(Array(tokenizer.decode(ids, skipSpecial: true).utf8) == Array(entry.plain.utf8))
    }
  }

  @Test func piecesOfAStreamAreTheWhole() throws {
    let tokenizer = try TokenizerFixture.smollm2.get()
    for entry in try TokenizerFixture.golden().texts {
      let ids = try #require(entry.ids["smollm"])
      #expect(streamed(ids, tokenizer) == Array(entry.decoded.utf8))
    }
    // Tokens at random cut characters in every way there is.
    var random = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      let ids = (0..<40).map { _ in Int32.random(in: 0..<300, using: &random) }
      #expect(streamed(ids, tokenizer) == Array(tokenizer.decode(ids).utf8))
    }
  }

  private func streamed(_ ids: [Int32], _ tokenizer: Tokenizer) -> [UInt8] {
    var decoder = StreamingDecoder(tokenizer)
    let pieces = ids.map { decoder.append($0) } + [decoder.finish()]
    return pieces.flatMap { Array($0.utf8) }
  }

  @Test func aStreamHoldsBackHalfACharacter() throws {
    let tokenizer = try TokenizerFixture.smollm2.get()
    let ids = tokenizer.encode("é🙂👩")
    var decoder = StreamingDecoder(tokenizer)
    let pieces = ids.map { decoder.append($0) }
    #expect(pieces.count > 3 && pieces.contains(""))
    #expect(pieces.joined() == "é🙂👩")
    #expect(pieces.allSatisfy { !$0.unicodeScalars.contains("\u{FFFD}") })
    #expect(decoder.finish() == "")

    for id in ids.dropLast() { _ = decoder.append(id) }
    #expect(decoder.finish() == "\u{FFFD}")
    #expect(decoder.finish() == "")
  }

  @Test func whatIsEncodedDecodesToItself() throws {
    let tokenizer = try TokenizerFixture.smollm2.get()
    var random = SeededGenerator(seed: 42)
    for _ in 0..<500 {
      let scalars = (0..<Int.random(in: 0..<60, using: &random)).map { _ in scalar(&random) }
      let text = String(String.UnicodeScalarView(scalars))
      #expect(Array(tokenizer.decode(tokenizer.encode(text)).utf8) == Array(text.utf8))
    }
  }

  /// A random scalar whose bytes all have tokens in SmolLM2's vocabulary, of every length.
  private func scalar(_ random: inout SeededGenerator) -> Unicode.Scalar {
    let ranges: [ClosedRange<UInt32>] = [
      0x20...0x7E, 0x09...0x0D, 0xA0...0x7FF, 0x800...0xFFFF, 0x10000...0x3FFFF, 0x300...0x36F,
      0x1F300...0x1FAFF,
    ]
    while true {
      guard let range = ranges.randomElement(using: &random),
        let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random))
      else { continue }
      return scalar
    }
  }

  @Test func startsPointIntoTheText() throws {
    let tokenizer = try TokenizerFixture.smollm2.get()
    for entry in try TokenizerFixture.golden().texts {
      let encoding = tokenizer.encoding(of: entry.text)
      let bytes = Array(entry.text.utf8)
      #expect(encoding.starts.count == encoding.ids.count)
      #expect(encoding.starts == encoding.starts.sorted())
      for (id, start) in zip(encoding.ids, encoding.starts) {
        let piece = tokenizer.bytes(of: id)
        // Bytes without a token are left out inside a token too.
        if Array(entry.decoded.utf8) == bytes {
          #expect(Array(bytes.dropFirst(start).prefix(piece.count)) == piece)
        } else {
          #expect(bytes.dropFirst(start).first == piece.first)
        }
      }
    }
  }

  @Test func longWordsMergeAsShortOnesDo() throws {
    let tokenizer = try TokenizerFixture.smollm2.get()
    var random = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      let letters = Array("eeetttaaoinshrdlu".utf8)
      let word = (0..<Int.random(in: 1..<300, using: &random)).map { _ in
        letters.randomElement(using: &random) ?? 0
      }
      #expect(merged(word, tokenizer, longWord: 0) == merged(word, tokenizer, longWord: .max))
    }
  }

  private func merged(_ word: [UInt8], _ tokenizer: Tokenizer, longWord: Int) -> Encoding {
    var merger = BytePairMerger()
    for (start, byte) in word.enumerated() {
      merger.append(tokenizer.model.byteTokens[Int(byte)], start: start)
    }
    if case .ranked(let merges) = tokenizer.model.kind {
      merges.withLookup { merger.merge(with: $0, longWord: longWord) }
    }
    return Encoding(ids: merger.symbols, starts: merger.starts)
  }

  /// Would take hours if any step were quadratic.
  @Test func aMegabyteWithoutASpaceIsNoProblem() throws {
    let tokenizer = try TokenizerFixture.smollm2.get()
    for text in [
      String(repeating: "a", count: 1_000_000), String(repeating: " ", count: 1_000_000) + "x",
      String(repeating: "日本", count: 160_000), String(repeating: "<", count: 1_000_000),
    ] {
      let ids = tokenizer.encode(text)
      #expect(ids.count < text.utf8.count)
      #expect(Array(tokenizer.decode(ids).utf8) == Array(text.utf8))
    }
  }
}
