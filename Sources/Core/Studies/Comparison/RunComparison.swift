import LinearAlgebra
import SeerAnalysis

/// One layer of two runs over the same rows.
package struct LayerComparison: Equatable, Sendable {
  package var layer: Int
  package var base: SeparationFigures
  package var tuned: SeparationFigures
  /// By the nearest prototype, over held-out rows.
  package var baseConfusion: Confusion
  package var tunedConfusion: Confusion
  /// For each measured row the concept it was taken for when held out.
  package var baseNearest: [Int?]
  package var tunedNearest: [Int?]
  /// Linear CKA between the two.
  package var cka: Double?
  /// Nil where the widths differ.
  package var drift: Drift?
  /// The mean share of each row's 10 nearest rows that stayed.
  package var neighboursKept: Double?
  /// How routing moved; nil where not both runs keep it.
  package var routing: RoutingChange?
  /// Whether the nulls were measured.
  package var hasNulls = false

  package subscript(side: RunPair.Side) -> SeparationFigures {
    get { side == .base ? base : tuned }
    set { if side == .base { base = newValue } else { tuned = newValue } }
  }

  /// The pairs of concepts that came apart, then those that merged.
  package var mixing: [MixingChange] { MixingChange.all(baseConfusion, tunedConfusion) }
}

/// A row that moved between two runs.
package struct MovedRow: Equatable, Sendable {
  /// Its place among the measured rows (``LabelledRun/rows``).
  package var place: Int
  /// 1 - cosine between its two states; nil where the widths differ.
  package var cosineDistance: Double?
  /// Of its nearest rows.
  package var neighbours: NeighbourChange
}

/// What two runs over the same rows say of each other.
package struct RunComparison: Sendable {
  package let pair: RunPair
  package var layers: [LayerComparison]
  /// The layer that ``moved`` is about: the one asked for, or where the tuned run's held-out
  /// accuracy is best.
  package var focus: Int
  /// The measured rows in the order of how far they moved, the furthest first.
  package var moved: [MovedRow]
  package var notes: [String]

  package var focused: LayerComparison? { layers.first { $0.layer == focus } }
}

extension LayerComparison {
  /// Measures one layer of two runs over the same rows.
  ///
  /// - Parameters:
  ///   - base, tuned: samples of the same rows and labels; their widths may differ.
  ///   - withNulls: whether the figures of permuted labels are measured, too, which takes most of
  ///     the time.
  ///   - neighbours: nearest rows that are compared.
  ///   - checkpoint: called every few milliseconds; throws to cancel.
  ///   - progress: the share that is done, 0...1.
  ///   - onSide: called when a side is measured.
  package static func measure(
    layer: Int, base: LayerSample, tuned: LayerSample, options: SeparationOptions,
    withNulls: Bool, neighbours: Int = 10, checkpoint: () throws -> Void = {},
    progress: (Double) -> Void = { _ in }, onSide: () -> Void = {}
  ) throws -> LayerComparison {
    func measure(_ sample: LayerSample, from start: Double) throws -> SeparationMeasurement {
      var measurement = try SeparationMeasurement(
        sample, options: options, checkpoint: checkpoint)
      if withNulls {
        try measurement.addNulls(checkpoint: checkpoint) { progress(start + $0 / 2) }
      }
      onSide()
      return measurement
    }
    let before = try measure(base, from: 0)
    let after = try measure(tuned, from: 0.5)
    let nearest = (
      base: try Neighbours.exact(
        base.states, by: .cosine, k: neighbours, checkpoint: checkpoint),
      tuned: try Neighbours.exact(
        tuned.states, by: .cosine, k: neighbours, checkpoint: checkpoint)
    )
    return LayerComparison(
      layer: layer, base: before.figures, tuned: after.figures,
      baseConfusion: Confusion(
        heldOut: before.nearest, labels: base.labels, concepts: base.concepts),
      tunedConfusion: Confusion(
        heldOut: after.nearest, labels: base.labels, concepts: base.concepts),
      baseNearest: before.nearest, tunedNearest: after.nearest,
      cka: linearCKA(base.states, tuned.states), drift: Drift(from: base.states, to: tuned.states),
      neighboursKept: nearest.base.kept(in: nearest.tuned), hasNulls: withNulls)
  }
}

extension MovedRow {
  /// Rows in the order of how far they moved, the furthest first: by cosine distance, or by how few
  /// of their neighbours stayed where widths differ.
  ///
  /// - Parameters:
  ///   - base, tuned: the states of the same rows, (rows, width).
  ///   - neighbours: nearest rows that are compared.
  package static func all(
    from base: Matrix, to tuned: Matrix, neighbours: Int = 10, checkpoint: () throws -> Void = {}
  ) throws -> [MovedRow] {
    let drift = Drift(from: base, to: tuned)
    let before = try Neighbours.exact(
      base, by: .cosine, k: neighbours, checkpoint: checkpoint)
    let after = try Neighbours.exact(
      tuned, by: .cosine, k: neighbours, checkpoint: checkpoint)
    let moved = (0..<base.rows).map { place in
      MovedRow(
        place: place, cosineDistance: drift?.cosineDistances[place],
        neighbours: before.change(of: place, to: after))
    }
    func key(_ row: MovedRow) -> Double {
      row.cosineDistance ?? Double(row.neighbours.left.count)
    }
    return moved.sorted { (key($0), $1.place) > (key($1), $0.place) }
  }
}
