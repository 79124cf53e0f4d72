import LinearAlgebra
import SeerAnalysis
import SeerRuns
import SeerSupport

/// How well a layer tells the concepts apart, as the strip, the legend and the colours show it.
package struct LayerSeparation: Equatable, Sendable {
  /// Accuracy on held-out rows, 0...1; nil where nothing could be held out.
  package var nearestPrototype: Float?
  /// -1...1.
  package var silhouette: Float?
  /// Mean angle between two concepts' prototypes, in degrees.
  package var angleBetween: Float?
  /// Mean angle between a state and its concept's prototype, in degrees.
  package var angleWithin: Float?
  /// For each row the concept it was taken for when held out; -1: it never was.
  package var predicted: [Int32]
  /// For each row the cosine to its own concept's prototype less that to the best other one, when
  /// held out; NaN: it never was.
  package var margins: [Float] = []
  /// For each row the cosine to its own concept's prototype when held out, and the other concept
  /// whose prototype was nearest; NaN and -1: it never was.
  package var ownCosines: [Float] = []
  package var rivals: [Int32] = []
  /// For each row the cosine to its own concept's prototype of all rows; NaN in a concept of one.
  package var typical: [Float] = []

  package init(
    nearestPrototype: Float? = nil, silhouette: Float? = nil, angleBetween: Float? = nil,
    angleWithin: Float? = nil, predicted: [Int32], margins: [Float] = [], ownCosines: [Float] = [],
    rivals: [Int32] = [], typical: [Float] = []
  ) {
    self.nearestPrototype = nearestPrototype
    self.silhouette = silhouette
    self.angleBetween = angleBetween
    self.angleWithin = angleWithin
    self.predicted = predicted
    self.margins = margins
    self.ownCosines = ownCosines
    self.rivals = rivals
    self.typical = typical
  }

  /// Rows of each concept (first) by the concept they were taken for.
  package func confusion(conceptOfRow: [Int32], concepts: Int) -> [[Int]] {
    counted(conceptOfRow, concepts).counts
  }

  /// For each concept the share of its held-out rows that were taken for it; nil where none were
  /// judged. O(rows).
  package func recalls(_ concepts: Int, conceptOfRow: [Int32]) -> [Float?] {
    let confusion = counted(conceptOfRow, concepts)
    return (0..<concepts).map {
      confusion.recall($0).map { Float($0) }
    }
  }

  private func counted(_ conceptOfRow: [Int32], _ concepts: Int) -> Confusion {
    Confusion(
      heldOut: predicted.map { $0 < 0 ? nil : Int($0) }, labels: conceptOfRow.map { Int($0) },
      concepts: concepts)
  }

  /// - Parameters:
  ///   - states: of all rows of the run, (rows, width).
  ///   - name: what the run is called in messages.
  package static func measure(
    _ states: Matrix, _ labelled: LabelledRows, layer: Int, name: String, context: JobContext
  ) throws -> LayerSeparation {
    let sample = try labelled.sample(states, layer: layer, name: name)
    let found = try CosineSeparation(sample, checkpoint: context.checkpoint)
    let typical = Prototypes.ownCosines(sample).map { $0.map { Float($0) } ?? .nan }
    func figure(_ metric: SeparationMetric) -> Float? {
      found.figures[metric].value.map { Float($0) }
    }
    func spread<Value>(_ values: [Value], _ other: Value) -> [Value] {
      labelled.spread(values, over: states.rows, other)
    }
    return LayerSeparation(
      nearestPrototype: figure(.nearestPrototype), silhouette: figure(.silhouette),
      angleBetween: figure(.angleBetween), angleWithin: figure(.angleWithin),
      predicted: spread(found.heldOut.nearest.map { Int32($0 ?? -1) }, -1),
      margins: spread(found.heldOut.cosineMargins.map { $0.map { Float($0) } ?? .nan }, .nan),
      ownCosines: spread(found.heldOut.ownCosines.map { $0.map { Float($0) } ?? .nan }, .nan),
      rivals: spread(found.heldOut.rivals.map { Int32($0 ?? -1) }, -1),
      typical: spread(typical, .nan))
  }
}

/// What a row was taken for when it was held out, and by how much.
package struct RowVerdict {
  var own: Int
  package var taken: Int
  /// The other concept whose prototype was nearest.
  package var rival: Int?
  /// Cosines to the prototypes of its own concept and of `rival`; nil where one is missing.
  package var cosines: (own: Float, rival: Float)?
  package var margin: Float?
  package var isRight: Bool { own == taken }
}

extension LayerSeparation {
  /// Nil where the row was never held out.
  package func verdict(_ row: Int, own: Int) -> RowVerdict? {
    guard predicted.indices.contains(row), predicted[row] >= 0 else { return nil }
    var verdict = RowVerdict(own: own, taken: Int(predicted[row]))
    guard margins.indices.contains(row), margins[row].isFinite else { return verdict }
    verdict.margin = margins[row]
    guard rivals.indices.contains(row), rivals[row] >= 0, ownCosines.indices.contains(row) else {
      return verdict
    }
    verdict.rival = Int(rivals[row])
    verdict.cosines = (ownCosines[row], ownCosines[row] - margins[row])
    return verdict
  }
}

/// Which figure the layer strip draws.
package enum StripMetric: String, CaseIterable, Sendable {
  case nearestPrototype = "nearest prototype, held out"
  case silhouette = "silhouette"
  case angle = "angle between concepts"
  case variance = "variance shown by the map"

  package var short: String {
    switch self {
    case .nearestPrototype: "held-out"
    case .silhouette: "silhouette"
    case .angle: "angle"
    case .variance: "variance"
    }
  }
}
