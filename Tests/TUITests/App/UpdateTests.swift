import LinearAlgebra
import SeerApp
import SeerExploreScreen
import SeerScreens
import SeerWidgets
import Testing

@Suite struct UpdateTests {
  @Test func layersMoveAndStopAtTheEnds() {
    let start = Fixture.app(80, 24)
    #expect(start.explore.layer == 23)
    #expect(start.after("l").explore.layer == 24)
    #expect(start.after("h", "Left").explore.layer == 21)
    #expect(start.after("G", "l").explore.layer == 30)
    #expect(start.after("g", "h").explore.layer == 0)
  }

  @Test func theCurrentLayerComesFirstThenItsNeighbours() {
    var state = Fixture.explore(layers: 5, ready: false)
    let rows = state.run.rows
    let map = Fixture.map(rows: rows, concepts: 6)
    #expect(state.layer == 3)
    #expect(
      state.request() == [
        .explore(.computeMap(index: 3, reference: nil, isUrgent: true))
      ])
    #expect(state.isBusy)
    #expect(
      state.receive(index: 3, .success(map))
        == [.explore(.computeMap(index: 2, reference: 3, isUrgent: false))])
    // The user jumps meanwhile: that layer is asked for at once.
    #expect(
      state.show(layer: 0)
        == [.explore(.computeMap(index: 0, reference: 3, isUrgent: true))])
    #expect(state.chart.shownLayer == 3, "the old map stays until the new one is there")
    #expect(state.receive(index: 2, .success(map)) == [])
    #expect(
      state.receive(index: 0, .success(map))
        == [.explore(.computeMap(index: 1, reference: 0, isUrgent: false))])
    #expect(state.chart.shownLayer == 0)
    _ = state.receive(index: 1, .success(map))
    #expect(state.receive(index: 4, .success(map)) == [])
    #expect(!state.isBusy)
  }

  @Test func aFailedLayerDoesNotStopTheOthers() {
    var state = Fixture.explore(layers: 2, ready: false)
    _ = state.request()
    let effects = state.receive(index: 1, .failure(Problem("broken")))
    #expect(effects == [.explore(.computeMap(index: 0, reference: nil, isUrgent: false))])
  }

  @Test func concepts() {
    let start = Fixture.app(80, 24)
    #expect(start.after("2").explore.filter.hidden == [1])
    #expect(start.after("2", "2").explore.filter.hidden.isEmpty)
    #expect(start.after("2", "3", "0").explore.filter.hidden.isEmpty)
    #expect(start.after("9").explore.filter.hidden.isEmpty)
    #expect(start.after("o").explore.filter.hidden == [1, 2, 3, 4, 5])
    #expect(start.after("o", "o").explore.filter.hidden.isEmpty)
    #expect(start.after("Tab", "j", "Space").explore.filter.hidden == [1])
    #expect(start.after("Tab", "Esc").explore.panels.focus == .map)
  }

  @Test func theCursorStaysOnVisiblePoints() {
    let start = Fixture.app(80, 24)
    #expect(start.explore.cursor == 0)
    #expect(start.after("1").explore.cursor == 1, "its concept was hidden")
    #expect(start.after("2", "j").explore.cursor == 2, "row 1 is hidden")
    #expect(start.after("k").explore.cursor == 47, "round the end")
    #expect(start.after(".").explore.cursor == 6)
    #expect(start.after(",").explore.cursor == 42)
  }

  @Test func walkingGoesTheWayOfTheKey() throws {
    let start = Fixture.app(80, 24)
    let map = try #require(start.explore.shownPoints)
    func point(_ state: AppState) -> SIMD2<Float> { map[state.explore.cursor ?? 0] }
    #expect(point(start.after("a")).x < point(start).x)
    #expect(point(start.after("a", "d")).x > point(start.after("a")).x)
    #expect(point(start.after("w")).y > point(start).y)
    #expect(point(start.after("s")).y < point(start).y)
  }

  @Test func aClickChoosesThePointUnderIt() throws {
    var state = Fixture.app(80, 24)
    let layout = ExploreLayout(state)
    let map = try #require(state.explore.shownPoints)
    let bounds = try #require(WorldBounds(map))
    let viewport = Viewport(bounds: bounds, view: .whole, size: layout.mapInside.size)
    for row in [5, 17, 40] {
      let cell = try #require(viewport.cell(map[row]))
      let place = Cursor(x: layout.mapInside.x + cell.x, y: layout.mapInside.y + cell.y)
      _ = update(&state, .mouse(Mouse(place: place, action: .left)))
      _ = update(&state, .mouse(Mouse(place: place, action: .release)))
      let chosen = try #require(state.explore.cursor)
      #expect(viewport.cell(map[chosen]) == cell)
    }
  }

  @Test func clicksOnTheLegendAndTheLayers() throws {
    var state = Fixture.app(80, 24)
    let layout = ExploreLayout(state)
    let legend = layout.legend.inside
    _ = update(
      &state, .mouse(Mouse(place: Cursor(x: legend.x + 4, y: legend.y + 2), action: .left)))
    #expect(state.explore.filter.hidden == [2])
    let strip = LayerStrip(state, layout)
    for layer in [0, 7, 30] {
      let x = try #require(
        (0..<80).first { strip.layer(at: Cursor(x: $0, y: layout.strip.y)) == layer })
      var clicked = state
      _ = update(&clicked, .mouse(Mouse(place: Cursor(x: x, y: layout.strip.y), action: .left)))
      #expect(clicked.explore.layer == layer)
    }
    _ = update(&state, .mouse(Mouse(place: Cursor(x: 10, y: layout.strip.y), action: .wheelDown)))
    #expect(state.explore.layer == 24)
  }

  @Test func zoomingKeepsTheCursorsPointInPlace() throws {
    let start = Fixture.app(120, 40).after("j", "j")
    let zoomed = start.after("+", "+", "+")
    func cell(_ state: AppState) throws -> SIMD2<Float> {
      let map = try #require(state.explore.shownPoints)
      let viewport = Viewport(
        bounds: try #require(WorldBounds(map)), view: state.explore.look.view,
        size: ExploreLayout(state).mapInside.size)
      return viewport.place(map[state.explore.cursor ?? 0])
    }
    let before = try cell(start)
    let after = try cell(zoomed)
    #expect(abs(before.x - after.x) < 0.01 && abs(before.y - after.y) < 0.01)
    #expect(zoomed.explore.look.view.zoom > 2)
    #expect(zoomed.after("-", "-", "-").explore.look.view == .whole)
    #expect(zoomed.after("L", "f").explore.look.view == .whole)
  }

  @Test func quitKeys() {
    var state = Fixture.app(80, 24)
    #expect(update(&state, .key(.character("q"))) == [.quit(.quit)])
    #expect(update(&state, .key(.control("c"))) == [.quit(.interrupted)])
    #expect(update(&state, .key(.control("z"))) == [.suspend])
    _ = update(&state, .key(.character("?")))
    #expect(update(&state, .key(.control("c"))) == [.quit(.interrupted)], "also over the help")
    #expect(update(&state, .key(.character("q"))).isEmpty, "closes the help only")
    #expect(state.overlay == nil)
  }

  /// Concept names that Unicode calls equal are different data.
  @Test func conceptsAreTakenApartByBytes() {
    let rows = Fixture.rows(2, concepts: ["\u{212B}", "\u{C5}"])
    let state = Fixture.explore(rows: rows, concepts: 2)
    #expect(state.run.concepts.count == 2)
    _ = render(Fixture.app(80, 24, state))
  }

  /// Random keys, mouse and sizes: nothing traps, and every screen can be drawn.
  @Test(arguments: 0..<8) func randomInput(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let keys = Screens.registry.commands.flatMap(\.keys)
    let rows = Fixture.rows([0, 1, 7, 48][seed % 4])
    var state = Fixture.app(80, 24, Fixture.explore(rows: rows, layers: [1, 31][seed % 2]))
    for _ in 0..<600 {
      let event: Event
      switch Int.random(in: 0..<10, using: &generator) {
      case 0:
        event = .resize(
          Size(
            width: Int.random(in: 1...130, using: &generator),
            height: Int.random(in: 1...45, using: &generator)))
      case 1, 2, 3:
        event = .mouse(
          Mouse(
            place: Cursor(
              x: Int.random(in: 0..<130, using: &generator),
              y: Int.random(in: 0..<45, using: &generator)),
            action: Mouse.Action.allCases.randomElement(using: &generator) ?? .left))
      default: event = .key(keys.randomElement(using: &generator) ?? .enter)
      }
      _ = update(&state, event)
      let surface = render(state)
      #expect(surface.size == state.size)
    }
  }
}
