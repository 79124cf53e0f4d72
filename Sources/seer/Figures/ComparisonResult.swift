import SeerAnalysis
import SeerStudies

/// A comparison as `seer compare --json` prints it. Values that cannot be measured are null.
struct ComparisonResult: Encodable {
  let base: String
  let tuned: String
  let concepts: [String]
  let rows: Int
  let permutations: Int
  let seed: UInt64
  let layers: [Layer]
  /// About one layer: the one asked for, or where the tuned run is best.
  let focus: Focus
  /// What was tuned for, where that was asked.
  var readout: ReadoutResult?

  struct Layer: Encodable {
    let layer: Int
    let base: Figures
    let tuned: Figures
    let cka: Nullable
    let drift: DriftResult
    let neighboursKept: Nullable
    let confusion: Confusion
    /// Where both runs keep routing.
    let routing: Routing?
  }

  struct Routing: Encodable {
    let topChanged: Double
    let overlap: Double
    let loadVariation: Double
  }

  /// Counts by concept and by the concept that held-out rows were taken for.
  struct Confusion: Encodable {
    let base: [[Int]]
    let tuned: [[Int]]
  }

  struct DriftResult: Encodable {
    let cosineDistance: Nullable
    let relative: Nullable
  }

  struct Focus: Encodable {
    let layer: Int
    /// Pairs of concepts, those that came apart most first, those that merged last.
    let mixing: [Mixing]
    /// The rows that moved most, the furthest first.
    let moved: [Moved]
  }

  struct Mixing: Encodable {
    let concepts: [String]
    let base: Double
    let tuned: Double
  }

  struct Moved: Encodable {
    let row: Int
    let concept: String
    let base: String?
    let tuned: String?
    let cosineDistance: Nullable
    let stayed: [Int]
    let left: [Int]
    let joined: [Int]

    package init(
      row: Int, concept: String, base: String?, tuned: String?, cosineDistance: Nullable,
      stayed: [Int], left: [Int], joined: [Int]
    ) {
      self.row = row
      self.concept = concept
      self.base = base
      self.tuned = tuned
      self.cosineDistance = cosineDistance
      self.stayed = stayed
      self.left = left
      self.joined = joined
    }
  }

  /// Rows that are listed.
  static let movedCount = 20

  init(_ comparison: RunComparison, permutations: Int, seed: UInt64) {
    let pair = comparison.pair
    let concepts = pair.base.concepts
    base = pair.base.run.folder
    tuned = pair.tuned.run.folder
    self.concepts = concepts
    rows = pair.base.rows.count
    self.permutations = permutations
    self.seed = seed
    layers = comparison.layers.map { layer in
      Layer(
        layer: layer.layer, base: Figures(layer.base), tuned: Figures(layer.tuned),
        cka: Nullable(layer.cka),
        drift: DriftResult(
          cosineDistance: Nullable(layer.drift?.cosineDistance),
          relative: Nullable(layer.drift?.relative)),
        neighboursKept: Nullable(layer.neighboursKept),
        confusion: Confusion(
          base: layer.baseConfusion.counts, tuned: layer.tunedConfusion.counts),
        routing: layer.routing.map {
          Routing(
            topChanged: $0.topChanged, overlap: $0.overlap, loadVariation: $0.loadVariation)
        })
    }
    func row(_ place: Int) -> Int { pair.base.run.rows[pair.base.rows[place]].row }
    func name(_ concept: Int?) -> String? { concept.map { concepts[$0] } }
    let focused = comparison.focused
    focus = Focus(
      layer: comparison.focus,
      mixing: (focused?.mixing ?? []).map {
        Mixing(
          concepts: [concepts[$0.first], concepts[$0.second]], base: $0.before, tuned: $0.after)
      },
      moved: comparison.moved.prefix(Self.movedCount).map { moved in
        Moved(
          row: row(moved.place), concept: concepts[pair.base.labels[moved.place]],
          base: name(focused?.baseNearest[moved.place]),
          tuned: name(focused?.tunedNearest[moved.place]),
          cosineDistance: Nullable(moved.cosineDistance),
          stayed: moved.neighbours.stayed.map(row), left: moved.neighbours.left.map(row),
          joined: moved.neighbours.joined.map(row))
      })
  }

  /// A number, or null.
  struct Nullable: Encodable {
    let value: Double?

    init(_ value: Double?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      if let value, value.isFinite {
        try container.encode(value)
      } else {
        try container.encodeNil()
      }
    }
  }

  struct Figures: Encodable {
    let figures: SeparationFigures

    init(_ figures: SeparationFigures) { self.figures = figures }

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      for metric in SeparationMetric.allCases {
        let figure = figures[metric]
        var fields = container.nestedContainer(keyedBy: Key.self, forKey: Key(metric.rawValue))
        for (name, value) in [
          ("value", figure.value), ("null_mean", figure.nullMean), ("null_low", figure.nullLow),
          ("null_high", figure.nullHigh),
        ] {
          try fields.encode(Nullable(value), forKey: Key(name))
        }
        guard figure.low != nil else { continue }
        try fields.encode(Nullable(figure.low), forKey: Key("low"))
        try fields.encode(Nullable(figure.high), forKey: Key("high"))
      }
    }
  }
}
