import SeerFigures

extension CurveChart {
  /// The chart as an SVG element.
  package var svg: String { picture().svg(title: title) }
}
