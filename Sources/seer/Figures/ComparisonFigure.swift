import LinearAlgebra
import SeerAnalysis
import SeerFigures
import SeerProjection
import SeerStudies
import SeerSupport

/// The picture of pairs of runs: a column for each pair's concepts, before above after, both on
/// the same axes.
enum ComparisonFigure {
  /// How two maps of the same rows come to lie alike.
  enum Arrangement: String {
    /// One projection of both: the same axes.
    case joint
    /// Each on its own, the second turned onto the first: the only way where widths differ.
    case aligned
  }

  static func grid(
    _ comparisons: [RunComparison], layout: any Layout, isAligned: Bool, seed: UInt64,
    checkpoint: () throws -> Void
  ) throws -> (grid: PanelGrid, arrangements: [Arrangement]) {
    var columns: [PanelColumn] = []
    var arrangements: [Arrangement] = []
    for comparison in comparisons {
      let pair = comparison.pair
      let layer = comparison.focus
      let states = (
        base: try pair.base.sample(layer: layer).states,
        tuned: try pair.tuned.sample(layer: layer).states
      )
      let arrangement: Arrangement =
        isAligned || states.base.columns != states.tuned.columns ? .aligned : .joint
      let present = Set(pair.base.labels).count
      guard present >= layout.leastConcepts else {
        throw Failure(
          .usage, place: "--method", found: "\(layout.name) with rows of one concept",
          wanted: "rows of \(layout.leastConcepts) concepts or more")
      }
      var settings = LayoutSettings(seed: seed)
      settings.concepts = RowConcepts(names: pair.base.concepts, ofRow: pair.base.labels)
      let maps = try maps(
        states.base, states.tuned, layout: layout, settings, arrangement: arrangement,
        checkpoint: checkpoint)
      let sides = zip(RunPair.Side.allCases, [maps.base, maps.tuned])
      columns.append(
        PanelColumn(
          title: "\(name(pair.base.run.manifest.concepts)), layer \(layer)",
          panels: sides.map { side, map in
            ScatterPanel(
              points: points(map), groups: pair.base.labels,
              captions: comparison.focused.map { captions($0[side]) } ?? [])
          }, groupNames: pair.base.concepts))
      arrangements.append(arrangement)
    }
    let grid = PanelGrid(
      title: "Concepts before and after", rowTitles: ["before", "after"], columns: columns,
      footer: footer(comparisons, layout: layout, arrangements, seed: seed))
    return (grid, arrangements)
  }

  /// Maps of the same rows that can be laid side by side.
  static func maps(
    _ base: Matrix, _ tuned: Matrix, layout: any Layout, _ settings: LayoutSettings,
    arrangement: Arrangement, checkpoint: () throws -> Void
  ) throws -> (base: Matrix, tuned: Matrix) {
    let pair = try PairProjection(
      base: base, tuned: tuned, by: layout, settings,
      isAligned: arrangement == .aligned, checkpoint: checkpoint)
    return (pair.base, pair.tuned)
  }

  static func points(_ map: Matrix) -> [SIMD2<Float>] {
    (0..<map.rows).map { SIMD2(map[$0, 0], map.columns > 1 ? map[$0, 1] : 0) }
  }

  /// The figures that have a caption, two a line.
  private static func captions(_ figures: SeparationFigures) -> [String] {
    let metrics = SeparationMetric.captioned
    return stride(from: 0, to: metrics.count, by: 2).compactMap { start in
      let parts = metrics[start..<min(start + 2, metrics.count)].compactMap { metric in
        caption(metric, figures[metric])
      }
      return parts.isEmpty ? nil : parts.joined(separator: "   ")
    }
  }

  private static func caption(
    _ metric: SeparationMetric, _ figure: SeparationFigure
  ) -> String? {
    guard let (name, digits) = metric.caption, let value = figure.value else { return nil }
    let null = figure.nullHigh.map { " (null < \(Report.rounded($0, digits)))" } ?? ""
    return "\(name) \(Report.rounded(value, digits))\(null)"
  }

  private static func footer(
    _ comparisons: [RunComparison], layout: any Layout, _ arrangements: [Arrangement],
    seed: UInt64
  ) -> [String] {
    let models = comparisons.map { comparison in
      let (base, tuned) = (comparison.pair.base.run.manifest, comparison.pair.tuned.run.manifest)
      let adapter = tuned.adapter.map { " with \(name($0))" } ?? ""
      return "\(name(base.concepts)): \(name(base.model)) and \(name(tuned.model))\(adapter), "
        + "position \(base.position), template \(base.template)"
    }
    let ways = [Arrangement.joint, .aligned].filter(arrangements.contains).map { arrangement in
      let way =
        switch arrangement {
        case .joint: "of both together, each about its mean"
        case .aligned where layout.isIterative: "of each, the second from the first's"
        case .aligned: "of each, the second turned onto the first"
        }
      return "\(layout.title) \(way)" + (layout.isSeeded ? ", seed \(seed)" : "")
    }
    let how = ways.joined(separator: " or, where widths differ, ")
    return models + [
      "\(how); of unit states; accuracies on held-out rows, the rest over all rows; \(Version.tool)"
    ]
  }

  /// The last part of a path.
  static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
