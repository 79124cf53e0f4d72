import LinearAlgebra
import SeerAnalysis

extension PCA {
  /// Of variances below this share of the largest, products in float32 hold few digits.
  private static let heldShare: Float = 1e-5
  /// What is left over below this share of all variance is rounding.
  private static let noise = 1e-12

  /// Looks for the components of little variance again, in what the larger ones leave over of the
  /// rows: beside one row that is very far from the others, or one column that is very large, they
  /// would be rounding. Most rows have none, and stay as they are.
  static func refined(
    _ pca: PCA, of matrix: Matrix, goesOn: () -> Bool
  ) throws(ProjectionError) -> PCA {
    let variances = pca.explainedVarianceRatio
    guard let largest = variances.first, largest > 0 else { return pca }
    let kept = variances.prefix { $0 >= largest * heldShare }.count
    guard kept < variances.count else { return pca }
    let (rest, share) = pca.rest(of: matrix, without: kept)
    guard share > noise else { return pca }
    return PCA(pca, kept, try fit(rest, components: variances.count - kept, goesOn: goesOn), share)
  }

  /// The rows about the mean without their parts along the first components, and how much of the
  /// variance that is.
  private func rest(of matrix: Matrix, without count: Int) -> (Matrix, share: Double) {
    let rest = MatrixBuilder(unfilled: matrix.rows, columns: width)
    let shares = results(count: matrix.rows, grain: 64) { row -> SIMD2<Double> in
      let (values, target) = (matrix.row(row), rest.row(row))
      var sums = SIMD2<Double>()
      for column in 0..<width {
        target[column] = values[column] - mean[column]
        sums[0] += Double(target[column]) * Double(target[column])
      }
      for component in 0..<count {
        let direction = components.row(component)
        let score = Float(dot(target, direction, count: width))
        for column in 0..<width { target[column] -= score * direction[column] }
      }
      for column in 0..<width { sums[1] += Double(target[column]) * Double(target[column]) }
      return sums
    }
    let sums = shares.reduce(SIMD2<Double>(), +)
    return (rest.frozen(), sums[0] > 0 ? sums[1] / sums[0] : 0)
  }

  /// The first components of one and those of what it leaves over, made orthogonal to them.
  private init(_ pca: PCA, _ kept: Int, _ rest: PCA, _ share: Double) {
    let count = kept + rest.components.rows
    let directions = MatrixBuilder(unfilled: count, columns: pca.width)
    directions.elements.update(from: pca.components.elements, count: kept * pca.width)
    directions.row(kept).update(
      from: rest.components.elements, count: rest.components.rows * pca.width)
    Orthonormal.complete(directions, from: count)
    for row in kept..<count { Self.fixSign(directions.row(row), count: pca.width) }
    self.init(
      mean: pca.mean, components: directions.frozen(),
      explainedVariance: Array(pca.explainedVariance[..<kept]) + rest.explainedVariance,
      explainedVarianceRatio: Array(pca.explainedVarianceRatio[..<kept])
        + rest.explainedVarianceRatio.map { Float(Double($0) * share) })
  }
}
