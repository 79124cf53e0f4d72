import Foundation
import Testing

/// What the program and its terminal say to each other, byte by byte.
@Suite(.serialized) struct PseudoTerminalTests {
  private static let escape = "\u{1B}"
  private static let attributes = "\(escape)[?62;22c"

  private func explore(
    _ options: [String] = [], environment: [String: String] = [:],
    _ body: (PseudoTerminal) throws -> Void
  ) throws {
    let run = try RunFixture()
    defer { run.remove() }
    let terminal = try PseudoTerminal(
      100, 30, ["explore", "--run", run.folder] + options, environment: environment)
    try terminal.wait("the map") { $0.contains("of the variance") }
    try body(terminal)
    terminal.send("q")
    #expect(try terminal.ending() == 0)
  }

  /// Waits for words on the whole screen, which is drawn afresh for that: else only what differs comes.
  private func expect(_ words: String, on terminal: PseudoTerminal) throws {
    let start = terminal.output.count
    terminal.send("\u{0C}")
    try terminal.wait(words, from: start) { $0.contains(words) }
  }

  /// The text goes to the clipboard as it is (OSC 52).
  @Test func whatIsCopied() throws {
    try explore { terminal in
      terminal.send("jY")
      let text = Data("The text of row 1, in full.".utf8).base64EncodedString()
      try terminal.wait("the text") { $0.contains("\u{1B}]52;c;\(text)\u{07}") }
    }
  }

  /// The ground is asked for on the screen of our own, and its colour is followed.
  @Test(arguments: ["\u{1B}\\", "\u{07}"]) func theGroundIsFollowed(end: String) throws {
    try explore { terminal in
      let sent = terminal.text()
      let other = try #require(sent.range(of: "\u{1B}[?1049h"))
      let question = try #require(sent.range(of: "\u{1B}]11;?\u{1B}\\"))
      #expect(other.lowerBound < question.lowerBound)
      #expect(!sent.contains("38;5;24m"), "dark until it answers")
      let start = terminal.output.count
      terminal.send("\u{1B}]11;rgb:ffff/ffff/ffff\(end)\(Self.attributes)")
      try terminal.wait("colours of light ground", from: start) { $0.contains("38;5;24m") }
      terminal.send("j")
      try expect("row 1", on: terminal)
    }
    try explore(["--dark"]) { terminal in
      terminal.send("\u{1B}]11;rgb:ffff/ffff/ffff\(end)\(Self.attributes)j")
      try expect("row 1", on: terminal)
      #expect(!terminal.text().contains("38;5;24m"))
    }
  }

  /// Answers that come in pieces, or say no, and keys between them: no key is lost, none is made.
  @Test func answersAreNoKeys() throws {
    try explore { terminal in
      terminal.send("\u{1B}")
      terminal.send("]11;rgb:00")
      terminal.send("00/0000/0000\u{1B}")
      terminal.send("\\\u{1B}[?6")
      terminal.send("2;22c")
      terminal.send("j")
      try expect("row 1", on: terminal)
      try expect("PCA", on: terminal)
      terminal.send("/zz")
      try expect("0 rows", on: terminal)
      let start = terminal.output.count
      terminal.send("\u{1B}")
      try terminal.wait("the hints again", from: start) { $0.contains("projection") }
      terminal.send("]")
      try expect("PCA 1 and 3", on: terminal)
    }
    try explore { terminal in
      terminal.send("j")
      try expect("row 1", on: terminal)
      terminal.send("\u{1B}_Gi=4294967295;EINVAL:no\u{1B}\\\(Self.attributes)j")
      try expect("row 2", on: terminal)
      #expect(!terminal.text().contains("a=T,f=100"))
    }
  }

  /// Keys that are none of ours do nothing, though their last letters are keys, also where they come piece
  /// by piece; ours are understood then, too.
  @Test func unknownKeysAreNoOthers() throws {
    try explore { terminal in
      terminal.send(Self.attributes + "j")
      try expect("row 1", on: terminal)
      for key in ["[1;5j", "[27;5;106~", "Oj", "[106;5u", "]0;jjj\u{07}", "j", "[[j"] {
        terminal.send("\u{1B}" + key)
      }
      terminal.send("j")
      try expect("row 2", on: terminal)
      for key in ["[1;5j", "[B"] {
        for scalar in ("\u{1B}" + key).unicodeScalars { terminal.send(String(scalar)) }
      }
      try expect("row 3", on: terminal)
    }
  }

  /// A paste is one piece of text, however its marks come.
  @Test func aPasteInPieces() throws {
    try explore { terminal in
      terminal.send(Self.attributes + "/")
      for scalar in "\u{1B}[200~jq\u{1B}[1mq\u{1B}[201~".unicodeScalars {
        terminal.send(String(scalar))
      }
      // An editor has no place for control characters.
      try expect("jq[1mq", on: terminal)
      let start = terminal.output.count
      terminal.send("\u{1B}")
      try terminal.wait("the hints again", from: start) { $0.contains("projection") }
    }
  }

  /// Pictures are sent to a terminal that says that it shows them, beneath the same screen.
  @Test func picturesWhereTheyAreShown() throws {
    try explore { terminal in
      #expect(!terminal.text().contains("a=T,f=100"))
      var start = terminal.output.count
      terminal.send("\u{1B}_Gi=4294967295;OK\u{1B}\\\u{1B}[6;18;9t\(Self.attributes)")
      try terminal.wait("a picture", from: start) { $0.contains("_Ga=T,f=100,i=1,p=1") }
      start = terminal.output.count
      terminal.send("j")
      try terminal.wait("a frame", from: start) { $0.contains("\u{1B}[?2026l") }
      #expect(!terminal.text(from: start).contains("a=T"), "the map is the same")
      start = terminal.output.count
      terminal.send("\u{0C}")
      try terminal.wait("the picture again", from: start) { $0.contains("a=T,f=100,i=1,p=1") }
    }
    try explore(["--pixels", "off"]) { terminal in
      #expect(!terminal.text().contains("_Gi="), "it is not asked")
    }
  }

  /// A frame is shown when all of it is there (mode 2026), and an empty one is not sent.
  @Test func framesAreSynchronised() throws {
    try explore { terminal in
      terminal.send("jjl")
      try expect("layer 4/4", on: terminal)
      let marks = terminal.text().components(separatedBy: "\u{1B}[?2026")
      #expect(marks.count > 4)
      for (index, part) in marks.dropFirst().enumerated() {
        #expect(part.hasPrefix(index % 2 == 0 ? "h" : "l"))
        #expect(index % 2 == 1 || part.count > 1, "an empty frame")
      }
    }
  }

  @Test(arguments: ["linux", "vt100", "screen"]) func terminalsWithoutAnswersAreNotAsked(
    name: String
  ) throws {
    try explore(environment: ["TERM": name]) { terminal in
      #expect(!terminal.text().contains("]11;?"))
    }
  }
}
