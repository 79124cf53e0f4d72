import Core
import LinearAlgebra

/// How well a layer tells the concepts apart, as the strip, the legend and the colours show it.
struct LayerSeparation: Equatable, Sendable {
  /// Accuracy on held-out rows, 0...1; nil where nothing could be held out.
  var nearestPrototype: Float?
  /// -1...1.
  var silhouette: Float?
  /// Mean angle between two concepts' prototypes, in degrees.
  var angleBetween: Float?
  /// For each row the concept it was taken for when held out; -1: it never was.
  var predicted: [Int32]
  /// For each row the cosine to its own concept's prototype less that to the best other one, when
  /// held out; NaN: it never was.
  var margins: [Float] = []

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

  static func measure(
    _ states: Matrix, labels: [Int], concepts: Int, folds: Folds, context: JobContext
  ) throws -> LayerSeparation {
    let separation = Separation(of: states, labels: labels, concepts: concepts, folds: folds)
    try context.checkpoint()
    let judged = heldOutPrototypes(
      units: unitNormalised(states), labels: labels, concepts: concepts, folds: folds)
    return LayerSeparation(
      nearestPrototype: separation.nearestPrototype.map { Float($0) },
      silhouette: separation.silhouette.map { Float($0) },
      angleBetween: separation.angleBetween.map { Float($0) },
      predicted: judged.map { Int32($0.nearest ?? -1) }, margins: judged.map(\.margin))
  }
}

/// Which figure the layer strip draws.
enum StripMetric: String, CaseIterable, Sendable {
  case nearestPrototype = "nearest prototype, held out"
  case silhouette = "silhouette"
  case angle = "angle between concepts"
  case variance = "variance shown by the map"

  var short: String {
    switch self {
    case .nearestPrototype: "held-out"
    case .silhouette: "silhouette"
    case .angle: "angle"
    case .variance: "variance"
    }
  }
}

/// The rows nearest to a row in the states' own space.
struct NearestRows: Equatable, Sendable {
  var row: Int
  var layer: Int
  /// Nearest first.
  var rows: [Int]
  var cosines: [Float]

  /// The `count` rows of largest cosine to `row`, itself left out. O(rows x width).
  static func find(_ row: Int, layer: Int, units: Matrix, count: Int) -> NearestRows {
    var best: [(row: Int, cosine: Float)] = []
    let own = units.row(row)
    for other in 0..<units.rows where other != row {
      let values = units.row(other)
      var sums = SIMD8<Float>()
      var column = 0
      while column &+ 8 <= units.columns {
        for lane in 0..<8 { sums[lane] += own[column &+ lane] * values[column &+ lane] }
        column &+= 8
      }
      var cosine = sums.sum()
      while column < units.columns {
        cosine += own[column] * values[column]
        column &+= 1
      }
      if best.count == count, let last = best.last, cosine <= last.cosine { continue }
      let place = best.firstIndex { cosine > $0.cosine } ?? best.count
      best.insert((other, cosine), at: place)
      if best.count > count { best.removeLast() }
    }
    return NearestRows(
      row: row, layer: layer, rows: best.map(\.row), cosines: best.map(\.cosine))
  }
}
