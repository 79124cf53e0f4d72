import LinearAlgebra
import SeerAnalysis
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
  /// For each row the cosine to its own concept's prototype of all rows; NaN in a concept of one.
  package var typical: [Float] = []

  package init(
    nearestPrototype: Float? = nil, silhouette: Float? = nil, angleBetween: Float? = nil,
    angleWithin: Float? = nil, predicted: [Int32], margins: [Float] = [], typical: [Float] = []
  ) {
    self.nearestPrototype = nearestPrototype
    self.silhouette = silhouette
    self.angleBetween = angleBetween
    self.angleWithin = angleWithin
    self.predicted = predicted
    self.margins = margins
    self.typical = typical
  }

  /// Rows of each concept (first) by the concept they were taken for.
  package func confusion(conceptOfRow: [Int32], concepts: Int) -> [[Int]] {
    var counts = Array(repeating: Array(repeating: 0, count: concepts), count: concepts)
    for (row, guess) in predicted.enumerated() where guess >= 0 {
      counts[Int(conceptOfRow[row])][Int(guess)] += 1
    }
    return counts
  }

  /// For each concept the share of its held-out rows that were taken for it; nil where none were
  /// judged. O(rows).
  func recalls(_ concepts: Int, conceptOfRow: [Int32]) -> [Float?] {
    var right = [Int](repeating: 0, count: concepts)
    var judged = right
    for row in predicted.indices where predicted[row] >= 0 {
      let concept = Int(conceptOfRow[row])
      judged[concept] += 1
      if Int(predicted[row]) == concept { right[concept] += 1 }
    }
    return (0..<concepts).map { judged[$0] > 0 ? Float(right[$0]) / Float(judged[$0]) : nil }
  }

  package static func measure(
    _ states: Matrix, labels: [Int], concepts: Int, folds: Folds, context: JobContext
  ) throws -> LayerSeparation {
    let separation = Separation(of: states, labels: labels, concepts: concepts, folds: folds)
    try context.checkpoint()
    let units = unitNormalised(states)
    let judged = heldOutPrototypes(
      units: units, labels: labels, concepts: concepts, folds: folds)
    try context.checkpoint()
    let prototypes = Prototypes(units: units, labels: labels, concepts: concepts)
    var cosines = [Double](repeating: 0, count: concepts)
    let typical = labels.indices.map { row in
      prototypes.cosines(to: units.row(row), into: &cosines)
      return prototypes.counts[labels[row]] > 1 ? Float(cosines[labels[row]]) : .nan
    }
    return LayerSeparation(
      nearestPrototype: separation.nearestPrototype.map { Float($0) },
      silhouette: separation.silhouette.map { Float($0) },
      angleBetween: separation.angleBetween.map { Float($0) },
      angleWithin: separation.angleWithin.map { Float($0) },
      predicted: judged.map { Int32($0.nearest ?? -1) }, margins: judged.map(\.margin),
      typical: typical)
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
