import SeerFigures
import TestSupport
import Testing

struct PanelGridTests {
  func grid(groups: Int = 3, names: [String]? = nil) -> PanelGrid {
    let points = (0..<30).map { SIMD2(Float($0 % 6), Float($0 / 6)) }
    let panel = ScatterPanel(
      points: points, groups: (0..<30).map { $0 % groups }, captions: ["one", "two"])
    return PanelGrid(
      title: "Before & after <1>", rowTitles: ["before", "after"],
      columns: [
        PanelColumn(
          title: "safety", panels: [panel, panel],
          groupNames: names ?? (0..<groups).map { "group \($0)" })
      ], footer: ["made by a test"])
  }

  @Test func theDocumentHoldsEverything() {
    let text = grid().picture().svg(title: "a \"title\"")
    #expect(text.hasPrefix("<svg xmlns=") && text.hasSuffix("</svg>\n"))
    for word in [
      "Before &amp; after &lt;1&gt;", "safety", "before", "after", "group 2", "made by a test",
      "one", "two", "<title>a &quot;title&quot;</title>",
    ] {
      #expect(text.contains(word), "\(word)")
    }
    // 2 panels of 30 points and the legend's marks: a third each of discs, triangles, squares.
    #expect(text.split(separator: "<circle").count - 1 == 21)
    #expect(text.split(separator: "<polygon").count - 1 == 42)
  }

  @Test func pointsOfNoGroupAndOfNoPlaceAreLeftOut() {
    let panel = ScatterPanel(
      points: [SIMD2(0, 0), SIMD2(.nan, 1), SIMD2(1, 1)], groups: [0, 0, -1])
    let text = PanelGrid(
      title: "", rowTitles: [""],
      columns: [PanelColumn(title: "", panels: [panel], groupNames: [])]
    ).picture().svg()
    #expect(text.split(separator: "<circle").count - 1 == 1)
    #expect(!text.contains("nan"))
  }

  @Test func manyAndLongNamesStayInThePicture() {
    let names = (0..<40).map { String(repeating: "long name ", count: $0 % 9 + 1) + "\($0)" }
    let picture = grid(groups: 40, names: names).picture()
    for case .text(let text, let x, let y, let size, let anchor, _, _) in picture.shapes
    where anchor == .start {
      #expect(x + StrokeFont.width(text, size: size) <= picture.width + 12, "\(text)")
      #expect(y <= picture.height, "\(text)")
    }
  }

  @Test func groupsAreToldApartByMarkAndColour() {
    let symbols = (0..<204).map { "\(Shape.symbol(group: $0, x: 0, y: 0, radius: 1))" }
    #expect(Set(symbols).count == 204)
  }

  @Test func numbersAreShort() {
    #expect(Picture.number(1) == "1" && Picture.number(-0.5) == "-0.5")
    #expect(Picture.number(2.345) == "2.35" && Picture.number(3.05) == "3.05")
    #expect(Picture.number(-0.001) == "0")
    #expect(Picture.hex(0x00_00FF) == "#0000ff")
    #expect(Picture.escaped("a\u{1}\n\u{FFFE}b") == "a   b")
  }
}
