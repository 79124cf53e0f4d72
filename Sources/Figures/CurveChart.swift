import Foundation

/// Curves over a common axis, such as a figure of every layer; told apart by their marks as well
/// as by colour.
///
///     let chart = CurveChart(
///       title: "Accuracy", xName: "layer", series: [.init(name: "base", xs: [0, 1], ys: [0.2, 0.4])],
///       range: 0...1)
///     chart.picture().svg(title: chart.title)
package struct CurveChart: Equatable, Sendable {
  package struct Series: Equatable, Sendable {
    package var name: String
    package var xs: [Double]
    package var ys: [Double]

    /// Points that are not finite are left out.
    package init(name: String, xs: [Double], ys: [Double]) {
      self.name = name
      self.xs = xs
      self.ys = ys
    }

    fileprivate var points: [SIMD2<Double>] {
      zip(xs, ys).filter { $0.0.isFinite && $0.1.isFinite }.map { SIMD2($0.0, $0.1) }
    }
  }

  package var title: String
  package var xName: String
  package var series: [Series]
  /// Of the y axis at least; the values' own where nil.
  package var range: ClosedRange<Double>?

  package init(
    title: String, xName: String, series: [Series], range: ClosedRange<Double>? = nil
  ) {
    self.title = title
    self.xName = xName
    self.series = series
    self.range = range
  }

  private static let width = 460.0
  private static let plotHeight = 190.0
  private static let left = 54.0
  private static let top = 34.0
  private static let right = width - 14
  private static let bottom = top + plotHeight
  private static let grey: UInt32 = 0x57606A
  private static let rule: UInt32 = 0xE1E4E8
  private static let text = 11.0
  /// Marks on one curve at the most; the curve itself goes through every point.
  private static let marks = 12

  /// The drawing; its height follows from the number of curves.
  package func picture() -> Picture {
    let points = series.map(\.points)
    let (xs, ys) = (points.joined().map(\.x), points.joined().map(\.y))
    let across = Axis(xs.min() ?? 0, xs.max() ?? 1, extends: false)
    let up = Axis(
      min(range?.lowerBound ?? .infinity, ys.min() ?? range?.lowerBound ?? 0),
      max(range?.upperBound ?? -.infinity, ys.max() ?? range?.upperBound ?? 1), extends: true)
    let legend = Double(series.count) * 16 + 8
    var picture = Picture(width: Self.width, height: Self.bottom + 38 + legend)
    picture.add(
      .text(
        StrokeFont.fitted(title, width: Self.width - 20, size: 12), x: 10, y: 16, size: 12,
        isBold: true))
    drawGrid(across, up, on: &picture)
    for (index, curve) in points.enumerated() {
      let places = curve.map {
        SIMD2(
          Self.left + across.share($0.x) * (Self.right - Self.left),
          Self.bottom - up.share($0.y) * Self.plotHeight)
      }
      draw(places, index, on: &picture)
      let y = Self.bottom + 50 + Double(index) * 16
      draw([SIMD2(Self.left, y), SIMD2(Self.left + 26, y)], index, on: &picture)
      picture.add(
        .text(
          StrokeFont.fitted(
            series[index].name, width: Self.right - Self.left - 34, size: Self.text),
          x: Self.left + 34, y: y + 4, size: Self.text))
    }
    return picture
  }

  private func drawGrid(_ across: Axis, _ up: Axis, on picture: inout Picture) {
    for tick in up.ticks {
      let y = Self.bottom - up.share(tick) * Self.plotHeight
      picture.add(.line(x1: Self.left, y1: y, x2: Self.right, y2: y, color: Self.rule))
      picture.add(
        .text(up.name(tick), x: Self.left - 6, y: y + 4, size: Self.text, anchor: .end))
    }
    for tick in across.ticks {
      let x = Self.left + across.share(tick) * (Self.right - Self.left)
      picture.add(
        .line(x1: x, y1: Self.bottom, x2: x, y2: Self.bottom + 4, color: Self.grey))
      picture.add(
        .text(across.name(tick), x: x, y: Self.bottom + 16, size: Self.text, anchor: .middle))
    }
    picture.add(
      .line(x1: Self.left, y1: Self.bottom, x2: Self.right, y2: Self.bottom, color: Self.grey))
    picture.add(
      .text(
        xName, x: (Self.left + Self.right) / 2, y: Self.bottom + 31, size: Self.text,
        anchor: .middle, color: Self.grey))
  }

  private func draw(_ places: [SIMD2<Double>], _ index: Int, on picture: inout Picture) {
    let color = GroupColors.color(index)
    if places.count > 1 { picture.add(.curve(places, color: color, width: 1.6)) }
    let step = (places.count + Self.marks - 1) / Self.marks
    for (place, point) in places.enumerated() where place % max(1, step) == 0 {
      picture.add(.mark(Mark(group: index), x: point.x, y: point.y, radius: 3, color: color))
    }
  }
}

/// A range of values with round ones in it.
private struct Axis {
  let low: Double
  let high: Double
  let ticks: [Double]

  /// - extends: whether the range may grow to the round values around it.
  init(_ low: Double, _ high: Double, extends: Bool) {
    let span = high - low
    guard span > 0, span.isFinite else {
      (self.low, self.high, ticks) = (low - 1, low + 1, [low])
      return
    }
    let power = pow(10, log10(span).rounded(.down))
    let step = [0.1, 0.2, 0.5, 1, 2].map { $0 * power }.first { span / $0 <= 6 } ?? power
    // An end that is round itself, but for the last bit, is where the axis ends.
    let first = extends ? (low / step + 1e-9).rounded(.down) : (low / step - 1e-9).rounded(.up)
    let last = extends ? (high / step - 1e-9).rounded(.up) : (high / step + 1e-9).rounded(.down)
    // Values so large that steps are lost in them have no round ones.
    guard last >= first, last - first < 20 else {
      (self.low, self.high, ticks) = (low, high, [low, high])
      return
    }
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    (self.low, self.high) = extends ? (first * step, last * step) : (low, high)
  }

  func share(_ value: Double) -> Double { (value - low) / (high - low) }

  func name(_ tick: Double) -> String {
    let step = ticks.count > 1 ? ticks[1] - ticks[0] : abs(tick)
    let digits = step > 0 ? max(0, min(6, Int((-log10(step) - 1e-9).rounded(.up)))) : 0
    let isPlain = abs(tick) < 1e6 && (step >= 1e-6 || step == 0)
    return String(format: isPlain ? "%.\(digits)f" : "%.3g", tick)
  }
}
