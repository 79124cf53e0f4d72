import LinearAlgebra
import SeerProjection
import SeerSupport

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
  package static func principal(
    base: Matrix, tuned: Matrix, reference: PairMap?, context: JobContext
  ) throws -> PairMap {
    for (name, states) in [("base", base), ("tuned", tuned)] {
      for row in 0..<states.rows {
        guard (0..<states.columns).allSatisfy({ states.row(row)[$0].isFinite }) else {
          throw Problem("The \(name) state of row \(row) is not finite: extract the run again.")
        }
      }
    }
    let pair = try PairProjection(base: base, tuned: tuned, checkpoint: context.checkpoint)
    let both = try JointMap.stack([pair.base, pair.tuned])
    let sum = both.values.reduce(0.0) { $0 + Double($1) * Double($1) }
    if sum > 0 {
      let scale = Float((Double(both.rows) / sum).squareRoot())
      for index in 0..<both.count { both.elements[index] *= scale }
    }
    let turned = points(reference.map { align(both, to: matrix($0.points)) } ?? both)
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
    return zip(base, tuned).map { $0 + ($1 - $0) * share }
  }

  private static func matrix(_ points: [SIMD2<Float>]) -> Matrix {
    Matrix(rows: points.count, columns: 2) { points[$0][$1] }
  }

  private static func points(_ map: Matrix) -> [SIMD2<Float>] {
    (0..<map.rows).map { SIMD2(map[$0, 0], map[$0, 1]) }
  }
}
