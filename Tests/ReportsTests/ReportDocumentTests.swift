import Foundation
import SeerFigures
import SeerReports
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct ReportDocumentTests {
  static let nasty = "<script>alert('x')</script> & \"q\" | `c` \u{0}\u{1B}[31m"

  static var document: ReportDocument {
    let panel = ScatterPanel(
      points: [SIMD2(0, 0), SIMD2(1, 1), SIMD2(.nan, 2)], groups: [0, 1, 0], captions: [nasty])
    let grid = PanelGrid(
      title: nasty, rowTitles: [nasty],
      columns: [PanelColumn(title: nasty, panels: [panel], groupNames: [nasty, "b"])])
    let lines = CurveChart(
      title: nasty, xName: nasty, series: [.init(name: nasty, xs: [0, 1, 2], ys: [0.5, .nan, 1])])
    return ReportDocument(
      title: nasty,
      blocks: [
        .heading(level: 2, nasty), .paragraph(nasty), .note(nasty),
        .table(
          header: ["", nasty], rows: [[nasty, nasty]], shades: [[nil, 0.5]], caption: nasty),
        .figure(svg: grid.picture().svg(title: nasty), caption: nasty),
        .figures([lines.svg, lines.svg], caption: nasty),
      ])
  }

  @Test func allTextIsEscaped() {
    let html = Self.document.html
    #expect(!html.contains("<script"))
    #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;q&quot;"))
    #expect(!html.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
  }

  @Test func theFileNeedsNothingElse() {
    let html = Self.document.html.replacing("http://www.w3.org/2000/svg", with: "")
    for word in ["http:", "https:", "src=", "href=", "url(", "@import", "<link", "<iframe"] {
      #expect(!html.contains(word), "\(word)")
    }
    #expect(html.contains("@media print") && html.contains("default-src 'none'"))
  }

  /// The report as XML: every element closed, every attribute quoted.
  @Test func theMarkupIsWellFormed() {
    let html = Self.document.html
    let body = html[(html.range(of: "<body>")?.lowerBound ?? html.startIndex)...]
      .replacing("</html>", with: "")
    let parser = XMLParser(data: Data(body.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError)) \(parser.lineNumber)")
  }

  @Test func markdownTablesAreNotBrokenByTheirTexts() {
    let markdown = Self.document.markdown
    #expect(!markdown.contains("<script"))
    let row = markdown.split(separator: "\n").first { $0.hasPrefix("| &lt;script") }
    #expect(row?.replacing("\\|", with: "").count { $0 == "|" } == 3)
    #expect(markdown.contains("](data:image/svg+xml;base64,"))
  }
}
