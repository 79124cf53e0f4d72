import SeerApp
import SeerExploreScreen
import SeerFigures
import SeerReports
import SeerSupport
import SeerWidgets
import Testing

/// What every screen owes its user: a reason, a whole message, a way back.
@Suite struct MannersTests {
  @Test func screensThatAreNotThereSayWhy() {
    let state = Fixture.app(80, 24)
    let compare = state.after("F3")
    #expect(compare.screen == .explore && compare.message?.isError == true)
    #expect(compare.message?.text.contains("--run") == true)
    #expect(state.after("F4").message?.text.contains("--model") == true)
    #expect(state.after("F2").message == nil, "it is there already")
    let none = Fixture.app(80, 24, ExploreState(Fixture.source(rows: [], layers: 0)))
    #expect(none.after("F3").message?.text.isEmpty == false)
  }

  @Test func aClickOnATabShowsItsScreen() throws {
    var state = Fixture.compare(110, 30)
    let line = try #require(render(state).text.split(separator: "\n").first).map { $0 }
    for (name, screen) in [("Explore", ScreenID.explore), ("Start", .start), ("Compare", .compare)]
    {
      let x = try #require((0..<line.count).first { String(line[$0...]).hasPrefix(name) })
      _ = update(&state, .mouse(Mouse(place: Cursor(x: x, y: 0), action: .left)))
      #expect(state.screen == screen)
      let now = try #require(render(state).text.split(separator: "\n").first)
      #expect(now.contains("\(name)]"))
    }
  }

  @Test(arguments: [40, 60, 80, 110, 200]) func tabsNeverHideHowItIsLookedAt(width: Int) {
    for state in [Fixture.app(width, 24), Fixture.compare(width, 24), Fixture.training(width, 24)] {
      let line = render(state).text.split(separator: "\n").first ?? ""
      #expect(line.hasSuffix(state.screen == .train ? "left" : "PCA"), "\(line)")
      #expect(line.hasPrefix(" seer  "))
    }
  }

  @Test func aMessageIsShownWhole() throws {
    var state = Fixture.app(40, 12)
    let words = (0..<16).map { "word\($0)" }
    _ = update(&state, .saved("", Problem(words.joined(separator: " "))))
    let text = render(state).text
    for word in words { #expect(text.contains(word)) }
    _ = update(&state, .saved("", Problem(String(repeating: "endless ", count: 200))))
    #expect(render(state).text.contains("…"))
  }

  @Test func aFailedExportCanBeMended() throws {
    var state = Fixture.app(80, 24).after("X")
    _ = update(&state, .export(.begun))
    let problem = Problem(
      Failure(
        .cannotWrite, file: "none/map.csv", found: "no such folder", wanted: "a folder",
        advice: "Make it, or choose another name."))
    _ = update(&state, .export(.finished(.failure(problem))))
    #expect(state.context == .exporting)
    #expect(state.explore.export.asked?.path == "seer-layer-23-pca.csv")
    try expectSnapshot(render(state), "export-failed")
    #expect(state.typing("x").explore.export.asked?.path == "seer-layer-23-pca.csvx")
    #expect(state.after("j").explore.cursor == 0, "keys do not reach the map")
  }

  /// Pictures have the colours of the screen.
  @Test func exportsAreColouredAsTheScreen() throws {
    func colors(_ keys: String...) throws -> (MapColors?, [String: String]) {
      var state = Fixture.app(80, 24)
      for key in keys { state = state.after(key) }
      state = state.after("X")
      guard let request = update(&state, .key(.enter)).first?.of(ExportRequest.self)
      else { return (nil, [:]) }
      return (request.map.colors, request.map.settings)
    }
    #expect(try colors().0 == nil)
    let (verdicts, said) = try colors("c", "c")
    #expect(verdicts?.names == ["right", "wrong", "not judged"])
    #expect(said["coloured by"] == "right or wrong")
    let (margins, _) = try colors("c", "c", "c")
    #expect(margins?.names.count == Painting.steps + 1)
    #expect(margins?.groups.contains(Painting.steps) == true, "training rows have no margin")
    let (taken, _) = try colors("c")
    #expect(taken?.names.first == "bias" && taken?.colors.count == 1)
  }

  @Test func pasteKeepsLinesApart() {
    var state = Fixture.app(80, 24).after("/")
    _ = update(&state, .paste("the second\nledger\r\n"))
    #expect(state.explore.filter.search?.query == "the second ledger")
    #expect("\n\n a \t b\n".asOneLine == " a   b")
  }

  @Test func keysAreFoundByTheirPlace() {
    let start = Fixture.app(80, 24)
    #expect(start.after("д").explore.layer == start.after("l").explore.layer, "Russian l")
    #expect(start.after("λ").explore.layer == start.after("l").explore.layer, "Greek l")
    #expect(start.after("Д", "f").explore.look.view == start.after("L", "f").explore.look.view)
    var typing = start.after("/")
    typing = typing.typing("д")
    #expect(typing.explore.filter.search?.query == "д", "text stays text")
    #expect(Key.character("q").latin == nil && Key.enter.latin == nil)
    let own = KeyLayoutsText.all
    #expect(Set(own).count == own.count)
    for scalar in own { #expect(Key.character(scalar).latin != nil, "\(scalar)") }
  }

  @Test func copying() throws {
    var state = Fixture.app(80, 24).after("j")
    #expect(update(&state, .key(.character("Y"))) == [.copy(Fixture.texts[1])])
    #expect(state.message?.text == "Copied row 1.")
    ExploreScreen.setGroup([0, 2], &state)
    #expect(
      update(&state, .key(.character("Y"))) == [.copy(Fixture.texts[0] + "\n" + Fixture.texts[2])])
    var figure = Fixture.compare(80, 24).after("i")
    guard case .copy(let text)? = update(&figure, .key(.character("Y"))).first else {
      Issue.record("nothing was copied")
      return
    }
    #expect(text.hasPrefix("nearest prototype, layer 23\nbase") && text.contains("Pitfall"))
    let long = Fixture.rows(4, text: [String(repeating: "a", count: 80_000)])
    var large = Fixture.app(80, 24, Fixture.explore(rows: long))
    let refused = update(&large, .key(.character("Y"))).contains { effect in
      if case .copy = effect { true } else { false }
    }
    #expect(!refused && large.message?.isError == true)
  }

  @Test func thePaletteKnowsCommandsByTheirWordsInTheFooter() {
    let words = Command.matching("neighb", Fixture.app(80, 24)).map(\.id)
    #expect(words.contains("neighbours"))
    #expect(words.firstIndex(of: "neighbours").map { $0 < 3 } == true)
  }

  @Test func anglesHaveTheirSign() {
    let state = Fixture.app(120, 40).after("y", "y")
    #expect(render(state).text.contains("33.0°"))
    let ascii = render(Fixture.app(120, 40, glyphs: .ascii).after("y", "y"))
    #expect(ascii.text.contains("33.0") && !ascii.text.contains("33.0?"))
  }

  @Test func moreVarianceIsNoBetterLayer() {
    let state = Fixture.app(80, 24).after("y", "y", "y")
    #expect(state.explore.bestLayer == nil)
    #expect(!render(state).text.contains("best"))
    #expect(state.after("*").explore.layer == state.explore.layer)
  }

  @Test func theFooterSaysWhatAPauseKeyDoes() {
    let playing = Fixture.app(110, 30).after("P")
    #expect(Command.hints(playing, ascii: false).contains { $0.word == "pause" })
    let paused = playing.after("Space")
    #expect(
      Command.hints(paused, ascii: false).contains { $0.keys == "Space" && $0.word == "go on" })
  }

  @Test func wordsAreExplained() throws {
    var state = Fixture.app(120, 40)
    func click(_ word: String) throws -> String? {
      let lines = render(state).text.split(separator: "\n", omittingEmptySubsequences: false)
      let y = try #require(lines.firstIndex { $0.contains(word) }, "\(word)")
      let line = Array(lines[y])
      let x = try #require((0..<line.count).first { String(line[$0...]).hasPrefix(word) })
      _ = update(&state, .mouse(Mouse(place: Cursor(x: x + 2, y: y), action: .left)))
      return state.message?.text
    }
    #expect(try click("held-out recall")?.contains("A prototype is the mean") == true)
    #expect(try click("trustworthiness")?.contains("neighbours on the map") == true)
    #expect(try click("nearest prototype")?.contains("A prototype is the mean") == true)
    for entry in Glossary.entries {
      #expect(entry.sentence.hasSuffix("."), "\(entry.word)")
    }
  }

  @Test func aSearchSaysWhereItIsAndMarksWhatItFound() throws {
    let kept = Fixture.app(80, 24).after("/").typing("ledger").after("Enter")
    #expect(render(kept).text.contains("/ledger  1/12"))
    let next = kept.after("n", "n")
    #expect(render(next).text.contains("/ledger  3/12"))
    // The letters found stand on a ground of their own.
    let surface = render(kept)
    let lines = surface.text.split(separator: "\n", omittingEmptySubsequences: false)
    let (x, y) = try #require(
      lines.indices.lazy.compactMap { y -> (Int, Int)? in
        let line = Array(lines[y])
        let x = (0..<line.count).first { String(line[$0...]).hasPrefix("ledger.") }
        return x.map { ($0, y) }
      }.first)
    let selection = kept.theme.style(.selection).background
    for offset in 0..<6 { #expect(surface[x + offset, y].style.background == selection) }
    #expect(surface[x - 1, y].style.background != selection)
    #expect(surface[x + 6, y].style.background != selection)
  }

  @Test func marksOfASearch() throws {
    #expect(try TextPattern("a+", isExpression: true).ranges(in: "aa éba") == [0..<2, 6..<7])
    #expect(try TextPattern("x*", isExpression: true).ranges(in: "é東").isEmpty)
    #expect(try TextPattern("", isExpression: false).ranges(in: "abc").isEmpty)
  }

  @Test func theThemeFollowsTheGround() {
    var state = Fixture.app(80, 24)
    _ = update(&state, .answer(.ground(0xFDF6E3)))
    #expect(state.theme.isLight)
    _ = update(&state, .answer(.ground(0x1E1E2E)))
    #expect(!state.theme.isLight)
    state.isGroundSaid = true
    _ = update(&state, .answer(.ground(0xFFFFFF)))
    #expect(!state.theme.isLight, "the user has said it")
  }
}

/// Every letter of the layouts that keys are found in by their place.
enum KeyLayoutsText {
  static let all = Array(
    ("йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁіїєґІЇЄҐ"
      + "ςερτυθιοπασδφγηξκλζχψωβνμΕΡΤΥΘΙΟΠΑΣΔΦΓΗΞΚΛΖΧΨΩΒΝΜ").unicodeScalars)
}
