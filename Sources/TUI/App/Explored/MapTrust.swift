import LinearAlgebra
import SeerProjection
import SeerSupport
import SeerWidgets

/// How far a map can be trusted.
package struct MapTrust: Equatable, Sendable {
  /// Those that could be measured.
  package var figures: [TrustFigure: Float]

  package init(_ figures: [TrustFigure: Float] = [:]) { self.figures = figures }

  /// The lower of both, figure by figure, of what both have.
  package func lower(_ other: MapTrust) -> MapTrust {
    var lower: [TrustFigure: Float] = [:]
    for (figure, value) in figures { lower[figure] = other.figures[figure].map { min(value, $0) } }
    return MapTrust(lower)
  }

  package static func measure(
    _ points: [SIMD2<Float>], of states: Matrix, keepsDensity: Bool = false, context: JobContext
  ) throws -> MapTrust {
    let map = Matrix(points: points)
    let near = try MapQuality.measure(map, of: states, checkpoint: context.checkpoint)
    let far = try GlobalQuality.measure(map, of: states, checkpoint: context.checkpoint)
    let found: [TrustFigure: Double?] = [
      .trustworthiness: near.trustworthiness, .neighboursKept: near.neighboursKept,
      .randomTriplets: far.randomTriplets, .distanceCorrelation: far.distanceCorrelation,
      .densityCorrelation: keepsDensity
        ? try DensityQuality.measure(map, of: states, checkpoint: context.checkpoint) : nil,
    ]
    return MapTrust(found.compactMapValues { $0.map { Float($0) } })
  }

  /// `neighbours kept 44 %`; nil where it is not known.
  package func text(_ figure: TrustFigure) -> String? {
    figures[figure].map {
      figure.title + " " + (figure == .neighboursKept ? Numbers.percent($0) : Numbers.share($0))
    }
  }
}

/// Which map a ``MapTrust`` is of.
package struct QualityKey: Hashable, Sendable {
  package var layer: Int
  package var method: MapMethod
  /// Of a map along axes.
  package var axes: MapAxes
  /// The number of the work that made a map that grew: with other settings it is another map.
  package var run: Int

  package init(
    layer: Int, method: MapMethod, axes: MapAxes = .components(0, 1), run: Int = 0
  ) {
    self.layer = layer
    self.method = method
    self.axes = axes
    self.run = run
  }
}

extension HelpSection {
  /// What the line under a map says.
  package static let mapLine = HelpSection(
    title: "Below the map",
    text: TrustFigure.allCases.map { "\($0.title): \($0.meaning)." } + TrustFigure.advice)
}

/// The line under a map.
package enum MapLine {
  /// The figures after the one that stands first of all, those of what lies close before the others.
  private static let others = TrustFigure.allCases.filter { $0 != .neighboursKept }

  /// What a map's trust says, the most telling first, with `cautions` behind that, and which map to
  /// trust for what.
  package static func parts(
    _ trust: MapTrust?, cautions: [[String]] = [], advice: [String] = []
  ) -> [[String]] {
    guard let trust else { return cautions }
    return [choices(trust.text(.neighboursKept))] + cautions + [advice]
      + others.map { choices(trust.text($0)) }
  }

  private static func choices(_ text: String?) -> [String] { text.map { [$0] } ?? [] }

  /// What a map's options and its layout warn of, within a line: each in full, or its first words.
  package static func cautions(_ layout: GrowingLayout, _ settings: LayoutSettings) -> [[String]] {
    layout.layout.cautions(settings).map { caution in
      let text = caution.prefix(1).lowercased() + String(caution.dropFirst().prefix { $0 != "." })
      return [text, String(text.prefix { $0 != "," })]
    }
  }

  /// All parts in their first wording where there is room, else as many as fit in their last one, in
  /// their order.
  package static func fit(_ parts: [[String]], width: Int, _ glyphs: Glyphs) -> String {
    let whole = parts.compactMap(\.first).joined(separator: glyphs.separator)
    if DisplayWidth.of(whole) <= width { return whole }
    var line = ""
    for part in parts.compactMap(\.last) {
      let longer = line.isEmpty ? part : line + glyphs.separator + part
      if DisplayWidth.of(longer) <= width { line = longer }
    }
    return line
  }
}
