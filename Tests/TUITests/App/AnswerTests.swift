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

/// Sequences that begin with an Esc, whatever pieces they come in.
@Suite struct EscapeSequenceTests {
  /// How many characters of a text a sequence takes, the first being what follows the Esc, and what it is
  /// then; nil: it goes on.
  private func taken(_ text: String) -> (count: Int, step: EscapeSequence.Step, sequence: String) {
    var sequence = EscapeSequence()
    for (index, scalar) in text.unicodeScalars.enumerated() {
      let step = sequence.take(scalar)
      if step != .more { return (index + (step == .whole ? 1 : 0), step, sequence.text) }
    }
    return (text.unicodeScalars.count, .more, sequence.text)
  }

  @Test(arguments: [
    // Control sequences end with their letter, whatever parameters they have (ECMA-48, 5.4).
    "[A", "[1;5C", "[27;5;106~", "[106;5u", "[?1;2$y", "[<0;9;23M", "[!p", "[=1;2:3 q", "[200~",
    "[@", "[~", "[}", "[1;1;1;1;1;1;1;1z",
    // One character after SS3; what the Linux console sends.
    "OA", "Oj", "O~", "OM", "[[A", "[[E",
    // Alt and a key.
    "q", "x", "1", "é", "\r", "\t", "\u{7F}", "~", "\\", "N", "c",
    // Character sets and others with characters between (5.3).
    "(B", "#8", " F", "%G", "$(C",
    // Strings (5.6), by BEL, ST or what gives them up.
    "]0;title\u{07}", "]0;title\u{1B}\\", "P1$r0m\u{1B}\\", "_Gi=1;OK\u{1B}\\", "^x\u{9C}",
    "Xanything\u{18}", "]11;rgb:1/2/3\u{07}",
  ])
  func itIsTakenWhole(text: String) {
    let result = taken(text + "j")
    #expect(result.step == .whole && result.count == text.unicodeScalars.count)
    // Not a character earlier.
    let start = String(String.UnicodeScalarView(text.unicodeScalars.dropLast()))
    #expect(taken(start).step == .more)
  }

  /// What is none of a sequence is a key still; Ctrl-c is one everywhere.
  @Test(arguments: [
    ("\u{1B}", 0), ("\u{03}", 0), ("\u{1A}", 0), ("\u{0C}", 0), ("[\u{1B}", 1), ("[12\u{03}", 3),
    ("O\u{1B}", 1), ("]0;ti\u{03}", 5), ("[1é", 2), ("(\r", 1),
  ])
  func whatEndsIt(text: String, count: Int) {
    let result = taken(text)
    #expect(result.step == .alien && result.count == count)
  }

  @Test func itIsNotEndless() {
    let result = taken("]" + String(repeating: "x", count: 10_000))
    #expect(result.step == .alien && result.count == 256)
  }

  @Test(
    arguments: [
      ("[A", .up), ("OB", .down), ("[H", .home), ("[3~", .delete), ("[6~", .pageDown),
      ("[Z", .backTab),
      ("OP", .function(1)), ("[17~", .function(6)), ("[1;2D", .shiftLeft), ("[1;5D", nil),
      ("[", nil),
      ("O", nil), ("x", nil), ("[99~", nil), ("[5;2~", nil), ("Oj", nil), ("A", nil), ("[AA", nil),
    ] as [(String, Key?)])
  func keysOfXterm(sequence: String, key: Key?) {
    #expect(Key(sequence: sequence) == key)
  }
}
