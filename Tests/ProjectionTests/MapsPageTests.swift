import Foundation
import SeerProjection
import Testing

@Suite struct MapsPageTests {
  /// The figures of docs/maps.md are the table's own; `RECORD_SNAPSHOTS=1` writes them.
  @Test func figuresAreUpToDate() throws {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let page = root.appendingPathComponent("docs/maps.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let start = try #require(text.range(of: "| key | what it says |"))
    let end = try #require(text.range(of: "\n## How ours differ"))
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      let changed = text[..<start.lowerBound] + TrustFigure.page + text[end.lowerBound...]
      try Data(changed.utf8).write(to: page)
      Issue.record("recorded docs/maps.md: look at it, then run again")
      return
    }
    #expect(
      text[start.lowerBound..<end.lowerBound] == TrustFigure.page,
      "docs/maps.md is stale: RECORD_SNAPSHOTS=1 swift test --filter MapsPageTests")
  }

  /// Keys go within an option's range, to whole numbers, and come to its end.
  @Test(arguments: Layouts.iterative.map(\.name)) func keysStayInTheRange(name: String) throws {
    let layout = try #require(Layouts.named(name))
    for option in layout.options where option.isCaptioned {
      #expect(option.range.contains(option.keyRange.lowerBound))
      #expect(option.range.contains(option.keyRange.upperBound))
      var value = option.standard
      for factor in Array(repeating: 1.5, count: 80) + Array(repeating: 1 / 1.5, count: 160) {
        let next = option.stepped(value, by: factor)
        #expect(option.keyRange.contains(next) && next == next.rounded())
        let end = factor > 1 ? option.keyRange.upperBound : option.keyRange.lowerBound
        #expect(next != value || value == end, "stuck at \(value)")
        value = next
      }
      #expect(value == option.keyRange.lowerBound)
    }
  }
}
