import SeerApp
import SeerCompareScreen
import SeerRuns
import SeerSupport
import SeerWidgets
import TestSupport
import Testing

/// Several runs, one explored at a time.
@Suite struct RunsTests {
  private func session(_ runs: [RunFixture]) throws -> Session {
    let sources = try runs.map { try RunSource(Run.open($0.folder)) }
    var state = Fixture.app(80, 24, ExploreState(sources[0]))
    state.compare = CompareState(base: sources[0], tuned: sources[1])
    var workspace = Workspace(run: sources[0], tuned: sources[1])
    workspace.others = Array(sources.dropFirst(2))
    return Session(state, workspace, engine: Engine(), mailbox: try Mailbox())
  }

  @Test func eachRunIsAsItWasLeft() throws {
    let runs = [
      try RunFixture(), try RunFixture(layers: 3, perConcept: 5), try RunFixture(layers: 2),
    ]
    defer { for run in runs { run.remove() } }
    let session = try session(runs)
    session.handle(.key(.character("j")))
    session.handle(.key(.character("h")))
    // Left in the middle of its first maps: what they still say is dropped.
    session.handle(.key(.character("R")))
    #expect(session.state.run == 1 && session.state.explore.run.rows.count == 15)
    session.waitUntilIdle()
    #expect(session.state.explore.chart.maps.compactMap(\.map).count == 3)
    #expect(session.state.explore.shownPoints?.count == 15)
    try expectSnapshot(renderWithoutMap(session.state), "run-2-of-3")
    session.handle(.key(.character("R")))
    session.waitUntilIdle()
    #expect(session.state.run == 2 && session.state.explore.run.layers.count == 2)
    session.handle(.key(.character("R")))
    session.waitUntilIdle()
    #expect(session.state.run == 0 && session.state.explore.cursor == 1)
    #expect(session.state.explore.layer == 2)
    #expect(session.state.explore.chart.maps.compactMap(\.map).count == 5)
  }

  /// Figures of computed maps differ between kernels: only the first line is a picture.
  private func renderWithoutMap(_ state: AppState) -> Surface {
    let whole = render(state)
    var line = Surface(Size(width: whole.size.width, height: 1))
    for x in 0..<whole.size.width {
      line.put(whole[x, 0].scalar, x, 0, whole[x, 0].style)
    }
    return line
  }

  @Test func comparingGoesBackToTheFirst() throws {
    let runs = [try RunFixture(layers: 2), try RunFixture(layers: 2)]
    defer { for run in runs { run.remove() } }
    let session = try session(runs)
    session.handle(.key(.character("R")))
    session.handle(.key(.function(3)))
    #expect(session.state.screen == .compare && session.state.run == 0)
    session.waitUntilIdle()
    _ = render(session.state)
  }

  @Test func oneRunHasNoNext() {
    var state = Fixture.app(80, 24)
    #expect(update(&state, .key(.character("R"))).isEmpty)
  }
}
