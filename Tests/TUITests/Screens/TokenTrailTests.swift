import Foundation
import SeerApp
import SeerRuns
import SeerWidgets
import Testing

/// The tokens of one text, joined on the map, where every token is a row.
@Suite struct TokenTrailTests {
  private static let words = ["She", "Ġtold", "Ġthe", "▁auditor", "\n", "Ġlies"]

  /// Eight texts of six tokens each.
  private static let rows = (0..<48).map { index in
    RunRow(
      row: index / 6, text: "She told the auditor lies", concept: Fixture.names[index / 6 % 6],
      tokens: 6, token: words[index % 6])
  }

  private func app(
    _ width: Int, _ height: Int, glyphs: GlyphLevel = .braille, depth: ColorDepth = .palette256
  ) -> AppState {
    var state = Fixture.app(
      width, height, Fixture.explore(rows: Self.rows), depth: depth, glyphs: glyphs)
    state.explore.cursor = 14
    return state.after("t")
  }

  @Test(arguments: [(40, 12), (80, 24), (120, 40)]) func onTheMap(width: Int, height: Int) throws {
    let surface = render(app(width, height))
    try expectSnapshot(surface, "tokens-\(width)x\(height)")
  }

  @Test func otherLooks() throws {
    let ascii = render(app(80, 24, glyphs: .ascii))
    #expect(ascii.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(ascii, "tokens-ascii")
    try expectSnapshot(render(app(80, 24, depth: .mono)), "tokens-mono", styles: true)
    let small = render(app(110, 30).after("Z"))
    try expectSnapshot(small, "tokens-multiples")
  }

  /// Words stand without what vocabularies begin them with; those of other texts do not stand there.
  @Test func whatItNames() {
    let text = render(app(120, 40)).text
    #expect(text.contains("auditor") && text.contains("told") && !text.contains("Ġtold"))
    #expect(
      text.components(separatedBy: "auditor").count <= 3, "of the row's text, and of one token")
    #expect(render(app(120, 40).after("t")) == render(app(120, 40).after("t", "t", "t")))
  }

  @Test func textsHaveNoTokens() {
    let state = Fixture.app(80, 24)
    #expect(state.after("t").explore.look.showsTokens == false)
    #expect(!Command.hints(state, ascii: false).contains { $0.word == "tokens" })
    #expect(Command.hints(app(80, 24), ascii: false).contains { $0.word == "tokens" })
  }
}
