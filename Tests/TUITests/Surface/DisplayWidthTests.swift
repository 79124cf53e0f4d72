import Foundation
import SeerWidgets
import TestSupport
import Testing

/// Columns of scalars against the package wcwidth and the C library (Fixtures/make_widths.py).
@Suite struct DisplayWidthTests {
  struct Case: Decodable {
    var name: String
    var scalars: [UInt32]
    /// -1: a control character.
    var package: [Int]
    var library: [Int]
  }

  private func cases() throws -> [Case] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appendingPathComponent("Fixtures/widths.json"))
    return try JSONDecoder().decode([Case].self, from: data)
  }

  /// What a surface holds and what ncurses makes of it must be as wide.
  @Test func theTerminalLayerThinksTheSame() throws {
    let cases = try cases()
    #expect(cases.count == 17)
    for one in cases {
      let widths = one.scalars.compactMap(Unicode.Scalar.init).map { DisplayWidth.of($0) }
      #expect(widths == one.library.map { max(0, $0) }, "\(one.name)")
    }
  }

  @Test func unicodesTablesSayTheSame() throws {
    // Terminals draw no syllables: a vowel sign beside its letter has a column there.
    for one in try cases() where one.name != "marks beside their letter" {
      let widths = one.scalars.compactMap(Unicode.Scalar.init).map { DisplayWidth.of($0) }
      #expect(widths == one.package.map { max(0, $0) }, "\(one.name)")
    }
  }

  @Test(arguments: [
    ("a日é⠿│█●", 8), ("e\u{301}", 1), ("👍", 2), ("\u{200B}\u{200D}\u{FE0F}", 0), ("", 0),
    ("किताब", 5), ("한국", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("a\u{1B}b\u{0}", 2),
  ])
  func textsAreAsWideAsTheirScalars(text: String, width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }

  /// Joined emoji are drawn one by one, in as many columns as were counted.
  @Test func joinedEmojiTakeTheirCells() {
    let text = "👩\u{200D}🔬!"
    var surface = Surface(Size(width: 8, height: 1))
    #expect(DisplayWidth.of(text) == 5)
    #expect(surface.write(text, 0, 0, .plain) == 5)
    #expect(surface[0, 0].scalar == "👩" && surface[2, 0].scalar == "🔬")
    #expect(surface[4, 0].scalar == "!")
  }
}
