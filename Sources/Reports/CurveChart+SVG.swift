import Figures

extension CurveChart {
  /// The chart as an SVG element.
  var svg: String { picture().svg(title: title) }
}
