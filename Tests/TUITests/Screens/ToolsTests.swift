import Foundation
import SeerApp
import SeerSupport
import Testing

@Suite struct ToolsTests {
  private func type(_ text: String, into state: AppState) -> AppState {
    var state = state
    for scalar in text.unicodeScalars { _ = update(&state, .key(.character(scalar))) }
    return state
  }

  @Test func searching() throws {
    let typed = type("LEDGER", into: Fixture.app(80, 24).after("/"))
    #expect(typed.explore.filter.search?.count == 12)
    #expect(typed.explore.cursor == 2, "on the first row found")
    try expectSnapshot(render(typed), "search-typing")
    let kept = typed.after("Enter")
    try expectSnapshot(render(kept), "search-kept")
    #expect(kept.after("n").explore.cursor == 6)
    #expect(kept.after("N").explore.cursor == 46)
    #expect(kept.after("Esc").explore.filter.search == nil)
    #expect(typed.after("Esc").explore.filter.search == nil)
    let nothing = type("zzz", into: Fixture.app(80, 24).after("/"))
    #expect(nothing.explore.filter.search?.count == 0)
    try expectSnapshot(render(nothing), "search-nothing")
    #expect(nothing.after("Backspace", "Backspace", "Backspace").explore.filter.search?.count == 48)
  }

  @Test(arguments: [
    ("She told", "told", true), ("She told", "TOLD", true), ("étude", "ÉT", true),
    ("ab", "abc", false), ("aab", "ab", true), ("", "", true), ("x", "", true),
  ])
  func matching(text: String, query: String, isMatch: Bool) {
    var search = Search(rows: 1)
    search.query = query
    var texts = PackedTexts()
    texts.append(text)
    search.find(in: texts)
    #expect(search.matches == [isMatch])
  }

  @Test func palette() throws {
    let open = Fixture.app(80, 24).after(":")
    #expect(open.context == .palette)
    let typed = type("last lay", into: open)
    try expectSnapshot(render(typed), "palette")
    let done = typed.after("Enter")
    #expect(done.overlay == nil && done.explore.layer == 30)
    #expect(type("qqqq", into: open).after("Enter").overlay == nil)
    try expectSnapshot(render(type("qqqq", into: open)), "palette-nothing")
    #expect(
      type("", into: open).after("Down", "Down", "Up").overlay == .palette(query: "", index: 1))
  }

  @Test func colours() throws {
    try expectSnapshot(render(Fixture.app(80, 24).after("c")), "colour-predicted")
    try expectSnapshot(render(Fixture.app(80, 24).after("c", "c")), "colour-right-or-wrong")
  }

  @Test func neighbours() throws {
    var state = Fixture.app(110, 30)
    let effects = update(&state, .key(.character("j")))
    #expect(effects == [.explore(.findNearest(row: 1, index: 23, .cosine))])
    #expect(update(&state, .key(.character("k"))).isEmpty, "one at a time")
    let answer = NearestRows(row: 1, layer: 23, rows: [7, 2, 13], values: [0.9871, 0.5, -0.25])
    #expect(
      update(&state, .explore(.nearest(.success(answer)))) == [
        .explore(.findNearest(row: 0, index: 23, .cosine))
      ])
    _ = update(&state, .key(.character("j")))
    #expect(state.explore.currentNearest == answer)
    #expect(!state.explore.isBusy, "what the next key shows is found ahead, and not waited for")
    _ = update(&state, .key(.character("b")))
    try expectSnapshot(render(state), "neighbours", styles: true)
  }

  /// Once the cursor's neighbours are there, those of the layers and rows beside are looked up, so that
  /// their keys are answered whole; a question that fails is not asked for ever.
  @Test func neighboursAreFoundAhead() {
    var state = Fixture.app(110, 30)
    func answer(_ layer: Int, row: Int = 0) -> Event {
      .explore(.nearest(.success(NearestRows(row: row, layer: layer, rows: [7], values: [0.5]))))
    }
    _ = update(&state, .tick)
    #expect(update(&state, answer(23)) == [.explore(.findNearest(row: 0, index: 24, .cosine))])
    #expect(update(&state, answer(24)) == [.explore(.findNearest(row: 0, index: 22, .cosine))])
    #expect(update(&state, answer(22)) == [.explore(.findNearest(row: 1, index: 23, .cosine))])
    #expect(
      update(&state, answer(23, row: 1)) == [.explore(.findNearest(row: 47, index: 23, .cosine))])
    #expect(update(&state, answer(23, row: 47)).isEmpty)
    #expect(
      update(&state, .key(.character("l"))) == [.explore(.findNearest(row: 0, index: 25, .cosine))])
    #expect(state.explore.currentNearest?.layer == 24)
    #expect(update(&state, .explore(.nearest(.failure(Problem("broken"))))).isEmpty)
    #expect(state.message?.text == "broken" && !state.explore.isBusy)
  }

  @Test func theBestLayerAndTheStripsFigures() {
    let state = Fixture.app(110, 30)
    #expect(state.explore.bestLayer == 7)
    #expect(state.after("*").explore.layer == 7)
    #expect(state.after("y", "y").explore.bestLayer == 30, "the widest angle")
  }

  @Test func svgIsWellFormedAndShowsTheText() throws {
    let state = type("<&>", into: Fixture.app(80, 24).after("/"))
    let svg = render(state).svg()
    let parser = TagChecker()
    #expect(parser.parse(svg))
    #expect(svg.contains("violence") && svg.contains("&lt;&amp;&gt;"))
    #expect(svg.contains("#d7af00") || svg.contains("#dfaf00"), "the first concept's colour")
  }
}

/// Tags opened and closed in order, without a library for XML.
private struct TagChecker {
  func parse(_ text: String) -> Bool {
    var open: [Substring] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "<") {
      guard let end = rest[start...].firstIndex(of: ">") else { return false }
      let tag = rest[rest.index(after: start)..<end]
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else if !tag.hasSuffix("/") {
        open.append(tag.prefix { $0 != " " })
      }
      rest = rest[rest.index(after: end)...]
    }
    return open.isEmpty
  }
}
