import LinearAlgebra
import SeerProjection
import SeerSupport

/// How two runs are laid out.
package enum PairMethod: String, CaseIterable, Sendable {
  case principal = "PCA"
  /// All states together: a row's two states pull each other.
  case jointTSNE = "joint t-SNE"
  /// Each run by its own neighbourhoods, the second starting from the first one's layout.
  case alignedTSNE = "aligned t-SNE"
}

extension Embedding {
  /// The t-SNE map of two runs' states, the base's rows first: joint where that is asked for and
  /// they are of one width; else each on its own, the second beginning with the first one's layout
  /// and turned onto it.
  package static func makePair(
    base: Matrix, tuned: Matrix, isJoint: Bool, layer: Int, start: TSNEStart, context: JobContext,
    show: (Embedding) -> Void
  ) throws -> Embedding {
    if isJoint && base.columns == tuned.columns {
      return try make(
        JointMap.stacked(base, tuned), layer: layer, start: start, context: context, show: show)
    }
    let rows = base.rows
    let (base, tuned) = (try JointMap.prepared(base), try JointMap.prepared(tuned))
    var first = start
    first.points = Array(start.points.prefix(rows))
    var second = start
    second.points = Array(start.points.suffix(tuned.rows))
    let left = try make(base, layer: layer, start: first, context: context) {
      show(joined($0, after: nil, with: second.points))
    }
    if !start.goesOn { second.points = left.layout }
    let right = try make(tuned, layer: layer, start: second, context: context) {
      show(joined(left, after: $0, with: $0.points))
    }
    return joined(left, after: right, with: right.points)
  }

  /// The base's map and what there is of the tuned one's as one; iterations add up.
  private static func joined(
    _ base: Embedding, after tuned: Embedding?, with points: [SIMD2<Float>]
  ) -> Embedding {
    var result = base
    result.points += points
    result.layout += tuned?.layout ?? points
    result.iterations *= 2
    result.iteration += tuned?.iteration ?? 0
    result.divergence = max(base.divergence, tuned?.divergence ?? 0)
    result.isDone = tuned?.isDone ?? false
    return result
  }
}
