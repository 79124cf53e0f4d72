import Foundation
import SeerApp
import SeerScreens
import SeerSupport
import SeerWidgets
import TestSupport
import Testing

/// Files of the user's that version 0.1 wrote or read: names and formats stay.
@Suite struct OldFilesTests {
  private static let folder = Fixtures.repository + "/Tests/TUITests/Fixtures/Old/"

  @Test func aKeyFile() throws {
    let path = Self.folder + "keys-0.1.conf"
    let commands = try Keymap.read(path, for: Screens.registry)
    let lines = String(decoding: try bytes(ofFile: path), as: UTF8.self).split(separator: "\n")
      .dropFirst()
    #expect(lines.count == 180)
    for line in lines {
      let words = line.split(separator: " ").map(String.init)
      let command = try #require(commands.first { $0.id.name == words[0] }, "\(words[0])")
      #expect(command.keys == words.dropFirst(2).map { Key(name: $0) }, "\(line)")
    }
  }

  @Test func aSavedView() throws {
    let folder = try TemporaryFolder()
    let store = try #require(ViewStore(environment: ["XDG_STATE_HOME": folder.path]))
    // Under the name that 0.1 gave the view of this run.
    let kept = folder("seer/views/run-7af64eda4d0a17d4.json")
    #expect(store.path(of: "/some/run") == kept)
    try OutputFile.makeFolder(folder("seer/views"))
    try FileManager.default.copyItem(atPath: Self.folder + "view-0.1.json", toPath: kept)
    let saved = try #require(try store.read("/some/run"))
    var state = Fixture.explore()
    let isTaken = state.restore(saved)
    #expect(isTaken)
    #expect(state.cursor == 7 && state.look.marks == .density)
    #expect(state.look.view.zoom == 1.5 && state.look.view.pan == SIMD2(0.25, -0.5))
    #expect(state.look.colorMode == .rightWrong && state.chart.method == .concepts)
    #expect(state.filter.hidden == [0, 4] && state.chart.pair == 2)
    #expect(state.chart.conceptAxes == SIMD2(3, 1))
    #expect(state.neighbours.metric == .euclidean)
    #expect(state.lists.bookmarks == [3, 17])
    #expect(state.selection.groups == [RowGroup(name: "odd \u{1B}", rows: [1, 3])])
    // What is kept of it now is the same file.
    #expect(state.savedView == saved)
    try store.write(state.savedView, of: "/some/run")
    #expect(try bytes(ofFile: kept) == bytes(ofFile: Self.folder + "view-0.1.json"))
  }
}
