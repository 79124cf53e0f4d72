import SeerApp
import SeerWidgets
import Testing

@Suite struct ScriptTests {
  @Test func everyCommand() throws {
    let script = try Script(
      """
      # a comment

      key j
      key Ctrl-c
      type two words
      mouse 3 14 wheel-up
        wait idle
      save-screen out put.txt
      resize 120x40
      quit
      """, file: "s")
    #expect(
      script.steps == [
        .key(.character("j")), .key(.control("c")), .text("two words"),
        .mouse(Mouse(place: Cursor(x: 3, y: 14), action: .wheelUp)), .waitIdle,
        .saveScreen("out put.txt"), .resize(Size(width: 120, height: 40)), .quit,
      ])
  }

  @Test func carriageReturnsAreLineEnds() throws {
    let script = try Script("key j\r\nquit\r\n", file: "s")
    #expect(script.steps == [.key(.character("j")), .quit])
  }

  @Test(arguments: [
    ("key", "a key"), ("key jj", "a key"), ("type", "text"), ("mouse 1 2", "mouse X Y"),
    ("mouse -1 2 left", "mouse X Y"), ("mouse 1 2 push", "wheel-up"), ("wait", "wait idle"),
    ("wait 5", "wait idle"), ("save-screen", "a file"), ("resize 80", "WIDTHxHEIGHT"),
    ("resize 0x5", "1 to 1000"), ("resize 99999999999999999999x5", "1 to 1000"),
    ("quit now", "'quit' alone"), ("jump", "key, type"),
  ])
  func badLines(line: String, wanted: String) throws {
    do {
      _ = try Script("key j\n\(line)\n", file: "demo.txt")
      Issue.record("'\(line)' was accepted")
    } catch {
      #expect(error.kind == .badData)
      #expect(error.file == "demo.txt" && error.place == "line 2")
      #expect(error.found == "'\(line)'")
      #expect(error.wanted?.contains(wanted) ?? false, "\(error.wanted ?? "")")
    }
  }

  @Test func missingScript() {
    do {
      _ = try Script.read("/nonexistent/script")
      Issue.record("read a script that is not there")
    } catch {
      #expect(error.kind == .missingInput)
    }
  }
}
