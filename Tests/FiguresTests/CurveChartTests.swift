import SeerFigures
import Testing

struct CurveChartTests {
  func texts(_ picture: Picture) -> [String] {
    picture.shapes.compactMap { shape in
      if case .text(let text, _, _, _, _, _, _) = shape { return text }
      return nil
    }
  }

  @Test func curvesAxesAndNames() throws {
    let chart = CurveChart(
      title: "Accuracy", xName: "layer",
      series: [
        .init(name: "base", xs: [0, 10, 20, 30], ys: [0.1, 0.2, .nan, 0.4]),
        .init(name: "tuned", xs: [0, 10, 20, 30], ys: [0.1, 0.3, 0.6, 0.9]),
      ], range: 0...1)
    let picture = chart.picture()
    let texts = texts(picture)
    for text in ["Accuracy", "layer", "base", "tuned", "0.0", "1.0", "0", "30"] {
      #expect(texts.contains(text), "\(text) of \(texts)")
    }
    // The axis ends where its range does.
    #expect(!texts.contains("1.2") && !texts.contains("-0.2"))
    let curves = picture.shapes.compactMap { shape in
      if case .curve(let points, _, _) = shape { return points }
      return nil
    }
    // Each curve, without the point that is no number, and its line in the legend.
    #expect(curves.map(\.count) == [3, 2, 4, 2])
    // Higher values stand higher, and all within the picture.
    #expect(curves[2].map(\.y) == curves[2].map(\.y).sorted(by: >))
    #expect(
      curves.joined().allSatisfy {
        0...picture.width ~= $0.x && 0...picture.height ~= $0.y
      })
    let svg = picture.svg(title: "Accuracy")
    #expect(svg.split(separator: "<polyline").count - 1 == 4)
    let file = try picture.png()
    #expect(file.count > 1000)
  }

  @Test func littleOrNothing() {
    for series: [CurveChart.Series] in [
      [], [.init(name: "a", xs: [1], ys: [1])], [.init(name: "a", xs: [1, 1], ys: [2, 2])],
      [.init(name: "a", xs: [.nan], ys: [.infinity])],
      [.init(name: "a", xs: [1e300, -1e300], ys: [1e300, -1e300])],
    ] {
      let svg = CurveChart(title: "t", xName: "x", series: series).picture().svg()
      #expect(!svg.contains("nan") && !svg.contains("inf"), "\(svg)")
    }
  }

  @Test func namesStayInThePicture() {
    let long = String(repeating: "a long name ", count: 20)
    let picture = CurveChart(
      title: long, xName: "x", series: [.init(name: long, xs: [0, 1], ys: [-3, 4000])]
    ).picture()
    for case .text(let text, let x, let y, let size, let anchor, _, _) in picture.shapes {
      let width = StrokeFont.width(text, size: size)
      let left = anchor == .start ? x : anchor == .end ? x - width : x - width / 2
      #expect(left >= 0 && left + width <= picture.width && y <= picture.height, "\(text)")
    }
  }

  @Test func manyPointsHaveFewMarks() {
    let values = (0..<500).map(Double.init)
    let picture = CurveChart(
      title: "", xName: "", series: [.init(name: "a", xs: values, ys: values)]
    ).picture()
    let marks = picture.shapes.count { if case .mark = $0 { true } else { false } }
    #expect((10...16).contains(marks))
  }
}
