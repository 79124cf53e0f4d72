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
