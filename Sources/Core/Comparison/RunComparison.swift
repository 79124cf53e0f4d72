/// One layer of two runs over the same rows.
public struct LayerComparison: Equatable, Sendable {
  public var layer: Int
  public var base: SeparationFigures
  public var tuned: SeparationFigures
  /// By the nearest prototype, over held-out rows.
  public var baseConfusion: ConfusionMatrix
  public var tunedConfusion: ConfusionMatrix
  /// For each measured row the concept it was taken for when held out.
  public var baseNearest: [Int?]
  public var tunedNearest: [Int?]
  /// Linear CKA between the two.
  public var cka: Double?
  /// Nil where the widths differ.
  public var drift: Drift?
  /// The mean share of each row's 10 nearest rows that stayed.
  public var neighboursKept: Double?
  /// Whether the nulls were measured.
  public var hasNulls = false

  public subscript(side: RunPair.Side) -> SeparationFigures {
    get { side == .base ? base : tuned }
    set { if side == .base { base = newValue } else { tuned = newValue } }
  }

  /// The pairs of concepts that came apart, then those that merged.
  public var mixing: [MixingChange] { MixingChange.all(baseConfusion, tunedConfusion) }
}

/// A row that moved between two runs.
public struct MovedRow: Equatable, Sendable {
  /// Its place among the measured rows (``LabelledRun/rows``).
  public var place: Int
  /// 1 - cosine between its two states; nil where the widths differ.
  public var cosineDistance: Double?
  /// Of its nearest rows.
  public var neighbours: NeighbourChange
}

/// What two runs over the same rows say of each other.
public struct RunComparison: Sendable {
  public let pair: RunPair
  public var layers: [LayerComparison]
  /// The layer that ``moved`` is about: the one asked for, or where the tuned run's held-out
  /// accuracy is best.
  public var focus: Int
  /// The measured rows in the order of how far they moved, the furthest first.
  public var moved: [MovedRow]
  public var notes: [String]

  public var focused: LayerComparison? { layers.first { $0.layer == focus } }
}

extension RunComparison {
  /// Rows in the order of how far they moved: by cosine distance, or by how few of their
  /// neighbours stayed where widths differ.
  static func moved(
    drift: Drift?, base: NearestLists, tuned: NearestLists, rows: Int
  ) -> [MovedRow] {
    let moved = (0..<rows).map { place in
      MovedRow(
        place: place, cosineDistance: drift?.cosineDistances[place],
        neighbours: base.change(of: place, to: tuned))
    }
    func key(_ row: MovedRow) -> Double {
      row.cosineDistance ?? Double(row.neighbours.left.count)
    }
    return moved.sorted { (key($0), $1.place) > (key($1), $0.place) }
  }
}
