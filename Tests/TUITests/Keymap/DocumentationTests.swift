import Foundation
import Testing

@testable import TUI

@Suite struct DocumentationTests {
  /// docs/keys.md is the table's own page; `RECORD_SNAPSHOTS=1` writes it.
  @Test func keysPageIsUpToDate() throws {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let page = root.appendingPathComponent("docs/keys.md")
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try Data(Command.markdown.utf8).write(to: page)
      Issue.record("recorded docs/keys.md: look at it, then run again")
      return
    }
    let saved = try? String(contentsOf: page, encoding: .utf8)
    #expect(
      saved == Command.markdown,
      "docs/keys.md is stale: RECORD_SNAPSHOTS=1 swift test --filter DocumentationTests")
  }
}

@Suite struct ScreensInDocumentationTests {
  private let root: URL = {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return root
  }()

  private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Pages show the screens of docs/screens as they are there.
  @Test(arguments: ["README.md", "docs/explorer.md"]) func pagesShowTheScreens(page: String) throws
  {
    let parts = try text(page).components(separatedBy: "<!-- screen ").dropFirst()
    #expect(!parts.isEmpty)
    for part in parts {
      let name = part.prefix { $0 != " " }
      let screen = try text("docs/screens/\(name).txt").trimmingCharacters(in: .newlines)
      #expect(part.hasPrefix("\(name) -->\n```\n\(screen)\n```\n<!-- end -->"), "run make screens")
    }
  }

  /// The footer of the picture is the footer of today.
  @Test func thePictureIsOfTheseKeys() throws {
    let picture = try text("docs/screens/explore.txt").split(separator: "\n").last
    let now = render(Fixture.app(110, 30)).text.split(separator: "\n").last
    #expect(picture == now, "run make screens")
  }
}
