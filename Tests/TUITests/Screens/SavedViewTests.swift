import Foundation
import SeerApp
import SeerSupport
import TestSupport
import Testing

/// What is kept of a run from one start to the next.
@Suite struct SavedViewTests {
  private var changed: AppState {
    var state = Fixture.app(80, 24).after(
      "h", "h", "j", "j", "B", "2", "+", "+", "L", "m", "c", "u", "y", "b")
    state.explore.selection.groups = [RowGroup(name: "odd \u{1B}", rows: [1, 3])]
    return state
  }

  @Test func aViewIsThereAgain() throws {
    let folder = try TemporaryFolder()
    let store = try #require(ViewStore(environment: ["XDG_STATE_HOME": folder.path]))
    let saved = changed.explore.savedView
    #expect(try store.read("/some/run") == nil)
    try store.write(saved, of: "/some/run")
    #expect(try store.read("/some/run") == saved)
    #expect(try store.read("/other/run") == nil, "runs of the same name are told apart")
    var fresh = Fixture.explore()
    let isTaken = fresh.restore(saved)
    #expect(isTaken)
    #expect(fresh.savedView == saved)
    var app = Fixture.app(80, 24, fresh)
    app.explore.filter.searchTexts = changed.explore.filter.searchTexts
    var before = changed
    before.message = nil
    #expect(render(app) == render(before))
  }

  @Test func concentAxesAreThereAgain() {
    var state = Fixture.app(80, 24).after("j", "A", "]")
    state.message = nil
    var fresh = Fixture.explore(ready: false)
    let isTaken = fresh.restore(state.explore.savedView)
    #expect(isTaken)
    #expect(fresh.chart.axes == .concepts(2, 0) && fresh.chart.method == .concepts)
  }

  @Test func anotherRunInTheSamePlace() {
    let saved = changed.explore.savedView
    var other = Fixture.explore(rows: Fixture.rows(12))
    let before = other.savedView
    let isTaken = other.restore(saved)
    #expect(!isTaken)
    #expect(other.savedView == before)
  }

  /// Whatever a file says, nothing out of the run is taken over.
  @Test func valuesOutOfTheRun() {
    var saved = changed.explore.savedView
    saved.layer = 99
    saved.cursor = 4800
    saved.zoom = .infinity
    saved.hidden = ["nothing of the kind"]
    saved.marks = "?"
    saved.color = "?"
    saved.pair = -1
    saved.conceptAxes = ["violence", "violence"]
    saved.bookmarks = [-1, 3, 4800]
    saved.groups = [RowGroup(name: "a", rows: [99]), RowGroup(name: "b", rows: [1, 99])]
    var state = Fixture.explore()
    let isTaken = state.restore(saved)
    #expect(isTaken)
    #expect(
      state.layer == 23 && state.cursor == 0 && state.look.view == .whole
        && state.filter.hidden.isEmpty)
    #expect(
      state.lists.bookmarks == [3] && state.selection.groups == [RowGroup(name: "b", rows: [1])])
    #expect(state.chart.pair == 0 && state.chart.conceptAxes == SIMD2(0, 1))
    _ = render(Fixture.app(80, 24, state))
  }

  @Test(arguments: ["", "{", "[1, 2]", "{\"format\": 1}", "{\"format\": 1, \"rows\": 1e400}"])
  func brokenFilesAreNamed(text: String) throws {
    let folder = try TemporaryFolder()
    let store = try #require(ViewStore(environment: ["XDG_STATE_HOME": folder.path]))
    let path = store.path(of: "/some/run")
    try OutputFile.makeFolder(folder.path + "/seer/views")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    do {
      _ = try store.read("/some/run")
      Issue.record("read \(text)")
    } catch {
      #expect(error.file == path && error.kind == .badData)
    }
  }

  @Test func aFolderThatCannotBeWritten() throws {
    let store = try #require(ViewStore(environment: ["XDG_STATE_HOME": "/proc/nowhere"]))
    do {
      try store.write(Fixture.explore().savedView, of: "/some/run")
      Issue.record("wrote into a folder that is not there")
    } catch {
      #expect(error.kind == .cannotWrite)
    }
  }
}
