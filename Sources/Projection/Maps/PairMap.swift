import LinearAlgebra

/// A layer of two runs over the same rows, on the same axes.
package struct PairMap: Equatable, Sendable {
  /// One for each row, scaled to a mean squared distance of 1 from the common centre.
  package var base: [SIMD2<Float>]
  package var tuned: [SIMD2<Float>]
  /// Share of the variance of both that each axis holds; of the base alone where not joint.
  package var explained: [Float]
  /// Whether one projection made both; else each has its own, the second turned onto the first.
  package var isJoint: Bool

  package init(base: [SIMD2<Float>], tuned: [SIMD2<Float>], explained: [Float], isJoint: Bool) {
    self.base = base
    self.tuned = tuned
    self.explained = explained
    self.isJoint = isJoint
  }

  /// The projection of both runs (``PairProjection``) at the screen's scale; turned, never stretched,
  /// onto `reference` so that layers do not flip.
  ///
  /// - Throws: ``ProjectionError`` for states that are not finite, and what `checkpoint` throws to
  ///   cancel.
  package static func principal(
    base: Matrix, tuned: Matrix, reference: PairMap?, checkpoint: Checkpoint = {}
  ) throws -> PairMap {
    let pair = try PairProjection(base: base, tuned: tuned, checkpoint: checkpoint)
    let both = scaledToUnit(try JointMap.stack([pair.base, pair.tuned]))
    let turned = (reference.map { align(both, to: Matrix(points: $0.points)) } ?? both).points
    return PairMap(
      base: Array(turned.prefix(base.rows)), tuned: Array(turned.suffix(tuned.rows)),
      explained: pair.explained, isJoint: pair.isJoint)
  }

  /// Both at once, the base first.
  package var points: [SIMD2<Float>] { base + tuned }

  /// The base's map at 0, the tuned one at 1, the way between them in between.
  package func points(at share: Float) -> [SIMD2<Float>] {
    if share <= 0 { return base }
    if share >= 1 { return tuned }
    return base.glided(to: tuned, share)
  }
}
