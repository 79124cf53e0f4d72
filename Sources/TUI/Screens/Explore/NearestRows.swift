import LinearAlgebra

/// The rows nearest to a row in the states' own space.
package struct NearestRows: Equatable, Sendable {
  package enum Metric: String, CaseIterable, Sendable {
    case cosine
    case euclidean = "distance"
  }

  package var row: Int
  package var layer: Int
  package var metric = Metric.cosine
  /// Nearest first.
  package var rows: [Int]
  /// Cosines, or Euclidean distances.
  package var values: [Float]

  package init(row: Int, layer: Int, metric: Metric = Metric.cosine, rows: [Int], values: [Float]) {
    self.row = row
    self.layer = layer
    self.metric = metric
    self.rows = rows
    self.values = values
  }

  /// The `count` rows nearest to `row`, itself left out. O(rows x width).
  ///
  /// One product with every row ranks them; those at the top are then measured exactly, for
  /// differences of large products say little about rows that are almost the same.
  package static func find(
    _ row: Int, layer: Int, in states: LayerRows, _ metric: Metric, count: Int
  ) throws -> NearestRows {
    let own = try states.rows([row])
    let products = try states.products(own.values(row: 0))
    let norms = states.norms
    guard norms.count == products.count else {
      throw Problem("The layer has \(products.count) rows, its map \(norms.count).")
    }
    /// Of the nearest rows the largest of what is compared: a cosine, or a distance's opposite.
    var best: [(row: Int, score: Float)] = []
    let kept = count + 6
    for other in products.indices where other != row {
      let norm = norms[other]
      let score =
        metric == .cosine
        ? (norm > 0 ? products[other] / norm : 0) : 2 * products[other] - norm * norm
      if best.count == kept, let last = best.last, score <= last.score { continue }
      let place = best.firstIndex { score > $0.score } ?? best.count
      best.insert((other, score), at: place)
      if best.count > kept { best.removeLast() }
    }
    let others = try states.rows(best.map(\.row))
    let width = own.columns
    let exact = best.indices.map { index -> (row: Int, score: Float) in
      let other = best[index].row
      let length = norms[row] * norms[other]
      let score =
        metric == .cosine
        ? (length > 0 ? product(own.row(0), others.row(index), width) / length : 0)
        : -squaredDistance(own.row(0), others.row(index), width)
      return (other, score)
    }.sorted { ($1.score, $0.row) < ($0.score, $1.row) }.prefix(count)
    return NearestRows(
      row: row, layer: layer, metric: metric, rows: exact.map(\.row),
      values: exact.map { metric == .cosine ? $0.score : (-$0.score).squareRoot() })
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

/// The states of a layer's rows as far as one row's neighbours need them.
package struct LayerRows {
  /// The length of every row's state.
  package let norms: [Float]
  private let source: RunSource
  private let layer: Int

  package init(_ source: RunSource, layer: Int, norms: [Float]) {
    self.source = source
    self.layer = layer
    self.norms = norms
  }

  package func rows(_ rows: [Int]) throws -> Matrix {
    if let someStates = source.someStates { return try someStates(layer, rows) }
    let all = try source.states(layer)
    return Matrix(rows: rows.count, columns: all.columns) { all[rows[$0], $1] }
  }

  package func products(_ vector: [Float]) throws -> [Float] {
    if let products = source.products { return try products(layer, vector) }
    let all = try source.states(layer)
    return (0..<all.rows).map { row in
      vector.indices.reduce(Float(0)) { $0 + all[row, $1] * vector[$1] }
    }
  }
}
