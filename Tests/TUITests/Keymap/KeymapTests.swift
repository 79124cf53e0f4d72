import SeerApp
import SeerScreens
import SeerSupport
import SeerWidgets
import Testing

/// A user's own keys.
@Suite struct KeymapTests {
  private func commands(_ text: String) throws -> [Command] {
    try Keymap.commands(text, file: "keys.conf", for: Screens.registry)
  }

  @Test func keysAreChanged() throws {
    var state = Fixture.app(80, 24)
    state.commands = try commands(
      """
      # mine
      nextLayer = Ctrl-x #
      nextMatch =
      """)
    #expect(state.after("l").explore.layer == 23, "the usual key is gone")
    #expect(state.after("Ctrl-x").explore.layer == 24 && state.after("#").explore.layer == 24)
    #expect(Command.hints(state, ascii: true).contains { $0.keys == "h/Ctrl-x" })
    #expect(render(state.after("?")).text.contains("Ctrl-x #"))
    // Without a key the palette still finds it.
    state = state.after("/", "d", "g", "e", "Enter", ":").typing("next row found")
    #expect(state.after("Enter").explore.cursor == 6)
  }

  @Test func noFileIsTheUsualTable() throws {
    let usual = try Keymap.read("/nonexistent/keys.conf", for: Screens.registry)
    #expect(usual.map(\.keys) == Screens.registry.commands.map(\.keys))
    #expect(
      Keymap.path(["XDG_CONFIG_HOME": "/c", "HOME": "/h"]) == "/c/seer/keys.conf")
    #expect(Keymap.path(["XDG_CONFIG_HOME": "c", "HOME": "/h"]) == "/h/.config/seer/keys.conf")
  }

  @Test(arguments: [
    ("nextLayer = j", "line 1", ["j for both", "nextPoint", "nextLayer"]),
    ("\nnextMatch = x", "line 2", ["x for both", "saveScreen", "nextMatch"]),
    ("nextLayer = Upp", "line 1", ["'Upp'"]), ("next = l", "line 1", ["'next'"]),
    ("nextLayer", "line 1", ["'nextLayer'"]), ("quit =", "line 1", ["quit without a key"]),
  ])
  func whatCannotBeUsed(text: String, place: String, words: [String]) {
    do {
      _ = try commands(text)
      Issue.record("took \(text)")
    } catch let failure as Failure {
      #expect(failure.kind == .badData && failure.file == "keys.conf" && failure.place == place)
      for word in words { #expect(failure.description.contains(word), "\(failure)") }
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func changingBothSidesOfAConflictIsFine() throws {
    let changed = try commands("nextLayer = h Right\npreviousLayer = l Left")
    #expect(changed.first { $0.id == "nextLayer" }?.keys == [.character("h"), .right])
  }
}
