import Foundation
import SeerApp
import SeerRuns
import SeerScreens
import SeerSupport
import SeerWidgets
import TestSupport
import Testing

/// A script on a run folder, without a terminal.
@Suite struct ScriptedRunTests {
  private func play(_ lines: String, ascii: Bool = false) throws -> Ending {
    let run = try RunFixture()
    defer { run.remove() }
    let path = run.folder + "/script.txt"
    try Data(lines.replacing("OUT", with: run.folder).utf8).write(
      to: URL(fileURLWithPath: path))
    let ending = try Explorer.run(
      ExplorerOptions(runs: [run.folder], script: path, ascii: ascii, environment: [:]))
    saved = (try? String(contentsOfFile: run.folder + "/screen.txt", encoding: .utf8)) ?? ""
    return ending
  }

  private var saved: String {
    get { box.text }
    nonmutating set { box.text = newValue }
  }
  private final class Box {
    var text = ""
  }
  private let box = Box()

  @Test func theMapOfEveryLayerIsThereWhenIdle() throws {
    #expect(try play("wait idle\nkey g\nsave-screen OUT/screen.txt\n") == .quit)
    #expect(saved.contains("layer 0/4") && saved.contains("shows"))
    #expect(saved.split(separator: "\n", omittingEmptySubsequences: false).count == 25)
    #expect(saved.contains("The text of row 0, in"))
  }

  @Test func keysEndIt() throws {
    #expect(try play("key q\nsave-screen OUT/screen.txt") == .quit)
    #expect(saved.isEmpty, "nothing is played after the interface was left")
    #expect(try play("key Ctrl-c") == .interrupted)
  }

  @Test func asciiScreensAreASCII() throws {
    _ = try play("wait idle\nsave-screen OUT/screen.txt\n", ascii: true)
    #expect(!saved.isEmpty && saved.unicodeScalars.allSatisfy { $0.isASCII })
  }

  @Test func aScreenThatCannotBeSaved() throws {
    do {
      _ = try play("save-screen /nonexistent/folder/screen.txt")
      Issue.record("saved into a folder that is not there")
    } catch let failure as Failure {
      #expect(failure.kind == .cannotWrite)
      #expect(failure.file == "/nonexistent/folder/screen.txt")
    }
  }

  /// Neighbouring layers of the fixture differ by noise only: a map that turned or flipped would
  /// put points far from where they were.
  @Test func mapsDoNotFlipBetweenLayers() throws {
    let run = try RunFixture(layers: 8)
    defer { run.remove() }
    let source = try RunSource(Run.open(run.folder))
    let session = Session(
      AppState(
        Screens.registry, size: Size(width: 80, height: 24), theme: Theme(depth: .mono),
        explore: ExploreState(source)), Workspace(run: source), engine: Engine(),
      mailbox: try Mailbox())
    session.waitUntilIdle()
    let maps = session.state.explore.chart.maps.compactMap(\.map)
    #expect(maps.count == 8)
    for (a, b) in zip(maps, maps.dropFirst()) {
      var same: Float = 0
      var mirrored: Float = 0
      for (p, q) in zip(a.points, b.points) {
        same += ((p - q) * (p - q)).sum()
        mirrored += ((p + q) * (p + q)).sum()
      }
      #expect(same < mirrored, "the map turned round")
      #expect(same / Float(a.points.count) < 1, "points moved by \(same / Float(a.points.count))")
    }
  }

  @Test func noRun() {
    do {
      _ = try Explorer.run(ExplorerOptions(runs: [], script: nil, environment: [:]))
      Issue.record("opened nothing")
    } catch {
      #expect(error.kind == .usage)
    }
  }

  @Test func missingRun() {
    do {
      _ = try Explorer.run(ExplorerOptions(runs: ["/nonexistent"], environment: [:]))
      Issue.record("opened a run that is not there")
    } catch {
      #expect(error.kind == .missingInput)
    }
  }
}
