import Foundation
import TestSupport
import Testing

@testable import Reports

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct ReportDocumentTests {
  static let nasty = "<script>alert('x')</script> & \"q\" | `c` \u{0}\u{1B}[31m"

  static var document: ReportDocument {
    let scatter = ScatterChart(
      title: nasty, xs: [0, 1, .nan], ys: [0, 1, 2], labels: [0, 1, 0], concepts: [nasty, "b"])
    let lines = LineChart(
      title: nasty, xName: nasty, series: [.init(name: nasty, xs: [0, 1, 2], ys: [0.5, .nan, 1])])
    return ReportDocument(
      title: nasty,
      blocks: [
        .heading(level: 2, nasty), .paragraph(nasty), .note(nasty),
        .table(
          header: ["", nasty], rows: [[nasty, nasty]], shades: [[nil, 0.5]], caption: nasty),
        .figure(svg: scatter.svg, caption: nasty),
        .figures([lines.svg, lines.svg], caption: nasty),
      ])
  }

  @Test func allTextIsEscaped() {
    let html = Self.document.html
    #expect(!html.contains("<script") && !html.contains("alert('x')"))
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

  @Test func numbersOfFigures() {
    #expect(svgNumber(1) == "1" && svgNumber(0.126) == "0.13" && svgNumber(-2.5) == "-2.5")
    #expect(svgNumber(.nan) == "0" && svgNumber(.infinity) == "0")
  }

  @Test func chartsOfLittleOrNothing() {
    let none = LineChart(title: "t", xName: "x", series: []).svg
    let flat = LineChart(title: "t", xName: "x", series: [.init(name: "a", xs: [1], ys: [1])]).svg
    let point = ScatterChart(title: "t", xs: [3], ys: [3], labels: [0], concepts: ["a"]).svg
    for svg in [none, flat, point] {
      #expect(XMLParser(data: Data(svg.utf8)).parse(), "\(svg)")
      #expect(!svg.contains("nan") && !svg.contains("inf"))
    }
  }

  @Test func everyConceptHasAMarkAndAColourOfItsOwn() {
    let marks = (0..<8).map { Palette.mark($0, x: 5, y: 5) }
    #expect(Set(marks).count == 8)
  }
}
