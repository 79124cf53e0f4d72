import LinearAlgebra
import SeerWidgets
import Testing

@Suite struct SurfaceTests {
  static let alphabet: [String] = [
    "a", "b", " ", "é", "e\u{301}", "日", "語", "⠿", "│", "👍", "\u{200D}", "x\u{308}\u{301}\u{302}",
  ]

  /// A surface with random writes, some of them across wide characters and over the edges.
  static func random(_ generator: inout SeededGenerator, size: Size) -> Surface {
    var surface = Surface(size)
    scribble(&surface, &generator, strokes: 40)
    return surface
  }

  static func scribble(
    _ surface: inout Surface, _ generator: inout SeededGenerator, strokes: Int
  ) {
    for _ in 0..<strokes {
      var text = ""
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        text += alphabet.randomElement(using: &generator) ?? "a"
      }
      let style = Bool.random(using: &generator) ? Style.plain : Style(attributes: .bold)
      surface.write(
        text, Int.random(in: -2..<surface.size.width, using: &generator),
        Int.random(in: -1...surface.size.height, using: &generator), style)
    }
  }

  @Test(arguments: 0..<40) func applyingTheDifferenceGivesTheNewScreen(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let size = Size(width: 23, height: 7)
    let old = Self.random(&generator, size: size)
    let new = Self.random(&generator, size: size)
    var screen = old
    for change in new.changes(from: old) { screen.apply(change) }
    #expect(zip(screen.cells, new.cells).allSatisfy { $0.looks(like: $1) })
    #expect(screen.text == new.text)
  }

  @Test(arguments: 0..<20) func onlyChangedCellsAreSent(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let old = Self.random(&generator, size: Size(width: 30, height: 8))
    var new = old
    Self.scribble(&new, &generator, strokes: 2)
    #expect(old.changes(from: old).isEmpty)
    for change in new.changes(from: old) {
      #expect(old[change.x, change.y] != new[change.x, change.y])
    }
  }

  @Test func anotherSizeSendsEverything() {
    let old = Surface(Size(width: 4, height: 2))
    let new = Surface(Size(width: 5, height: 2))
    #expect(new.changes(from: old).count == 10)
    #expect(new.changes(from: nil).count == 10)
  }

  /// Whatever is written, a right half follows a wide character and nothing else.
  @Test(arguments: 0..<40) func halvesStayTogether(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let surface = Self.random(&generator, size: Size(width: 11, height: 5))
    for y in 0..<surface.size.height {
      for x in 0..<surface.size.width {
        let isWide = surface[x, y].width == 2 && !surface[x, y].isRightHalf
        let next = x + 1 < surface.size.width && surface[x + 1, y].isRightHalf
        #expect(isWide == next, "at \(x), \(y)")
      }
    }
  }

  @Test func writingIsClipped() {
    var surface = Surface(Size(width: 5, height: 1))
    #expect(surface.write("日本語", 0, 0, .plain) == 4)
    #expect(surface.text == "日本\n")
    surface.write("abcdefgh", 1, 0, .plain, width: 2)
    #expect(surface.text == " ab\n")
    surface.write("x", 0, 5, .plain)
    surface.write("x", -1, 0, .plain)
    #expect(surface.text == " ab\n")
  }

  @Test func controlCharactersNeverGetIn() {
    var surface = Surface(Size(width: 8, height: 1))
    surface.write("a\u{1B}[2Jb\u{0}\n", 0, 0, .plain)
    #expect(surface.cells.allSatisfy { $0.scalar.value >= 0x20 })
    #expect(surface.cells.allSatisfy { $0.firstMark == 0 })
    #expect(surface.text == "a[2Jb\n")
  }

  @Test func asciiSurfaceHoldsOnlyASCII() {
    var surface = Surface(Size(width: 8, height: 1), asciiOnly: true)
    surface.write("é日e\u{301}⠿", 0, 0, .plain)
    #expect(surface.text == "???e?\n")
  }
}

@Suite struct TextTests {
  @Test(arguments: [
    ("a\u{1B}[2Jb", "a␛[2Jb"), ("tab\there", "tab here"), ("line\r\nnext", "line\nnext"),
    ("old\rmac", "old\nmac"), ("\u{202E}evil", "<202e>evil"), ("\u{7F}", "␡"), ("\u{85}", "<85>"),
    ("\u{FEFF}bom", "<feff>bom"),
  ])
  func controlCharactersAreMadeVisible(text: String, expected: String) {
    #expect(Array(Text.visible(text).utf8) == Array(expected.utf8))
  }

  @Test func visibleTextOfAnyScalarHasNoControls() {
    for value in UInt32(0)..<0x3000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for result in Text.visible(String(scalar)).unicodeScalars where result != "\n" {
        #expect(result.properties.generalCategory != .control, "of \(value)")
      }
    }
  }

  @Test(arguments: [
    ("one two three", 7, ["one two", "three"]),
    ("one two three", 8, ["one two", "three"]),
    ("unbreakable", 4, ["unbr", "eaka", "ble"]),
    ("a\nb", 5, ["a", "b"]),
    ("", 5, [""]),
    ("日本語の文", 4, ["日本", "語の", "文"]),
    ("a日本", 4, ["a日", "本"]),
    ("see 日本語", 6, ["see 日", "本語"]),
    ("two  spaces", 3, ["two", "spa", "ces"]),
  ])
  func wrapping(text: String, width: Int, lines: [String]) {
    #expect(Text.wrap(text, width: width) == lines)
  }

  @Test(arguments: 0..<30) func wrappedLinesFitAndLoseNothing(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let pieces = ["word", " ", "日本", "a", "longerword", "e\u{301}", " "]
    let text = (0..<60).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    let width = Int.random(in: 2...20, using: &generator)
    let lines = Text.wrap(text, width: width)
    for line in lines { #expect(DisplayWidth.of(line) <= width) }
    func letters(_ text: String) -> [Unicode.Scalar] { text.unicodeScalars.filter { $0 != " " } }
    #expect(letters(lines.joined()) == letters(text))
  }

  @Test(arguments: [
    ("hello", 5, "hello"), ("hello", 4, "hel…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
    ("ab", 1, "…"), ("ab", 0, ""),
  ])
  func cutting(text: String, width: Int, expected: String) {
    #expect(Text.cut(text, to: width) == expected)
  }
}
