import Core
import Figures
import LinearAlgebra
import Projection

/// The picture of pairs of runs: a column for each pair's concepts, before above after, both on
/// the same axes.
enum ComparisonFigure {
  static func grid(
    _ comparisons: [RunComparison], method: ProjectionMethod, seed: UInt64,
    checkpoint: () throws -> Void
  ) throws -> PanelGrid {
    let columns = try comparisons.map { comparison in
      let pair = comparison.pair
      let layer = comparison.focus
      let maps = try maps(
        pair.base.sample(layer: layer).states, pair.tuned.sample(layer: layer).states,
        method: method, seed: seed, checkpoint: checkpoint)
      let sides = zip(RunPair.Side.allCases, [maps.base, maps.tuned])
      return PanelColumn(
        title: "\(name(pair.base.run.manifest.concepts)), layer \(layer)",
        panels: sides.map { side, map in
          ScatterPanel(
            points: points(map), groups: pair.base.labels,
            captions: comparison.focused.map { captions($0[side]) } ?? [])
        }, groupNames: pair.base.concepts)
    }
    return PanelGrid(
      title: "Concepts before and after", rowTitles: ["before", "after"], columns: columns,
      footer: footer(comparisons, method: method, seed: seed))
  }

  /// Maps of the same rows that can be laid side by side: one projection of both, each about its
  /// own mean, where they are equally wide; else the second one turned onto the first.
  static func maps(
    _ base: Matrix, _ tuned: Matrix, method: ProjectionMethod, seed: UInt64,
    checkpoint: () throws -> Void
  ) throws -> (base: Matrix, tuned: Matrix) {
    switch method {
    case .pca where base.columns == tuned.columns:
      // What moved all rows alike would push the clusters into two corners.
      let both = try JointMap.stack([centred(base), centred(tuned)])
      let map = try PCA.fit(both, components: 2, checkpoint: checkpoint).transform(both)
      let parts = JointMap.split(map, rows: [base.rows, tuned.rows])
      return (parts[0], parts[1])
    case .pca:
      let first = try PCA.fit(base, components: 2, checkpoint: checkpoint).transform(base)
      let second = try PCA.fit(tuned, components: 2, checkpoint: checkpoint).transform(tuned)
      return (first, align(second, to: first))
    case .tsne:
      let options = TSNE.Options(seed: seed)
      let first = try TSNE.fit(
        TSNE.reduced(base, checkpoint: checkpoint), options: options, checkpoint: checkpoint
      ).points
      let second = try TSNE.fit(
        TSNE.reduced(tuned, checkpoint: checkpoint), options: options,
        initialization: .arrangement(first), checkpoint: checkpoint
      ).points
      return (first, align(second, to: first))
    }
  }

  static func points(_ map: Matrix) -> [SIMD2<Float>] {
    (0..<map.rows).map { SIMD2(map[$0, 0], map.columns > 1 ? map[$0, 1] : 0) }
  }

  private static func captions(_ figures: SeparationFigures) -> [String] {
    func text(_ name: String, _ metric: SeparationMetric, _ digits: Int) -> String? {
      figures[metric].value.map { value in
        let null = figures[metric].nullHigh.map { " (null < \(Report.rounded($0, digits)))" } ?? ""
        return "\(name) \(Report.rounded(value, digits))\(null)"
      }
    }
    let lines = [
      [text("prototype", .nearestPrototype, 2), text("probe", .linearProbe, 2)],
      [text("silhouette", .silhouette, 2), text("angle", .angleBetween, 1)],
    ]
    return lines.compactMap { parts in
      let parts = parts.compactMap { $0 }
      return parts.isEmpty ? nil : parts.joined(separator: "   ")
    }
  }

  private static func footer(
    _ comparisons: [RunComparison], method: ProjectionMethod, seed: UInt64
  ) -> [String] {
    let models = comparisons.map { comparison in
      let (base, tuned) = (comparison.pair.base.run.manifest, comparison.pair.tuned.run.manifest)
      let adapter = tuned.adapter.map { " with \(name($0))" } ?? ""
      return "\(name(base.concepts)): \(name(base.model)) and \(name(tuned.model))\(adapter), "
        + "position \(base.position), template \(base.template)"
    }
    let how =
      method == .pca
      ? "PCA of both together, each about its mean"
      : "t-SNE, the second from the arrangement of the first, seed \(seed)"
    return models + [
      "\(how); accuracies on held-out rows, the rest over all rows; \(Version.tool)"
    ]
  }

  /// The last part of a path.
  static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
