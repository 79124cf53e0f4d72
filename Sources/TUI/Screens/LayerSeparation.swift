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
  /// Mean angle between a state and its concept's prototype, in degrees.
  var angleWithin: Float?
  /// For each row the concept it was taken for when held out; -1: it never was.
  var predicted: [Int32]

  /// Rows of each concept (first) by the concept they were taken for.
  func confusion(conceptOfRow: [Int32], concepts: Int) -> [[Int]] {
    var counts = Array(repeating: Array(repeating: 0, count: concepts), count: concepts)
    for (row, guess) in predicted.enumerated() where guess >= 0 {
      counts[Int(conceptOfRow[row])][Int(guess)] += 1
    }
    return counts
  }

  /// The share of a concept's held-out rows that were taken for it.
  func recall(of concept: Int, conceptOfRow: [Int32]) -> Float? {
    var right = 0
    var judged = 0
    for row in predicted.indices where conceptOfRow[row] == concept && predicted[row] >= 0 {
      judged += 1
      if predicted[row] == concept { right += 1 }
    }
    return judged > 0 ? Float(right) / Float(judged) : nil
  }

  static func measure(
    _ states: Matrix, labels: [Int], concepts: Int, folds: Folds, context: JobContext
  ) throws -> LayerSeparation {
    let separation = Separation(of: states, labels: labels, concepts: concepts, folds: folds)
    try context.checkpoint()
    let predicted = heldOutNearestPrototype(
      units: unitNormalised(states), labels: labels, concepts: concepts, folds: folds)
    return LayerSeparation(
      nearestPrototype: separation.nearestPrototype.map { Float($0) },
      silhouette: separation.silhouette.map { Float($0) },
      angleBetween: separation.angleBetween.map { Float($0) },
      angleWithin: separation.angleWithin.map { Float($0) },
      predicted: predicted.map { Int32($0 ?? -1) })
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

/// What the colour and the mark of a point say.
enum ColorMode: String, CaseIterable, Sendable {
  case concept
  case predicted = "nearest prototype"
  case rightWrong = "right or wrong"
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
