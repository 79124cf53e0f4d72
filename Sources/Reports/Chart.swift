import Foundation

/// A number as SVG takes it: at the most two digits after the point; 0 for what is not finite.
func svgNumber(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e9 else { return "0" }
  let rounded = (value * 100).rounded() / 100
  return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
}

/// Colours that stay apart for most colour-blind readers and on paper (after Okabe and Ito), and
/// marks beside them, so that nothing is told by colour alone.
enum Palette {
  static let colors = [
    "#1f78b4", "#c44e12", "#007f5f", "#a8487e", "#8c7a00", "#555555", "#2a4fb0", "#b8405e",
  ]
  static func color(_ index: Int) -> String { colors[index % colors.count] }
  static func dashes(_ index: Int) -> String {
    ["", "7 3", "2 3", "9 3 2 3"][index % 4]
  }

  /// The mark of a concept, centred at a point.
  static func mark(_ index: Int, x: Double, y: Double, size r: Double = 3.2) -> String {
    func n(_ value: Double) -> String { svgNumber(value) }
    let color = color(index)
    func path(_ points: [(Double, Double)]) -> String {
      let text = points.map { "\(n(x + $0.0 * r)),\(n(y + $0.1 * r))" }.joined(separator: " ")
      return "<polygon points=\"\(text)\" fill=\"\(color)\"/>"
    }
    switch index % 6 {
    case 0: return "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r))\" fill=\"\(color)\"/>"
    case 1: return path([(0, -1.2), (1.1, 0.8), (-1.1, 0.8)])
    case 2: return path([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case 3: return path([(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)])
    case 4: return path([(0, 1.2), (1.1, -0.8), (-1.1, -0.8)])
    default:
      return "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r - 0.6))\" fill=\"none\" "
        + "stroke=\"\(color)\" stroke-width=\"1.4\"/>"
    }
  }
}

/// A map of rows: each a mark by its concept.
public struct ScatterChart: Equatable, Sendable {
  public var title: String
  var xs: [Double]
  var ys: [Double]
  var labels: [Int]
  var concepts: [String]

  /// Precondition: as many labels as points, each below the number of concepts.
  public init(title: String, xs: [Double], ys: [Double], labels: [Int], concepts: [String]) {
    self.title = title
    self.xs = xs
    self.ys = ys
    self.labels = labels
    self.concepts = concepts
  }

  /// A square plot with a legend below; the same scale on both axes.
  public var svg: String {
    let width = 420.0
    let legend = 18.0 * Double((concepts.count + 1) / 2) + 8
    let height = width + 24 + legend
    let finite = xs.indices.filter { xs[$0].isFinite && ys[$0].isFinite }
    let x = range(finite.map { xs[$0] })
    let y = range(finite.map { ys[$0] })
    let span = max(x.upperBound - x.lowerBound, y.upperBound - y.lowerBound, 1e-12)
    let scale = (width - 24) / span
    let centre = ((x.lowerBound + x.upperBound) / 2, (y.lowerBound + y.upperBound) / 2)
    var text = svgHead(width, height, title)
    text += "<rect x=\"0.5\" y=\"24\" width=\"\(svgNumber(width - 1))\" "
    text += "height=\"\(svgNumber(width - 1))\" fill=\"none\" stroke=\"#bbb\"/>\n"
    for index in finite {
      text +=
        Palette.mark(
          labels[index], x: width / 2 + (xs[index] - centre.0) * scale,
          y: 24 + width / 2 - (ys[index] - centre.1) * scale) + "\n"
    }
    for (concept, name) in concepts.enumerated() {
      let left = concept % 2 == 0 ? 10.0 : width / 2
      let top = 24 + width + 16 + 18 * Double(concept / 2)
      text += Palette.mark(concept, x: left, y: top - 4, size: 4)
      text += svgText(name, x: left + 10, y: top)
    }
    return text + "</svg>"
  }

  private func range(_ values: [Double]) -> ClosedRange<Double> {
    (values.min() ?? 0)...(values.max() ?? 0)
  }
}

/// Curves over a common axis, such as a figure of every layer.
public struct LineChart: Equatable, Sendable {
  public struct Series: Equatable, Sendable {
    public var name: String
    public var xs: [Double]
    public var ys: [Double]

    public init(name: String, xs: [Double], ys: [Double]) {
      self.name = name
      self.xs = xs
      self.ys = ys
    }
  }

  public var title: String
  public var xName: String
  public var series: [Series]
  /// Of the y axis; the values' own where nil.
  public var range: ClosedRange<Double>?

  public init(
    title: String, xName: String, series: [Series], range: ClosedRange<Double>? = nil
  ) {
    self.title = title
    self.xName = xName
    self.series = series
    self.range = range
  }

  public var svg: String {
    let (width, plot, left, top) = (460.0, 200.0, 52.0, 28.0)
    let right = width - 10
    let legend = 18.0 * Double(series.count) + 6
    let height = top + plot + 36 + legend
    let ys = series.flatMap(\.ys).filter(\.isFinite)
    let xs = series.flatMap(\.xs).filter(\.isFinite)
    let yTicks = ticks(range ?? (ys.min() ?? 0)...(ys.max() ?? 1))
    let xTicks = ticks((xs.min() ?? 0)...(xs.max() ?? 1))
    let low = min(yTicks.first ?? 0, range?.lowerBound ?? ys.min() ?? 0)
    let high = max(yTicks.last ?? 1, range?.upperBound ?? ys.max() ?? 1)
    let (first, last) = (xs.min() ?? 0, xs.max() ?? 1)
    func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
      (
        left + (x - first) / max(last - first, 1e-12) * (right - left),
        top + plot - (y - low) / max(high - low, 1e-12) * plot
      )
    }
    var text = svgHead(width, height, title)
    for tick in yTicks {
      let y = place(first, tick).y
      text += svgLine(left, y, right, y, "#ddd")
      text += svgText(tickName(tick, yTicks), x: left - 6, y: y + 4, anchor: "end")
    }
    for tick in xTicks where tick >= first && tick <= last {
      let x = place(tick, low).x
      text += svgLine(x, top + plot, x, top + plot + 4, "#888")
      text += svgText(tickName(tick, xTicks), x: x, y: top + plot + 16, anchor: "middle")
    }
    text += svgLine(left, top + plot, right, top + plot, "#888")
    text += svgText(xName, x: (left + right) / 2, y: top + plot + 30, anchor: "middle")
    for (index, one) in series.enumerated() {
      let points = zip(one.xs, one.ys).filter { $0.0.isFinite && $0.1.isFinite }
        .map { place($0.0, $0.1) }
      let list = points.map { "\(svgNumber($0.x)),\(svgNumber($0.y))" }.joined(separator: " ")
      let dashes = Palette.dashes(index)
      let style =
        "fill=\"none\" stroke=\"\(Palette.color(index))\" stroke-width=\"2\""
        + (dashes.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\"")
      text += "<polyline points=\"\(list)\" \(style)/>\n"
      let y = top + plot + 36 + 18 * Double(index) + 10
      text += "<polyline points=\"\(svgNumber(left)),\(svgNumber(y - 4)) "
      text += "\(svgNumber(left + 30)),\(svgNumber(y - 4))\" \(style)/>\n"
      text += svgText(one.name, x: left + 38, y: y)
    }
    return text + "</svg>"
  }

  /// Four to eight round values over a range.
  private func ticks(_ range: ClosedRange<Double>) -> [Double] {
    let span = range.upperBound - range.lowerBound
    guard span > 0, span.isFinite else { return [range.lowerBound] }
    let rough = pow(10, (log10(span)).rounded(.down))
    let step = [0.1, 0.2, 0.5, 1, 2].map { $0 * rough }.first { span / $0 <= 7 } ?? rough
    let first = (range.lowerBound / step).rounded(.up)
    let last = (range.upperBound / step).rounded(.down)
    guard last >= first, last - first < 50 else { return [range.lowerBound, range.upperBound] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  private func tickName(_ value: Double, _ ticks: [Double]) -> String {
    let step = ticks.count > 1 ? ticks[1] - ticks[0] : abs(value)
    let digits = step > 0 ? max(0, min(6, Int((-log10(step) - 1e-9).rounded(.up)))) : 0
    return String(format: "%.\(digits)f", value)
  }
}

private func svgHead(_ width: Double, _ height: Double, _ title: String) -> String {
  let size = "width=\"\(svgNumber(width))\" height=\"\(svgNumber(height))\""
  let box = "viewBox=\"0 0 \(svgNumber(width)) \(svgNumber(height))\""
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) \(box) role=\"img\" "
    + "aria-label=\"\(escaped(title))\" font-family=\"sans-serif\" font-size=\"12\">\n"
    + "<text x=\"2\" y=\"15\" font-size=\"13\" font-weight=\"bold\">\(escaped(title))</text>\n"
}

private func svgText(_ text: String, x: Double, y: Double, anchor: String = "start") -> String {
  "<text x=\"\(svgNumber(x))\" y=\"\(svgNumber(y))\" text-anchor=\"\(anchor)\">"
    + "\(escaped(text))</text>\n"
}

private func svgLine(
  _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String
) -> String {
  "<line x1=\"\(svgNumber(x1))\" y1=\"\(svgNumber(y1))\" x2=\"\(svgNumber(x2))\" "
    + "y2=\"\(svgNumber(y2))\" stroke=\"\(color)\"/>\n"
}
