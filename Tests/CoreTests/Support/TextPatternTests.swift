import SeerSupport
import TestSupport
import Testing

struct TextPatternTests {
  private func matches(
    _ pattern: String, isExpression: Bool = true, _ texts: [String]
  ) throws -> [Bool] {
    var packed = PackedTexts()
    for text in texts { packed.append(text) }
    return try TextPattern(pattern, isExpression: isExpression).matches(packed)
  }

  @Test(arguments: [
    ("led[gj]er", "The LEDGER", true), ("^b", "a\nb", true), ("a$", "a\nb", true),
    ("a.b", "a\nb", false), ("(?-i)É", "é", false), ("É", "é", true), ("\\w+", "日本語", true),
    ("\\bx\\b", "x", true), ("\\bx\\b", "ax", false), ("", "", true), ("x", "", false),
  ])
  func expressions(pattern: String, text: String, isMatch: Bool) throws {
    #expect(try matches(pattern, [text]) == [isMatch])
  }

  @Test func wordsStandForThemselves() throws {
    let texts = ["a.b", "axb", "A.B", "[", ""]
    #expect(try matches("a.b", isExpression: false, texts) == [true, false, true, false, false])
    #expect(try matches("[", isExpression: false, texts) == [false, false, false, true, false])
  }

  /// Texts stand beside each other in one buffer: nothing may be found across their ends.
  @Test func nothingIsFoundAcrossTexts() throws {
    #expect(try matches("ab", ["xa", "bx", "ab"]) == [false, false, true])
    #expect(try matches("a(?=b)", ["a", "b"]) == [false, false])
    #expect(try matches("(?<=a)b", ["a", "b"]) == [false, false])
    let many = (0..<5000).map { "row \($0)" }
    #expect(try matches("row 4999$", many).lastIndex(of: true) == 4999)
    #expect(try matches("row 4999$", many).filter { $0 }.count == 1)
    #expect(try matches("x", []).isEmpty)
  }

  @Test(arguments: [
    ("(", "character 2", "parenthesis"), ("é[", "character 3", "terminating ]"),
    ("a{2,1}", "character", "out of order"), ("*", "character 1", "quantifier"),
    ("\\C", "character 3", "\\C"),
  ])
  func whatCannotBeRead(pattern: String, place: String, found: String) {
    let failure = thrownFailure { _ = try matches(pattern, ["x"]) }
    failure?.expect(.usage, place: place, found: found)
    #expect(failure != nil)
  }

  @Test func endlessBacktrackingIsGivenUp() {
    let texts = [String](repeating: String(repeating: "a", count: 60) + "b", count: 200)
    let failure = thrownFailure { _ = try matches("^(a+)+$", texts) }
    failure?.expect(.usage, found: "backtracks too long")
    #expect(failure != nil)
  }
}
