import LinearAlgebra

/// A layer's states where they are kept, as far as the neighbours of one row need them: they are
/// read in place, and nothing of their size is copied.
package struct StoredStates: Sendable {
  /// The length of every row's state.
  private let norms: [Float]
  private let rows: @Sendable (_ rows: [Int]) throws -> Matrix
  private let products: @Sendable (_ vector: [Float]) throws -> [Float]

  /// - Parameters:
  ///   - norms: the length of every row's state.
  ///   - rows: some rows' states, in the order asked for.
  ///   - products: the inner product of every row's state with a vector.
  package init(
    norms: [Float], rows: @escaping @Sendable ([Int]) throws -> Matrix,
    products: @escaping @Sendable ([Float]) throws -> [Float]
  ) {
    self.norms = norms
    self.rows = rows
    self.products = products
  }

  /// The `count` rows nearest to `row`, itself left out, with their cosines or distances; equal ones
  /// in the order of rows. O(rows x width).
  ///
  /// One product with every row ranks them; those at the top are then compared as
  /// ``Neighbours/exact(of:among:by:k:checkpoint:)`` does, for differences of large products say
  /// little about rows that are almost the same.
  ///
  /// Precondition: a norm for every row.
  package func nearest(
    to row: Int, by metric: NeighbourMetric, count: Int
  ) throws -> [(row: Int, value: Float)] {
    let own = try rows([row])
    let products = try products(own.values(row: 0))
    precondition(products.count == norms.count, "\(products.count) rows, \(norms.count) norms")
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
    let candidates = best.map(\.row).sorted()
    let found = try Neighbours.exact(of: own, among: rows(candidates), by: metric, k: count)
    return zip(found.indices(of: 0), found.squaredDistances(of: 0)).map {
      (candidates[$0], metric.value(squaredDistance: $1))
    }
  }
}
