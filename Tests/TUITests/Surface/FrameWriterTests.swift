import Foundation
import LinearAlgebra
import SeerApp
import SeerWidgets
import Testing

/// What a terminal is sent for a frame: it must look as the surface says, and cost little.
@Suite struct FrameWriterTests {
  private static let styles = [
    Style.plain, Style(attributes: .bold), Style(attributes: .reverse), Style(attributes: .dim),
    Style(foreground: .palette(178)), Style(foreground: .palette(178), attributes: .bold),
    Style(foreground: .rgb(0x102030)), Style(background: .palette(81)),
    Style(foreground: .palette(232), background: .palette(81), attributes: [.bold, .reverse]),
  ]

  private static func scribble(_ surface: inout Surface, _ generator: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
      let style = styles.randomElement(using: &generator) ?? .plain
      let x = Int.random(in: -2..<surface.size.width, using: &generator)
      let y = Int.random(in: 0..<surface.size.height, using: &generator)
      if Int.random(in: 0..<4, using: &generator) == 0 {
        let width = Int.random(in: 0...surface.size.width, using: &generator)
        surface.fill(Rect(x: x, y: y, width: width, height: 2), style)
      } else {
        var text = ""
        for _ in 0..<Int.random(in: 1...9, using: &generator) {
          text += SurfaceTests.alphabet.randomElement(using: &generator) ?? "a"
        }
        surface.write(text, x, y, style)
      }
    }
    surface.cursor =
      Bool.random(using: &generator)
      ? nil
      : Cursor(
        x: Int.random(in: 0..<surface.size.width, using: &generator),
        y: Int.random(in: 0..<surface.size.height, using: &generator))
  }

  /// Frame after frame, from one random screen to the next.
  @Test(arguments: 0..<60) func theTerminalShowsTheFrame(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let size = Size(width: [23, 40, 9][seed % 3], height: 7)
    var writer = FrameWriter(TerminalModel.means(erases: seed % 2 == 0))
    var screen = TerminalModel(size)
    var surface = Surface(size)
    var shown: Surface?
    for frame in 0..<12 {
      if frame % 5 == 4 { surface = Surface(size) }
      Self.scribble(&surface, &generator)
      screen.feed(writer.bytes(for: surface, over: frame == 7 ? nil : shown))
      let difference = screen.difference(from: surface)
      #expect(difference == nil, "frame \(frame)")
      if let cursor = surface.cursor { #expect(screen.place == cursor && !screen.isFull) }
      shown = surface
      #expect(writer.bytes(for: surface, over: shown).isEmpty, "the same again is nothing")
    }
  }

  private func words(
    from old: Surface, to new: Surface, erases: Bool = true
  ) -> String {
    var writer = FrameWriter(TerminalModel.means(erases: erases))
    _ = writer.bytes(for: old, over: nil)
    return String(decoding: writer.bytes(for: new, over: old), as: UTF8.self)
  }

  private func line(_ text: String, _ style: Style = .plain, width: Int = 20) -> Surface {
    var surface = Surface(Size(width: width, height: 3))
    surface.write(text, 0, 0, style)
    return surface
  }

  @Test func whatNobodySeesIsNotSent() {
    let old = line("a b", Style(foreground: .palette(178)))
    var new = old
    new.put(" ", 1, 0, Style(foreground: .palette(74), attributes: .bold))
    new.fill(Rect(x: 5, y: 1, width: 9, height: 1), Style(attributes: .dim))
    #expect(new != old && words(from: old, to: new).isEmpty && new.changes(from: old).isEmpty)
    new.put(" ", 1, 0, Style(attributes: .reverse))
    #expect(words(from: old, to: new) == "\u{8}\u{8}\u{1B}[7m \u{1B}[m")
    new = old
    new.put(" ", 1, 0, Style(background: .palette(81)))
    #expect(words(from: old, to: new) == "\u{8}\u{8}\u{1B}[48;5;81m \u{1B}[m")
  }

  /// Blanks take the pen as it is; only what has other letters changes it, by what differs.
  @Test func thePenChangesWhereItMust() {
    let orange = Style(foreground: .palette(178))
    let blue = Style(foreground: .palette(74))
    let old = line("xxxxxxxx")
    var new = line("o   o oB", orange)
    new.put("B", 7, 0, blue.with(.bold))
    #expect(
      words(from: old, to: new)
        == "\r\u{1B}[38;5;178mo   o o\u{1B}[1;38;5;74mB\u{1B}[m")
    new.put("b", 8, 0, blue)
    #expect(words(from: old, to: new).contains("\u{1B}[1;38;5;74mB\u{1B}[22mb\u{1B}[m"))
  }

  /// The shortest of addresses, steps, line ends, and of what is there already.
  @Test func theCursorsWays() {
    let old = line("0123456789abcdefghij")
    var new = old
    for x in [2, 5, 16] { new.put("*", x, 0, .plain) }
    #expect(words(from: old, to: new) == "\u{1B}[1;3H*34*\u{1B}[17G*")
    new = old
    new.put("*", 3, 0, .plain)
    new.put("*", 4, 1, .plain)
    new.put("*", 0, 2, .plain)
    new.put("*", 2, 2, .plain)
    #expect(words(from: old, to: new) == "\u{1B}[1;4H*\n*\n\r* *")
    new.cursor = Cursor(x: 3, y: 2)
    #expect(words(from: old, to: new).hasSuffix("\n\r* *"), "it is there")
    new.cursor = Cursor(x: 0, y: 2)
    #expect(words(from: old, to: new).hasSuffix("* *\r"))
    new = old
    new.put("*", 19, 0, .plain)
    new.put("*", 0, 1, .plain)
    #expect(words(from: old, to: new) == "\u{1B}[1;20H*\u{1B}[2H*", "no word of a full line's end")
  }

  @Test func blanksAreErasedWhereThatIsShorter() {
    let old = line(String(repeating: "x", count: 20))
    #expect(words(from: old, to: line("")) == "\u{1B}[1H\u{1B}[K")
    var hole = old
    hole.fill(Rect(x: 2, y: 0, width: 12, height: 1), Style(foreground: .palette(178)))
    #expect(words(from: old, to: hole) == "\u{1B}[1;3H\u{1B}[12X")
    let blanks = String(repeating: " ", count: 12)
    #expect(words(from: old, to: hole, erases: false) == "\u{1B}[1;3H" + blanks)
    var few = old
    few.fill(Rect(x: 2, y: 0, width: 3, height: 1), .plain)
    #expect(words(from: old, to: few) == "\u{1B}[1;3H   ")
  }

  @Test func signsOfAnotherWidthAreQuestionMarks() {
    var means = TerminalModel.means()
    means.draws = { scalar, _ in scalar.isASCII }
    var writer = FrameWriter(means)
    let bytes = writer.bytes(for: line("a日e\u{301}", width: 6), over: nil)
    #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("\u{1B}[1Ha??e"))
  }

  /// Beneath a picture nothing is written but what has changed.
  @Test func picturesAreLeftAlone() throws {
    var state = Fixture.app(110, 30)
    state.pixels = Pixels(.sixel)
    var writer = FrameWriter(TerminalModel.means())
    var screen = TerminalModel(state.size)
    var before = render(state)
    screen.feed(writer.bytes(for: before, over: nil))
    for key in ["j", "b", "k", "l", "i", "j", "Esc", "N", "h", "/"] {
      let after = state.after(key)
      let surface = render(after)
      let panel = try #require(before.layers.first).panel
      var marked = screen
      // A sixel in every cell, each of which must outlive what is not written over.
      marked.feed(
        "\u{1B}[1;1H\u{1B}Pq\"1;1;110;30#0;2;100;100;100"
          + String(repeating: "#0!110~-", count: 5) + "\u{1B}\\")
      marked.feed("\u{1B}[\(screen.place.y + 1);\(screen.place.x + 1)H")
      let bytes = writer.bytes(for: surface, over: before)
      marked.feed(bytes)
      screen.feed(bytes)
      for y in panel.y..<panel.maxY {
        for x in panel.x..<panel.maxX where !surface.differs(x, y, from: before) {
          #expect(marked.pixels[y * 110 + x] >= 0, "\(key): (\(x), \(y))")
        }
      }
      (state, before) = (after, surface)
    }
  }

  // MARK: what steps cost

  private struct Cost {
    var cells = 0
    var styles = 0
    var bytes = 0
  }

  private func cost(from old: AppState, to new: AppState) -> Cost {
    let (before, after) = (render(old), render(new))
    var writer = FrameWriter(TerminalModel.means())
    _ = writer.bytes(for: before, over: nil)
    let bytes = writer.bytes(for: after, over: before)
    let words = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\u{1B}[")
    let styles = words.count { $0.drop { $0.isNumber || $0 == ";" }.first == "m" }
    return Cost(cells: after.changes(from: before).count, styles: styles, bytes: bytes.count)
  }

  /// A screen whose neighbours are known, as they are found ahead.
  private func explorer() -> AppState {
    var explore = Fixture.explore()
    for row in 0..<3 {
      for layer in [23, 24] {
        explore.neighbours.keep(
          NearestRows(
            row: row, layer: layer, rows: (1...8).map { (row * 7 + $0 * 5) % 48 },
            values: (1...8).map { 1 - 0.0131 * Float($0 + row) }))
      }
    }
    return Fixture.app(120, 40, explore)
  }

  /// The next row: its text and its neighbours, the cursor, and hardly a word beside them.
  @Test func aRowStepIsCheap() {
    let state = explorer()
    for (old, new) in [(state, state.after("j")), (state.after("j"), state.after("j", "j"))] {
      let cost = cost(from: old, to: new)
      #expect(cost.cells <= 450, "\(cost)")
      #expect(cost.styles <= 45, "\(cost)")
      #expect(cost.bytes <= 1200, "\(cost)")
    }
  }

  /// The next layer: every mark has its colour, the ground between them none.
  @Test func aLayerStepIsCheap() {
    let state = explorer()
    let cost = cost(from: state, to: state.after("l"))
    #expect(cost.styles <= 120 && cost.bytes <= 2400, "\(cost)")
  }
}
