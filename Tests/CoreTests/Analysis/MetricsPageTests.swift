import Foundation
import SeerAnalysis
import TestSupport
import Testing

struct MetricsPageTests {
  /// docs/metrics.md is the table's own page; `RECORD_SNAPSHOTS=1` writes it.
  @Test func thePageIsUpToDate() throws {
    let page = URL(fileURLWithPath: Fixtures.repository + "/docs/metrics.md")
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try Data(SeparationMetric.markdown.utf8).write(to: page)
      Issue.record("recorded docs/metrics.md: look at it, then run again")
      return
    }
    let saved = try? String(contentsOf: page, encoding: .utf8)
    #expect(
      saved == SeparationMetric.markdown,
      "docs/metrics.md is stale: RECORD_SNAPSHOTS=1 swift test --filter MetricsPageTests")
  }
}
