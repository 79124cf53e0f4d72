import SeerWidgets
import Testing

/// What terminals answer, one sequence at a time.
@Suite struct AnswerTests {
  /// Where the terminal says what it stands on.
  @Test(
    arguments: [
      ("11;rgb:ffff/ffff/ffff", 0xFFFFFF), ("11;rgb:0000/0000/0000", 0),
      ("11;rgb:fd/f6/e3", 0xFDF6E3), ("11;rgb:1e1e/1e1e/2e2e", 0x1E1E2E),
      ("11;rgb:f/8/0", 0xFF8800), ("11;rgba:ffff/ffff/ffff/ffff", 0xFFFFFF),
      ("11;rgb:zz/00/00", nil), ("10;rgb:ffff/ffff/ffff", nil), ("11;rgb:ff/ff", nil), ("", nil),
      ("11;rgb:fffff/0/0", nil),
    ] as [(String, UInt32?)]) func grounds(answer: String, color: UInt32?)
  {
    #expect(TerminalAnswer("]", answer) == color.map(TerminalAnswer.ground))
  }

  @Test(
    arguments: [
      (0xFFFFFF, true), (0, false), (0xFDF6E3, true), (0x1E1E2E, false), (0xFF, false),
    ] as [(UInt32, Bool)])
  func lightGrounds(color: UInt32, isLight: Bool) { #expect(color.isLightColor == isLight) }

  @Test(
    arguments: [
      ("[", "?62;4;22c", .attributes(hasSixel: true)), ("[", "?1;2c", .attributes(hasSixel: false)),
      ("[", "?4c", .attributes(hasSixel: false)), ("[", "?6c", .attributes(hasSixel: false)),
      ("[", "6;20;10t", .cell(Size(width: 10, height: 20))), ("[", "6;0;10t", nil),
      ("[", "6;20t", nil), ("[", "4;600;800t", nil), ("[", "A", nil), ("[", "1;5C", nil),
      ("_", "Gi=4294967295;OK", .kitty), ("_", "Gi=4294967295;ENOTSUPPORTED:no", nil),
      ("_", "", nil),
      ("P", "1$r", nil),
    ] as [(Unicode.Scalar, String, TerminalAnswer?)])
  func others(kind: Unicode.Scalar, text: String, answer: TerminalAnswer?) {
    #expect(TerminalAnswer(kind, text) == answer)
  }

  @Test func whoIsAsked() {
    for name in ["", "dumb", "linux", "vt100", "screen", "screen-256color"] {
      #expect(!TerminalAnswer.canBeAsked(name))
    }
    #expect(TerminalAnswer.canBeAsked("xterm-256color") && TerminalAnswer.canBeAsked("tmux"))
    #expect(TerminalAnswer.question(pixels: true).hasSuffix("\u{1B}[c"), "its answer is the last")
    #expect(!TerminalAnswer.question(pixels: false).contains("_G"))
  }

  /// Kitty's graphics before sixels, and those only where cells have a size that is known.
  @Test func howPicturesAreSent() {
    func way(_ choice: PixelChoice, _ answers: TerminalAnswer...) -> Pixels.Way? {
      var pixels = Pixels(choice)
      for answer in answers { pixels.hear(answer) }
      return pixels.way
    }
    let cell = TerminalAnswer.cell(Size(width: 9, height: 18))
    #expect(way(.auto) == nil)
    #expect(way(.auto, .attributes(hasSixel: true)) == nil)
    #expect(way(.auto, cell, .attributes(hasSixel: true)) == .sixel)
    #expect(way(.auto, cell, .attributes(hasSixel: false)) == nil)
    #expect(way(.auto, .kitty, cell, .attributes(hasSixel: true)) == .kitty)
    #expect(way(.off, .kitty) == nil && way(.kitty) == .kitty && way(.sixel) == .sixel)
    #expect(!Pixels(.off).isAsked && Pixels(.auto).isAsked)
    var pixels = Pixels(.auto)
    pixels.hear(cell)
    #expect(pixels.cell == Size(width: 9, height: 18))
  }
}
