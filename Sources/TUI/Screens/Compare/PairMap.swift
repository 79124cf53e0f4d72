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

  /// The principal components of both runs' states together or, where their widths differ, of
  /// each; turned, never stretched, onto `reference` so that layers do not flip.
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
    try context.checkpoint()
    let parts: [Matrix]
    let explained: [Float]
    let isJoint = base.columns == tuned.columns
    if isJoint {
      let (map, shares) = try components(JointMap.stack([base, tuned]))
      let turned = reference.map { align(map, to: matrix($0.base + $0.tuned)) } ?? map
      parts = JointMap.split(turned, rows: [base.rows, tuned.rows])
      explained = shares
    } else {
      let (first, shares) = try components(base)
      try context.checkpoint()
      let second = try components(tuned).map
      let turned = reference.map { align(first, to: matrix($0.base)) } ?? first
      parts = [turned, align(second, to: turned)]
      explained = shares
    }
    return PairMap(
      base: points(parts[0]), tuned: points(parts[1]), explained: explained, isJoint: isJoint)
  }

  /// Both at once, the base first.
  package var points: [SIMD2<Float>] { base + tuned }

  /// The base's map at 0, the tuned one at 1, the way between them in between.
  package func points(at share: Float) -> [SIMD2<Float>] {
    if share <= 0 { return base }
    if share >= 1 { return tuned }
    return zip(base, tuned).map { $0 + ($1 - $0) * share }
  }

  private static func components(_ states: Matrix) throws -> (map: Matrix, shares: [Float]) {
    let map = Matrix(rows: states.rows, columns: 2)
    let count = min(2, min(states.rows, states.columns))
    guard count > 0 else { return (map, []) }
    let pca = try PCA.fit(states, components: count)
    let scores = pca.transform(states)
    var sum = 0.0
    for row in 0..<states.rows {
      for column in 0..<count {
        map[row, column] = scores[row, column]
        sum += Double(scores[row, column]) * Double(scores[row, column])
      }
    }
    if sum > 0 {
      let scale = Float((Double(states.rows) / sum).squareRoot())
      for index in 0..<map.count { map.elements[index] *= scale }
    }
    return (map, Array(pca.explainedVarianceRatio.prefix(2)))
  }

  private static func matrix(_ points: [SIMD2<Float>]) -> Matrix {
    Matrix(rows: points.count, columns: 2) { points[$0][$1] }
  }

  private static func points(_ map: Matrix) -> [SIMD2<Float>] {
    (0..<map.rows).map { SIMD2(map[$0, 0], map[$0, 1]) }
  }
}
