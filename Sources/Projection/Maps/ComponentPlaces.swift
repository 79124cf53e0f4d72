import LinearAlgebra

/// Rows, and others of the same space, on the rows' first two principal components: the tokens of a
/// prompt among a run's rows.
package struct ComponentPlaces: Equatable, Sendable {
  /// At a map's scale (``unitScale(of:)``).
  package let rows: [SIMD2<Float>]
  package let others: [SIMD2<Float>]

  /// - Parameters:
  ///   - states, others: of one width, at least 2; at least two states.
  ///   - reference: a map of the same rows whose axes' signs are taken over; nil: PCA's own.
  /// - Throws: ``ProjectionError``, and what `checkpoint` throws to cancel.
  package init(
    _ states: Matrix, others: Matrix, reference: [SIMD2<Float>]?, checkpoint: Checkpoint = {}
  ) throws {
    let pca = try PCA.fit(states, components: 2)
    try checkpoint()
    let map = pca.transform(states)
    let scale = unitScale(of: map)
    let own = map.points.map { $0 * scale }
    var flip = SIMD2<Float>(1, 1)
    if let reference, reference.count == own.count {
      let product = zip(own, reference).reduce(SIMD2<Float>()) { $0 + $1.0 * $1.1 }
      flip = SIMD2(product.x < 0 ? -1 : 1, product.y < 0 ? -1 : 1)
    }
    rows = own.map { $0 * flip }
    self.others = pca.transform(others).points.map { $0 * scale * flip }
  }
}
