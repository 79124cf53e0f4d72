import SeerSupport
import Testing

struct VisibleTextTests {
  @Test func linesKeepTheirEndsAndTabs() {
    #expect(VisibleText.lines("a\u{1B}[2J\n\tb\u{7}\r\n") == "a␛[2J\n\tb␇␍\n")
    #expect(VisibleText.line("a\nb\tc") == "a␊b␉c")
    #expect(VisibleText.lines("\u{9B}31m\u{7F}\u{202E}\u{2028}") == "<9b>31m␡<202e><2028>")
  }

  /// What is text in any language stays as it is, joined signs and combining marks too.
  @Test(arguments: ["", "plain", "שלום", "e\u{301} é", "👩‍👩‍👧‍👦", "\u{A0}·", "日本"])
  func textStays(text: String) {
    #expect(VisibleText.lines(text).utf8.elementsEqual(text.utf8))
    #expect(VisibleText.line(text).utf8.elementsEqual(text.utf8))
  }

  @Test func noControlCharacterIsLeft() {
    let all = String(String.UnicodeScalarView((0...0x2100).compactMap { Unicode.Scalar($0) }))
    let shown = VisibleText.line(all)
    #expect(shown.unicodeScalars.allSatisfy { VisibleText.picture(of: $0) == nil })
    #expect(
      shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
  }
}
