import LinearAlgebra

/// The rows nearest to a row in the states' own space.
struct NearestRows: Equatable, Sendable {
  enum Metric: String, CaseIterable, Sendable {
    case cosine
    case euclidean = "distance"
  }

  var row: Int
  var layer: Int
  var metric = Metric.cosine
  /// Nearest first.
  var rows: [Int]
  /// Cosines, or Euclidean distances.
  var values: [Float]

  /// The `count` rows nearest to `row`, itself left out. O(rows x width).
  ///
  /// - Parameter states: unit states for cosines.
  static func find(
    _ row: Int, layer: Int, in states: Matrix, _ metric: Metric, count: Int
  ) -> NearestRows {
    /// Of the nearest rows the largest of what is compared: a cosine, or a distance's opposite.
    var best: [(row: Int, score: Float)] = []
    let own = states.row(row)
    for other in 0..<states.rows where other != row {
      let score =
        metric == .cosine
        ? product(own, states.row(other), states.columns)
        : -squaredDistance(own, states.row(other), states.columns)
      if best.count == count, let last = best.last, score <= last.score { continue }
      let place = best.firstIndex { score > $0.score } ?? best.count
      best.insert((other, score), at: place)
      if best.count > count { best.removeLast() }
    }
    return NearestRows(
      row: row, layer: layer, metric: metric, rows: best.map(\.row),
      values: best.map { metric == .cosine ? $0.score : (-$0.score).squareRoot() })
  }

  private static func product(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
  ) -> Float {
    var sums = SIMD8<Float>()
    var column = 0
    while column &+ 8 <= count {
      for lane in 0..<8 { sums[lane] += a[column &+ lane] * b[column &+ lane] }
      column &+= 8
    }
    var sum = sums.sum()
    while column < count {
      sum += a[column] * b[column]
      column &+= 1
    }
    return sum
  }

  private static func squaredDistance(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
  ) -> Float {
    var sums = SIMD8<Float>()
    var column = 0
    while column &+ 8 <= count {
      for lane in 0..<8 {
        let difference = a[column &+ lane] - b[column &+ lane]
        sums[lane] += difference * difference
      }
      column &+= 8
    }
    var sum = sums.sum()
    while column < count {
      sum += (a[column] - b[column]) * (a[column] - b[column])
      column &+= 1
    }
    return sum
  }
}
