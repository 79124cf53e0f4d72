import Foundation
import SeerApp
import SeerCompareScreen
import SeerProjection
import SeerWidgets
import Testing

extension Fixture {
  /// Three runs over the same rows, the maps of the current layer there.
  static func three(
    _ width: Int, _ height: Int, glyphs: GlyphLevel = .braille, depth: ColorDepth = .palette256
  ) -> AppState {
    var state = compare(width, height, depth: depth, glyphs: glyphs)
    state.compare?.runs = RunPanels(names: ["base", "step-50", "tuned"])
    state = state.after("Z")
    let rows = rows(48)
    for run in 0..<3 {
      let spread = 0.3 - 0.1 * Float(run)
      var separation = LayerSeparation(
        nearestPrototype: 0.5 + 0.2 * Float(run),
        predicted: rows.indices.map { $0 % 5 != 0 ? -1 : Int32(($0 + (2 - run)) % 6) })
      separation.silhouette = 0.1
      _ = update(
        &state,
        .compare(
          .runMapped(
            run: run, index: state.explore.layer,
            .ready(map(rows: rows, concepts: 6, spread: spread).points, separation))))
    }
    return state
  }
}

/// Three runs or more beside the first: all at once, or one after another.
@Suite struct RunPanelsTests {
  @Test(arguments: [(40, 12), (80, 24), (120, 40), (200, 50)])
  func sideBySide(width: Int, height: Int) throws {
    let state = Fixture.three(width, height)
    let text = render(state).text
    for name in ["base", "step-50", "tuned"] { #expect(text.contains(name)) }
    if height >= 24 {
      #expect(text.contains("held-out rows right: 50 %, 70 %, 90 %"))
      #expect(text.components(separatedBy: "privacy").count == 2, "one legend")
    }
    try expectSnapshot(render(state), "runs-\(width)x\(height)")
  }

  @Test func otherLooks() throws {
    let ascii = render(Fixture.three(80, 24, glyphs: .ascii))
    #expect(ascii.text.unicodeScalars.allSatisfy { $0.isASCII })
    try expectSnapshot(ascii, "runs-ascii")
    try expectSnapshot(render(Fixture.three(80, 24, depth: .mono)), "runs-mono", styles: true)
    try expectSnapshot(render(Fixture.three(80, 24).onLight), "runs-light", styles: true)
    var failed = Fixture.three(80, 24)
    failed.compare?.runs = RunPanels(names: ["base", "another model", "tuned"])
    failed = failed.after("Z")
    _ = update(
      &failed,
      .compare(
        .runMapped(
          run: 1, index: failed.explore.layer,
          .failed(Problem("another model has no layer 23.")))))
    try expectSnapshot(render(failed), "runs-failed")
  }

  /// One map after another is asked for, at every layer that is looked at.
  @Test func whatIsAskedFor() {
    var state = Fixture.compare(80, 24)
    #expect(state.after("Z").compare?.runs.isShown == false, "two are side by side already")
    #expect(update(&state, .key(.character("R"))).isEmpty)
    state.compare?.runs = RunPanels(names: ["a", "b", "c"])
    #expect(
      update(&state, .key(.character("Z"))).contains(.compare(.mapRun(run: 0, index: 23))))
    #expect(state.compare?.isBusy(at: 23) == true)
    #expect(!update(&state, .tick).contains(.compare(.mapRun(run: 1, index: 23))), "one at a time")
    let failed = Event.compare(.runMapped(run: 0, index: 23, .failed(Problem("no"))))
    #expect(update(&state, failed).contains(.compare(.mapRun(run: 1, index: 23))))
    #expect(update(&state, .key(.character("R"))) == [.compare(.nextRun)])
    #expect(state.after("Z").compare?.runs.isShown == false)
  }

  /// Another run beside the first is looked at as the one before was.
  @Test func theNextRun() {
    var state = Fixture.three(110, 30).after("Tab", "U")
    let panel = state.compare?.panel
    let rows = Fixture.rows(48)
    var pair = CompareState(
      base: Fixture.source(rows: rows), tuned: Fixture.source(rows: rows, adapter: "step-50"))
    pair.runs = RunPanels(names: ["base", "tuned", "step-50"])
    _ = update(&state, .compare(.paired(pair)))
    #expect(state.compare?.panel == panel && state.compare?.sharesAxes == true)
    #expect(state.compare?.runs.isShown == true && state.compare?.tuned.adapter == "step-50")
    #expect(state.message?.text.contains("step-50") == true)
  }

  /// It opens on what strikes: each run's rows by their own neighbourhoods, of as many as grow at once.
  @Test func whatItOpensOn() {
    func kind(_ count: Int) -> GrowingKind? {
      let rows = Fixture.rows(count)
      return CompareState.opening(
        base: Fixture.source(rows: rows), tuned: Fixture.source(rows: rows)
      ).kind
    }
    #expect(kind(48)?.form == .aligned && kind(48)?.layout.layout.name == "tsne")
    #expect(kind(2) == nil && kind(2001) == nil)
  }

  /// The left button moves both maps.
  @Test func leftDragPans() {
    var state = Fixture.compare(110, 30)
    let panel = CompareLayout(state).panels[1]
    let middle = Cursor(x: panel.x + panel.width / 2, y: panel.y + panel.height / 2)
    func mouse(_ action: Mouse.Action, _ dx: Int, _ dy: Int) {
      _ = update(
        &state,
        .mouse(Mouse(place: Cursor(x: middle.x + dx, y: middle.y + dy), action: action)))
    }
    mouse(.drag, 4, 2)
    #expect(state.explore.look.view == .whole, "nothing was taken hold of")
    mouse(.left, 0, 0)
    mouse(.drag, 6, 3)
    let moved = state.explore.look.view.pan
    #expect(moved.x < 0 && moved.y > 0, "what is on the map goes with the mouse")
    #expect(state.explore.look.view.zoom == 1)
    mouse(.release, 6, 3)
    mouse(.drag, 12, 6)
    #expect(state.explore.look.view.pan == moved)
    mouse(.left, 0, 0)
    mouse(.drag, -6, -3)
    let back = state.explore.look.view.pan
    #expect(abs(back.x) < 1e-5 && abs(back.y) < 1e-5)
  }
}
