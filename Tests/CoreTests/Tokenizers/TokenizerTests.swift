import Foundation
import SeerTokenizers
import TestSupport
import Testing

struct TokenizerTests {
  @Test func theBestRankedMergeComesFirst() throws {
    let tokenizer = try Tokenizer(TokenizerFixture.small())
    #expect(tokenizer.encode("abc") == [9])
    #expect(tokenizer.encode("aab bc") == [3, 7, 6, 8])
    #expect(tokenizer.encode("bcabc") == [8, 9])
    #expect(tokenizer.token(9) == "abc")
    #expect(tokenizer.id(of: "abc") == 9)
    #expect(tokenizer.token(12) == nil && tokenizer.token(-1) == nil)
    #expect(tokenizer.decode([9, -5, 4000, 3]) == "abca")
  }

  @Test func specialTokensAreFoundLongestFirst() throws {
    let tokenizer = try Tokenizer(TokenizerFixture.small())
    #expect(tokenizer.encode("a<xy>b<x>") == [3, 1, 4, 0])
    #expect(tokenizer.encode("<u>") == [2])
    #expect(tokenizer.isSpecial(0) && !tokenizer.isSpecial(2) && !tokenizer.isSpecial(99))
    #expect(tokenizer.decode([3, 1, 4, 2], skipSpecial: true) == "ab<u>")
    // Without parsing only the user-defined one is; `<`, `>` and `x` have no tokens here.
    #expect(tokenizer.encode("a<x>b<u>c", parseSpecial: false) == [3, 4, 2, 5])
  }

  @Test func beginningOfTextIsAddedOnce() throws {
    var description = TokenizerFixture.small()
    description.beginningOfText = 0
    #expect(try Tokenizer(description).encode("a") == [3])
    description.addsBeginningOfText = true
    let tokenizer = try Tokenizer(description)
    #expect(tokenizer.encode("a") == [0, 3])
    #expect(tokenizer.encode("") == [0])
    #expect(tokenizer.encode("<x>a") == [0, 3])
    #expect(tokenizer.encode("a", addSpecial: false) == [3])
    #expect(tokenizer.encoding(of: " a").starts == [0, 0, 1])
  }

  @Test func bytesWithoutATokenAreLeftOut() throws {
    let tokenizer = try Tokenizer(TokenizerFixture.small())
    let encoding = tokenizer.encoding(of: "aZbc")
    #expect(encoding.ids == [9])
    #expect(encoding.starts == [0])
    #expect(tokenizer.encoding(of: "ZZab").starts == [2])
    #expect(tokenizer.encode("é") == [10, 11])
    #expect(tokenizer.decode([10]) == "\u{FFFD}")
  }

  @Test func tokensOfAByteRange() throws {
    let encoding = try Tokenizer(TokenizerFixture.small()).encoding(of: "ab a bc")
    #expect(encoding.starts == [0, 2, 3, 4, 5])
    #expect(encoding.tokens(overlapping: 0..<7) == 0..<5)
    #expect(encoding.tokens(overlapping: 1..<5) == 0..<4)
    #expect(encoding.tokens(overlapping: 2..<4) == 1..<3)
    #expect(encoding.tokens(overlapping: 6..<7) == 4..<5)
    #expect(encoding.tokens(overlapping: 3..<3).isEmpty)
    #expect(Encoding().tokens(overlapping: 0..<3).isEmpty)
  }

  @Test func aVocabularyWithDuplicatesIsRefused() {
    var description = TokenizerFixture.small()
    description.source = "model.gguf"
    description.vocabulary[8] = Array("ab".utf8)
    #expect(failure(of: description)?.kind == .badData)
    #expect(
      failure(of: description)?.description.contains(
        "model.gguf, vocabulary, token 8: found `ab`, which is token 7 already") == true)
    // Canonically equivalent is not equal.
    description = TokenizerFixture.small()
    description.vocabulary[10] = Array("\u{212B}".utf8)
    description.vocabulary[11] = Array("\u{C5}".utf8)
    #expect(failure(of: description) == nil)
    description.vocabulary = []
    #expect(failure(of: description)?.description.contains("0 tokens") == true)
  }

  @Test(arguments: [
    ("a z", "merge 1 (`a z`): found `z`, which is not in the vocabulary"),
    ("z a", "found `z`"), ("ab", "found no pair"), (" a", "found no pair"), ("", "found no pair"),
    ("a ", "found no pair"), ("a c", "its product missing from the vocabulary, wanted `ac`"),
    ("a b", "a second merge of this pair"),
  ])
  func aBadMergeIsRefused(merge: String, message: String) {
    var description = TokenizerFixture.small()
    description.merges[1] = Array(merge.utf8)
    #expect(failure(of: description)?.description.contains(message) == true)
  }

  @Test func badIdsTypesAndNamesAreRefused() {
    var description = TokenizerFixture.small()
    description.types.removeLast()
    #expect(failure(of: description)?.description.contains("found 11, wanted 12") == true)
    description.types.append(7)
    #expect(failure(of: description)?.description.contains("token 11: found type 7") == true)

    let paths: [(WritableKeyPath<TokenizerDescription, Int?>, String)] = [
      (\.beginningOfText, "bos"), (\.endOfText, "eos"), (\.unknown, "unknown"),
      (\.padding, "padding"),
    ]
    for (path, name) in paths {
      for id in [-1, 12, Int.max] {
        description = TokenizerFixture.small()
        description[keyPath: path] = id
        #expect(
          failure(of: description)?.description.contains("\(name) token id: found \(id)") == true)
      }
    }
    description = TokenizerFixture.small()
    description.addsBeginningOfText = true
    #expect(failure(of: description)?.description.contains("bos token id: found none") == true)
    description = TokenizerFixture.small()
    description.model = .unigram
    #expect(failure(of: description)?.description.contains("token scores: found 0") == true)
    description.scores = [Double](repeating: .nan, count: description.vocabulary.count)
    #expect(failure(of: description)?.description.contains("token 0: found nan") == true)
  }

  @Test func anUnknownPreTokenizerIsRefused() throws {
    var description = TokenizerFixture.small()
    let failure = try #require(
      thrownFailure { try description.use(preTokenizer: "nonsense") })
    #expect(failure.description.contains("found `nonsense`, wanted one of"))
    #expect(failure.description.contains("gpt-2, ") && failure.description.contains("tekken"))
  }

  @Test func aPatternThatCannotBeReadNamesThePlace() throws {
    do {
      _ = try Pattern(#"a(\p{L}"#)
      Issue.record("compiled")
    } catch {
      #expect(error.description.contains("byte 7"))
      #expect(error.description.contains("parenthesis"))
    }
  }

  @Test func emptyMatchesSplitNothing() throws {
    let pattern = try Pattern("x*")
    var pieces: [Range<Int>] = []
    var text = "éxxa日x"
    text.withUTF8 { pattern.split($0, base: 10, with: Pattern.Matcher(), into: &pieces) }
    #expect(pieces == [10..<12, 12..<14, 14..<18, 18..<19])
  }
}
