import Foundation
import SeerApp
import SeerScreens
import TestSupport
import Testing

@Suite struct DocumentationTests {
  /// docs/keys.md is the table's own page; `RECORD_SNAPSHOTS=1` writes it.
  @Test func keysPageIsUpToDate() throws {
    let page = URL(fileURLWithPath: Fixtures.repository + "/docs/keys.md")
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try Data(Screens.registry.markdown.utf8).write(to: page)
      Issue.record("recorded docs/keys.md: look at it, then run again")
      return
    }
    let saved = try? String(contentsOf: page, encoding: .utf8)
    #expect(
      saved == Screens.registry.markdown,
      "docs/keys.md is stale: RECORD_SNAPSHOTS=1 swift test --filter DocumentationTests")
  }
}

@Suite struct ScreensInDocumentationTests {
  private let root = URL(fileURLWithPath: Fixtures.repository)

  private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Pages show pictures that are there; `make check-screens` tells whether they are today's.
  @Test(arguments: ["README.md", "docs/explorer.md"]) func pagesShowTheScreens(page: String) throws
  {
    let folder = page.hasPrefix("docs/") ? "docs/" : ""
    let shown = try text(page).matches(of: /\]\(((?:docs\/)?screens\/[a-z-]+\.svg)\)/).map { $0.1 }
    #expect(!shown.isEmpty)
    for picture in shown {
      #expect(try text(folder + picture).hasPrefix("<svg "), "\(picture): run make screens")
    }
  }

  /// The footer of the picture is the footer of today.
  @Test func thePictureIsOfTheseKeys() throws {
    func footer(_ picture: String) -> [Substring] {
      picture.split(separator: "\n").filter { $0.contains(" y=\"514\"") }
    }
    let now = footer(render(Fixture.app(110, 30)).svg())
    #expect(try footer(text("docs/screens/explore.svg")) == now, "run make screens")
    #expect(now.contains { $0.contains(">help</text>") || $0.contains("help</text>") })
  }
}
